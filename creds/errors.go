package creds

import "errors"

// What is wrong with a login, for callers that decide on it with errors.Is.
var (
	// ErrMissing says that nobody is signed in: there is no store, no login
	// in it, or one that Claude Code itself has blanked.
	ErrMissing = errors.New("no Claude login")
	// ErrUnreadable says that there is something which cannot be understood.
	// It is not known whether somebody is signed in.
	ErrUnreadable = errors.New("the Claude login there cannot be read")
)

// Error says which store failed, why, and what to do about it. Nothing in it
// is a secret.
type Error struct {
	// Store is Store.Describe of the store that failed.
	Store string
	// Err is the cause; errors.Is sees it.
	Err error
	// Advice overrides the hint that follows from Err.
	Advice string
}

// Error implements error.
func (e *Error) Error() string { return e.Store + ": " + e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Hint returns what the user can do next, or "".
func (e *Error) Hint() string {
	switch {
	case e.Advice != "":
		return e.Advice
	case errors.Is(e.Err, ErrMissing):
		return hintSignIn
	case errors.Is(e.Err, ErrUnreadable):
		return hintRepair
	}
	return ""
}

const (
	hintSignIn = "run `claude` on this computer and sign in, or type /login in the session"
	hintRepair = "run `claude` once on this computer (sign in again if it asks), then start dclaude again"
)

// hintOf returns the hint that an error carries, or "".
func hintOf(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}
