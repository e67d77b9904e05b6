package vault

import (
	"errors"
	"net"
	"os"
	"path/filepath"

	"github.com/godbus/dbus/v5"
)

// fileFallback: many Linux machines have no Secret Service.
const fileFallback = true

// systemStore returns the Secret Service if there is a session bus that could
// have one. Without a bus, go-keyring would try to launch one.
func systemStore(lookup func(string) (string, bool)) system {
	if address, ok := lookup("DBUS_SESSION_BUS_ADDRESS"); ok && address != "" {
		return keys{`the desktop's Secret Service, item "dclaude"`}
	}
	if dir, ok := lookup("XDG_RUNTIME_DIR"); ok && dir != "" {
		if _, err := os.Stat(filepath.Join(dir, "bus")); err == nil {
			return keys{`the desktop's Secret Service, item "dclaude"`}
		}
	}
	return nil
}

// absent reports whether an error says that nobody offers the service.
func absent(err error) bool {
	var failure dbus.Error
	if errors.As(err, &failure) {
		switch failure.Name {
		case "org.freedesktop.DBus.Error.ServiceUnknown", "org.freedesktop.DBus.Error.NameHasNoOwner",
			"org.freedesktop.DBus.Error.Spawn.ServiceNotFound", "org.freedesktop.DBus.Error.UnknownMethod":
			return true
		}
		return false
	}
	// A bus that cannot be reached at all.
	return errors.Is(err, os.ErrNotExist) || errors.Is(err, os.ErrPermission) || isDialError(err)
}

func isDialError(err error) bool {
	var op *net.OpError
	return errors.As(err, &op)
}
