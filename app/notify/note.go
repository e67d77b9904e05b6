// Package notify tells the user what happened while nobody looked at the menu.
// Policy decides, purely, what is worth a notification; a Service, one for each
// operating system, shows them and reports which button was pressed. Whatever
// can be done from a notification can be done from the menu as well.
package notify

import "dclaude/app/menu"

// Kind is the sort of a notification, by which it can be switched off.
type Kind string

// The kinds, as the setting app.mute has them.
const (
	KindEngine   Kind = "engine"
	KindLogin    Kind = "login"
	KindBlocked  Kind = "blocked"
	KindWaiting  Kind = "waiting"
	KindFinished Kind = "finished"
	KindGVisor   Kind = "gvisor"
	KindGateway  Kind = "gateway"
	KindUpdate   Kind = "update"
	// KindFailure tells that something that the user asked for did not work.
	// It cannot be switched off.
	KindFailure Kind = "failure"
)

// Kinds returns those that can be switched off.
func Kinds() []Kind {
	return []Kind{KindEngine, KindLogin, KindBlocked, KindWaiting, KindFinished, KindGVisor, KindGateway, KindUpdate}
}

// Note is one notification.
type Note struct {
	// ID tells which it is: a note replaces the one with its ID.
	ID    string
	Kind  Kind
	Title string
	Body  string
	// Buttons are what can be done about it, the most likely first; a click on
	// the notification itself is the first.
	Buttons []Button
	// Urgent notes stay until they are dismissed.
	Urgent bool
}

// Button is something to do about a note.
type Button struct {
	Label  string
	Action menu.Action
}

// Service shows notes.
type Service interface {
	// Show shows a note, or replaces the one with its ID.
	Show(Note) error
	// Close takes nothing back; no button is reported after it.
	Close()
}
