package lab

import "errors"

// Error is a failure of the lab: what it tried, why that failed, and what the
// user can do about it.
type Error struct {
	op   string
	err  error
	hint string
}

// fail wraps err, which must not be nil. An Error in err keeps its hint when
// no other is given.
func fail(op string, err error, hint string) *Error {
	var inner *Error
	if hint == "" && errors.As(err, &inner) {
		hint = inner.hint
	}
	return &Error{op: op, err: err, hint: hint}
}

// Error says what was tried and why it failed.
func (e *Error) Error() string { return e.op + ": " + e.err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.err }

// Hint says what to do next; it may be empty.
func (e *Error) Hint() string { return e.hint }
