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

// RefreshWithin is the time before the end of a token from which Claude Code
// refreshes it: with more left it makes no attempt (FACTS 4).
const RefreshWithin = 5 * time.Minute

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

// RefreshDue reports whether the host's Claude Code would refresh the login if
// it ran now, and has something to do it with.
func (c Credential) RefreshDue(now time.Time) bool {
	return c.Refreshable && !c.Access.Empty() && !c.Expires.IsZero() && c.Expires.Sub(now) < RefreshWithin
}

// NextChange returns when the answer of Freshness or RefreshDue changes next,
// if nobody touches the login; zero when it stays as it is.
func (c Credential) NextChange(now time.Time) time.Time {
	if c.Access.Empty() || c.Expires.IsZero() {
		return time.Time{}
	}
	for _, before := range []time.Duration{ExpiringWithin, RefreshWithin, 0} {
		// Both ask for less than the time that is left, so it is not over yet
		// when exactly so much is left.
		at := c.Expires.Add(-before)
		if before > 0 {
			at = at.Add(1)
		}
		if at.After(now) {
			return at
		}
	}
	return time.Time{}
}
