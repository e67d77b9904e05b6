package loginitem

import (
	"errors"
	"os"
	"path/filepath"
	"unsafe"

	"github.com/ebitengine/purego/objc"

	"dclaude/app/cocoa"
)

// enabled is SMAppServiceStatusEnabled, needsApproval
// SMAppServiceStatusRequiresApproval.
const (
	enabled       = 1
	needsApproval = 2
)

// agentPath is where launchd looks for a launch agent.
func (i Item) agentPath() string {
	return filepath.Join(i.Home, "Library", "LaunchAgents", label+".plist")
}

// Supported reports whether this system can do it: only for an application.
func (i Item) Supported() bool { return i.Bundle != "" }

// Enabled reports whether the app is started at login.
func (i Item) Enabled() bool {
	if service := service(); service != 0 && objc.Send[int](service, objc.RegisterName("status")) == enabled {
		return true
	}
	_, err := os.Stat(i.agentPath())
	return err == nil
}

// Set switches it on or off: through ServiceManagement since macOS 13, with a
// launch agent before.
func (i Item) Set(on bool) error {
	if translocated(i.Bundle) {
		return &Error{Err: errors.New("macOS runs the app from a temporary place"), hint: "move DClaude to the Applications folder, and open it from there"}
	}
	service := service()
	if service == 0 {
		return i.setAgent(on)
	}
	// An agent of an older macOS would start it a second time.
	if err := remove(i.agentPath()); err != nil {
		return &Error{Err: err}
	}
	var failure objc.ID
	var ok bool
	if on {
		ok = objc.Send[bool](service, objc.RegisterName("registerAndReturnError:"), uintptr(unsafe.Pointer(&failure)))
	} else {
		ok = objc.Send[bool](service, objc.RegisterName("unregisterAndReturnError:"), uintptr(unsafe.Pointer(&failure)))
	}
	if !ok && failure != 0 {
		return &Error{Err: errors.New(cocoa.GoString(cocoa.Send(failure, "localizedDescription"))), hint: "look under System Settings > General > Login Items"}
	}
	if on && objc.Send[int](service, objc.RegisterName("status")) == needsApproval {
		return &Error{Err: errors.New("macOS wants your approval"), hint: "allow DClaude under System Settings > General > Login Items"}
	}
	return nil
}

func (i Item) setAgent(on bool) error {
	var err error
	if on {
		err = write(i.agentPath(), launchAgent(i.Bundle))
	} else {
		err = remove(i.agentPath())
	}
	if err != nil {
		return &Error{Err: err}
	}
	return nil
}

// service is the app's own, or 0 before macOS 13.
func service() objc.ID {
	if cocoa.Load("ServiceManagement") != nil {
		return 0
	}
	class := cocoa.Class("SMAppService")
	if class == 0 {
		return 0
	}
	return cocoa.Send(class, "mainAppService")
}
