package picker

import (
	"context"

	"github.com/ebitengine/purego/objc"

	"dclaude/app/cocoa"
)

// modalOK is NSModalResponseOK.
const modalOK = 1

// Pick asks for folders with an open panel. None, without an error, means that
// the user has thought better of it.
func Pick(ctx context.Context) ([]string, error) {
	chosen := make(chan []string, 1)
	if err := cocoa.OnMain(func() { chosen <- panel() }); err != nil {
		return nil, &Error{err}
	}
	select {
	case folders := <-chosen:
		return folders, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// panel runs on the main thread until the panel is closed.
func panel() []string {
	p := cocoa.Send(cocoa.Class("NSOpenPanel"), "openPanel")
	cocoa.Send(p, "setCanChooseDirectories:", true)
	cocoa.Send(p, "setCanChooseFiles:", false)
	cocoa.Send(p, "setAllowsMultipleSelection:", true)
	message, prompt := cocoa.String(Title), cocoa.String("Open")
	defer cocoa.Release(message)
	defer cocoa.Release(prompt)
	cocoa.Send(p, "setMessage:", message)
	cocoa.Send(p, "setPrompt:", prompt)
	// An app without a Dock icon is not in front by itself.
	cocoa.Send(cocoa.Send(cocoa.Class("NSApplication"), "sharedApplication"), "activateIgnoringOtherApps:", true)
	if objc.Send[int](p, objc.RegisterName("runModal")) != modalOK {
		return nil
	}
	return cocoa.Paths(cocoa.Send(p, "URLs"))
}
