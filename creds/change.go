package creds

import "time"

// State is what one look at a store found.
type State struct {
	Credential Credential
	Err        error
}

// Change says what happened between two looks at a store.
type Change int

// The changes of a store.
const (
	// NoChange: the same login, or still none.
	NoChange Change = iota
	// Renewed: the same account has another token.
	Renewed
	// SignedIn: there was no login before, or that of another account.
	SignedIn
	// SignedOut: the login is gone.
	SignedOut
	// Unreachable: the store cannot be read or understood any more. That is no
	// sign-out: half a file is read again later.
	Unreachable
)

// String names the change.
func (c Change) String() string {
	switch c {
	case Renewed:
		return "renewed"
	case SignedIn:
		return "signed in"
	case SignedOut:
		return "signed out"
	case Unreachable:
		return "unreachable"
	}
	return "no change"
}

// Compare returns what happened from one State of a store to the next. A login
// that comes back after the store was unreachable is compared with nothing, so
// it counts as Renewed; pass the last State that could be read instead to tell.
func Compare(before, after State) Change {
	was, is := Judge(before.Credential, before.Err, time.Time{}), Judge(after.Credential, after.Err, time.Time{})
	switch {
	case is == Unreadable && was == Unreadable, is == Missing && was == Missing:
		return NoChange
	case is == Unreadable:
		return Unreachable
	case is == Missing:
		return SignedOut
	case was == Missing:
		return SignedIn
	case was == Unreadable:
		return Renewed
	case Foreign(before.Credential.Account, after.Credential.Account):
		return SignedIn
	case before.Credential.Same(after.Credential):
		return NoChange
	}
	return Renewed
}

// Foreign reports whether two values of Credential.Account are known to differ.
func Foreign(a, b string) bool { return a != "" && b != "" && a != b }

// Same reports whether a sandbox would get the same from both logins. It
// compares hashes, in a time that does not depend on the tokens.
func (c Credential) Same(other Credential) bool {
	return c.Access.Equal(other.Access) && c.Expires.Equal(other.Expires) && c.Plan == other.Plan
}
