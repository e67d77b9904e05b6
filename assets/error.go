package assets

// Error is an asset that this build of dclaude does not have.
type Error struct {
	// Asset says what is missing, in the user's words.
	Asset string
	Err   error
	hint  string
}

// Error says what is missing and why.
func (e *Error) Error() string { return "cannot use " + e.Asset + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Hint says what to do about it.
func (e *Error) Hint() string { return e.hint }
