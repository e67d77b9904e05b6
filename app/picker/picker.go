// Package picker asks the user for folders, with the dialog of the desktop.
package picker

import "fmt"

// Title is what the dialog asks.
const Title = "Open Projects in a Sandbox"

// Error says that there is no dialog.
type Error struct{ Err error }

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("cannot ask for a folder: %v", e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Hint says what to do instead.
func (e *Error) Hint() string {
	return "run dclaude FOLDER in a terminal, or drop the folder on the icon of the app; zenity or kdialog would bring a dialog"
}
