package wake

import (
	"context"
	"errors"

	"github.com/ebitengine/purego/objc"

	"dclaude/app/cocoa"
)

// didWake is NSWorkspaceDidWakeNotification.
const didWake = "NSWorkspaceDidWakeNotification"

// Watch calls woke after each sleep, until the process ends. It is for after
// the tray runs: systray's application delegate is the observer.
func Watch(_ context.Context, woke func()) error {
	delegate := objc.GetClass("SystrayAppDelegate")
	if delegate == 0 {
		return errors.New("systray has no application delegate: the end of a sleep is not noticed")
	}
	cocoa.Answer(delegate, "dclaudeDidWake:", func(objc.ID, objc.SEL, objc.ID) { woke() })
	return cocoa.OnMain(func() {
		app := cocoa.Send(cocoa.Class("NSApplication"), "sharedApplication")
		center := cocoa.Send(cocoa.Send(cocoa.Class("NSWorkspace"), "sharedWorkspace"), "notificationCenter")
		name := cocoa.String(didWake)
		defer cocoa.Release(name)
		cocoa.Send(center, "addObserver:selector:name:object:", cocoa.Send(app, "delegate"), objc.RegisterName("dclaudeDidWake:"), name, objc.ID(0))
	})
}
