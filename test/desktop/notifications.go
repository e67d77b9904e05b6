package desktop

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/godbus/dbus/v5"
)

const (
	notificationsName = "org.freedesktop.Notifications"
	notificationsPath = "/org/freedesktop/Notifications"
)

// Notifications is a notification service that draws nothing.
type Notifications struct {
	t    testing.TB
	conn *dbus.Conn

	mu   sync.Mutex
	next uint32
	all  []Notification
}

// Notification is one that a program has shown.
type Notification struct {
	ID          uint32
	App         string
	Title, Body string
	// Actions are the keys and the labels, in turn.
	Actions []string
	Urgency byte
}

// StartNotifications makes the bus have a notification service with these
// capabilities.
func StartNotifications(t testing.TB, b *Bus, capabilities ...string) *Notifications {
	t.Helper()
	n := &Notifications{t: t, conn: b.Connect()}
	methods := map[string]any{
		"Notify":               n.notify,
		"GetCapabilities":      func() ([]string, *dbus.Error) { return capabilities, nil },
		"CloseNotification":    func(uint32) *dbus.Error { return nil },
		"GetServerInformation": func() (string, string, string, string, *dbus.Error) { return "test", "dclaude", "1", "1.2", nil },
	}
	if err := n.conn.ExportMethodTable(methods, notificationsPath, notificationsName); err != nil {
		t.Fatal(err)
	}
	if reply, err := n.conn.RequestName(notificationsName, dbus.NameFlagDoNotQueue); err != nil || reply != dbus.RequestNameReplyPrimaryOwner {
		t.Fatalf("name of the notification service: %v, %v", reply, err)
	}
	return n
}

func (n *Notifications) notify(app string, replaces uint32, _, title, body string, actions []string, hints map[string]dbus.Variant, _ int32) (uint32, *dbus.Error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	id := replaces
	if id == 0 {
		n.next++
		id = n.next
	}
	urgency, _ := hints["urgency"].Value().(byte)
	n.all = slices.DeleteFunc(n.all, func(o Notification) bool { return o.ID == id })
	n.all = append(n.all, Notification{ID: id, App: app, Title: title, Body: body, Actions: actions, Urgency: urgency})
	return id, nil
}

// All returns what was shown and not replaced, in order.
func (n *Notifications) All() []Notification {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.all)
}

// Await waits for a notification whose title begins so.
func (n *Notifications) Await(title string) Notification {
	n.t.Helper()
	var found Notification
	Await(n.t, fmt.Sprintf("a notification %q", title), func() bool {
		for _, o := range n.All() {
			if strings.HasPrefix(o.Title, title) {
				found = o
				return true
			}
		}
		return false
	}, func() string { return fmt.Sprintf("shown: %+v", n.All()) })
	return found
}

// Press presses the button with a label.
func (n *Notifications) Press(note Notification, label string) {
	n.t.Helper()
	for i := len(note.Actions) - 2; i >= 0; i -= 2 {
		if note.Actions[i+1] == label {
			n.PressKey(note.ID, note.Actions[i])
			return
		}
	}
	n.t.Fatalf("%q has no button %q: %q", note.Title, label, note.Actions)
}

// PressKey presses the button with a key, as a service tells it: the action,
// then the end of the notification.
func (n *Notifications) PressKey(id uint32, key string) {
	n.t.Helper()
	n.emit("ActionInvoked", id, key)
	n.emit("NotificationClosed", id, uint32(2))
}

func (n *Notifications) emit(signal string, values ...any) {
	n.t.Helper()
	if err := n.conn.Emit(notificationsPath, notificationsName+"."+signal, values...); err != nil {
		n.t.Fatalf("%s: %v", signal, err)
	}
}
