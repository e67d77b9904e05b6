package lab

import "errors"

// Error is a failure of the lab: what it tried, why that failed, and what the
// user can do about it.
type Error struct {
	op     string
	err    error
	hint   string
	cannot bool
}

// fail wraps err, which must not be nil. An Error in err keeps its hint when
// no other is given.
func fail(op string, err error, hint string) *Error {
	if hint == "" {
		hint = hintOf(err)
	}
	return &Error{op: op, err: err, hint: hint, cannot: Unavailable(err)}
}

// unavailable is the failure of what this machine or this user cannot have.
func unavailable(op, why, hint string) *Error {
	return &Error{op: op, err: errors.New(why), hint: hint, cannot: true}
}

// Error says what was tried and why it failed.
func (e *Error) Error() string { return e.op + ": " + e.err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.err }

// Hint says what to do next; it may be empty.
func (e *Error) Hint() string { return e.hint }

// Unavailable tells whether err means that this machine or this user cannot
// have a lab, as opposed to a lab that is broken. Tests may skip for the
// former.
func Unavailable(err error) bool {
	var e *Error
	return errors.As(err, &e) && e.cannot
}

// hintOf returns the hint that an error carries.
func hintOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.hint
	}
	return ""
}
