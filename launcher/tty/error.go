package tty

import "fmt"

// Error is a failure of this package that reaches the user.
type Error struct {
	// What failed, as in "raw mode of the terminal".
	What string
	// Err is the cause.
	Err  error
	hint string
}

func (e *Error) Error() string { return fmt.Sprintf("%s: %v", e.What, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Hint says what to do about it, or is empty.
func (e *Error) Hint() string { return e.hint }
