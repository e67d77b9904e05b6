// Package sessionbus connects to the D-Bus of the user's desktop session. Each
// connection is private to its caller: systray takes the shared one for itself,
// and a second user of it would break its signals.
package sessionbus

import (
	"fmt"

	"github.com/godbus/dbus/v5"
)

// Error says that there is no session bus.
type Error struct{ Err error }

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("cannot reach the session bus of the desktop: %v", e.Err)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *Error) Hint() string {
	return "start it inside a desktop session; without one, the dclaude command does all that the menu does"
}

// Connect returns a connection of the caller's own. It starts no bus: one that
// nobody else is on would have no tray. The error is an *Error.
func Connect() (*dbus.Conn, error) {
	conn, err := dbus.SessionBusPrivateNoAutoStartup()
	if err != nil {
		return nil, &Error{Err: err}
	}
	if err := conn.Auth(nil); err != nil {
		_ = conn.Close()
		return nil, &Error{Err: err}
	}
	if err := conn.Hello(); err != nil {
		_ = conn.Close()
		return nil, &Error{Err: err}
	}
	return conn, nil
}
