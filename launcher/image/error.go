package image

// Error is a failure to put together what the image is built from.
type Error struct {
	// Op is what failed, and on what.
	Op   string
	Err  error
	hint string
}

// Error says what failed, on what, and why.
func (e *Error) Error() string { return e.Op + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Hint says what to do about it; it may be empty.
func (e *Error) Hint() string { return e.hint }
