package drop

import (
	"errors"

	"github.com/ebitengine/purego/objc"

	"dclaude/app/cocoa"
)

// dragCopy is NSDragOperationCopy, fileURL the type of dragged files.
const (
	dragCopy = 1
	fileURL  = "public.file-url"
)

// Listen has open called with the paths that macOS hands to the app: folders
// dropped on its icon, opened with it, and sent from Finder's Services menu. It
// must be called before the tray runs: systray's application delegate is given
// the methods that macOS looks for, and paths can come before the app is ready.
func Listen(open func(paths []string)) error {
	if err := cocoa.Load("AppKit"); err != nil {
		return err
	}
	delegate := objc.GetClass("SystrayAppDelegate")
	if delegate == 0 {
		return errors.New("systray has no application delegate: drops cannot be received")
	}
	cocoa.Answer(delegate, "application:openURLs:", func(_ objc.ID, _ objc.SEL, _, urls objc.ID) {
		open(cocoa.Paths(urls))
	})
	cocoa.Answer(delegate, "draggingEntered:", func(_ objc.ID, _ objc.SEL, _ objc.ID) uint64 { return dragCopy })
	cocoa.Answer(delegate, "performDragOperation:", func(_ objc.ID, _ objc.SEL, info objc.ID) bool {
		paths := pasted(cocoa.Send(info, "draggingPasteboard"))
		open(paths)
		return len(paths) > 0
	})
	cocoa.Answer(delegate, "openInSandbox:userData:error:", func(_ objc.ID, _ objc.SEL, pasteboard, _, _ objc.ID) {
		open(pasted(pasteboard))
	})
	return nil
}

// pasted are the paths on a pasteboard.
func pasted(pasteboard objc.ID) []string {
	classes := cocoa.Send(cocoa.Class("NSArray"), "arrayWithObject:", cocoa.Class("NSURL"))
	return cocoa.Paths(cocoa.Send(pasteboard, "readObjectsForClasses:options:", classes, objc.ID(0)))
}

// Attach makes the status item take drops, and gives it a name of its own, by
// which macOS remembers where it was put. It is for after the tray runs.
func Attach() error {
	return cocoa.OnMain(func() {
		app := cocoa.Send(cocoa.Class("NSApplication"), "sharedApplication")
		delegate := cocoa.Send(app, "delegate")
		cocoa.Send(app, "setServicesProvider:", delegate)
		window := statusWindow(app, delegate)
		if window == 0 {
			return
		}
		kind := cocoa.String(fileURL)
		defer cocoa.Release(kind)
		cocoa.Send(window, "registerForDraggedTypes:", cocoa.Send(cocoa.Class("NSArray"), "arrayWithObject:", kind))
		cocoa.Send(window, "setDelegate:", delegate)
	})
}

// statusWindow finds the window of the status item: through systray's own
// variable, else by its class.
func statusWindow(app, delegate objc.ID) objc.ID {
	if ivar := delegate.Class().InstanceVariable("statusItem"); ivar != 0 {
		if item := delegate.GetIvar(ivar); item != 0 {
			name := cocoa.String("DClaude")
			defer cocoa.Release(name)
			cocoa.Send(item, "setAutosaveName:", name)
			return cocoa.Send(cocoa.Send(item, "button"), "window")
		}
	}
	for _, w := range cocoa.Items(cocoa.Send(app, "windows")) {
		if cocoa.GoString(cocoa.Send(w, "className")) == "NSStatusBarWindow" {
			return w
		}
	}
	return 0
}
