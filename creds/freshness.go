package creds

import (
	"errors"
	"time"
)

// Freshness says how much a login is worth at a moment.
type Freshness int

// The states of a login.
const (
	// Missing: nobody is signed in.
	Missing Freshness = iota
	// Unreadable: something is stored, and it cannot be understood or reached.
	Unreadable
	// Unknown: there is a token that does not say when it expires.
	Unknown
	// Fresh: the token works for at least ExpiringWithin.
	Fresh
	// Expiring: the token works, but not for long.
	Expiring
	// Expired: the token no longer works.
	Expired
)

// ExpiringWithin is the time before its end from which a token is Expiring.
const ExpiringWithin = 30 * time.Minute

// String returns the state's name in lower case.
func (f Freshness) String() string {
	switch f {
	case Missing:
		return "missing"
	case Unreadable:
		return "unreadable"
	case Fresh:
		return "fresh"
	case Expiring:
		return "expiring"
	case Expired:
		return "expired"
	}
	return "unknown"
}

// Freshness judges the login at a moment: Missing, Unknown, Fresh, Expiring or
// Expired.
func (c Credential) Freshness(now time.Time) Freshness {
	left := c.Expires.Sub(now)
	switch {
	case c.Access.Empty():
		return Missing
	case c.Expires.IsZero():
		return Unknown
	case left <= 0:
		return Expired
	case left < ExpiringWithin:
		return Expiring
	}
	return Fresh
}

// Judge gives the state for what Store.Read returned, its error included.
func Judge(c Credential, err error, now time.Time) Freshness {
	switch {
	case err == nil:
		return c.Freshness(now)
	case errors.Is(err, ErrMissing):
		return Missing
	}
	return Unreadable
}
