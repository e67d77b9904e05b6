package creds

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// Store is a place in which the host's Claude Code keeps its login. dclaude
// only ever reads it.
type Store interface {
	// Read returns the login that is there now. Its error is ErrMissing,
	// ErrUnreadable or one of the store's own.
	Read(ctx context.Context) (Credential, error)
	// Describe names the place for people, as in "~/.claude/.credentials.json".
	Describe() string
}

// FirstOf returns a Store that asks each store in turn until one has a login,
// which is how Claude Code itself falls back from the keychain to a file. It
// stops at a login that is there but ErrUnreadable: a store further down would
// hold an older one. When a store could not be asked (its keychain is locked,
// say) and a later one has a login, the failure is among its Warnings.
func FirstOf(stores ...Store) Store { return firstOf(stores) }

type firstOf []Store

func (f firstOf) Read(ctx context.Context) (Credential, error) {
	var failures []error
	for _, s := range f {
		c, err := s.Read(ctx)
		switch {
		case err == nil:
			c.Warnings = slices.Concat(failures, c.Warnings)
			return c, nil
		case ctx.Err() != nil, errors.Is(err, ErrUnreadable):
			return Credential{}, err
		case !errors.Is(err, ErrMissing):
			failures = append(failures, err)
		}
	}
	if len(failures) > 0 {
		return Credential{}, failures[0]
	}
	return Credential{}, &Error{Store: f.Describe(), Err: ErrMissing}
}

func (f firstOf) Describe() string {
	var names []string
	for _, s := range f {
		names = append(names, s.Describe())
	}
	return strings.Join(names, " or ")
}
