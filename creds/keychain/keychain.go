// Package keychain reads Claude Code's login from the macOS keychain.
//
// The secret comes from Apple's own /usr/bin/security, which is also what
// Claude Code writes it with: each refresh resets the item's access list to
// Apple's tools, so that reading it through Security.framework would make
// macOS ask the user every time. Attributes (whose item, changed when) need no
// consent and come from Security.framework, where the build has cgo.
//
// All but that one call is portable and tested everywhere. The package never
// writes or deletes an item.
package keychain

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"time"

	"golang.org/x/text/unicode/norm"

	"dclaude/creds"
)

const (
	// security is the tool, by its full path: a program of that name
	// elsewhere on PATH could be anything.
	security = "/usr/bin/security"
	// timeLimit is for one Read with all its questions. macOS may be waiting
	// for the user to answer a dialog.
	timeLimit = 20 * time.Second
	// maxItems is how many items of one service are looked into.
	maxItems = 8
)

// Store is one service in the user's keychain.
type Store struct {
	service string
	account string
	limit   time.Duration
	tool    runner
	items   lister
}

// item is what an item of the keychain tells without its secret.
type item struct {
	account  string
	modified time.Time // zero when unknown
}

// lister returns the items of a service; none is no error.
type lister func(ctx context.Context, service string) ([]item, error)

// New returns the store for the user's login. user is $USER, or the login name
// where that is not set; loc comes from creds.Locate.
func New(user string, loc creds.Location) *Store {
	tool := command{path: security}
	return &Store{
		service: Service(loc),
		account: Account(user),
		limit:   timeLimit,
		tool:    tool,
		items:   newLister(tool),
	}
}

// Service returns the name of the item that holds the login: "Claude
// Code-credentials", with the start of a hash behind it where the user has
// moved Claude's configuration. Claude hashes the folder as it was given, in
// Unicode's composed form.
func Service(loc creds.Location) string {
	const name = "Claude Code-credentials"
	if loc.Custom == "" {
		return name
	}
	sum := sha256.Sum256([]byte(norm.NFC.String(loc.Custom)))
	return name + "-" + hex.EncodeToString(sum[:4])
}

// Account returns the account that Claude Code files the login under: the
// user's name, or a stand-in for a name that it does not trust on a command
// line.
func Account(user string) string {
	if !plainName.MatchString(user) {
		return "claude-code-user"
	}
	return user
}

var plainName = regexp.MustCompile(`^[a-zA-Z0-9._-]+$`)

// Describe names the item for people.
func (s *Store) Describe() string { return fmt.Sprintf("macOS keychain item %q", s.service) }

// Read returns the login in the keychain. There can be several items of one
// name, some of which hold no more than the logins of MCP servers: the user's
// own goes first, then whichever the keychain finds first, then the others,
// the last changed one first. Errors are ErrLocked, ErrDenied, ErrTimeout,
// ErrUnavailable, creds.ErrMissing and creds.ErrUnreadable.
func (s *Store) Read(ctx context.Context) (creds.Credential, error) {
	limited, cancel := context.WithTimeoutCause(ctx, s.limit, ErrTimeout)
	defer cancel()
	c, err := s.search(limited)
	switch {
	case err == nil:
		return c, nil
	case ctx.Err() != nil:
		return creds.Credential{}, ctx.Err()
	case limited.Err() != nil:
		err = ErrTimeout
	}
	return creds.Credential{}, &creds.Error{Store: s.Describe(), Err: err, Advice: advice(err)}
}

// search asks for one item after the other, and stops at the first answer
// that is not "nothing there": after a refusal the user must not be asked
// again, and behind a damaged item of the user's own is nobody else's login.
func (s *Store) search(ctx context.Context) (creds.Credential, error) {
	c, err := s.secret(ctx, s.account)
	if !errors.Is(err, creds.ErrMissing) {
		return c, err
	}
	if c, err = s.secret(ctx, ""); !errors.Is(err, creds.ErrMissing) && !errors.Is(err, creds.ErrUnreadable) {
		return c, err
	}
	found := err
	items, err := s.items(ctx, s.service)
	if err != nil {
		return creds.Credential{}, found // the list is a last resort; what is known counts
	}
	slices.SortStableFunc(items, func(a, b item) int { return b.modified.Compare(a.modified) })
	for _, it := range items[:min(len(items), maxItems)] {
		if it.account == s.account || it.account == "" {
			continue
		}
		c, err := s.secret(ctx, it.account)
		if !errors.Is(err, creds.ErrMissing) && !errors.Is(err, creds.ErrUnreadable) {
			return c, err
		}
	}
	return creds.Credential{}, found
}

// Modified returns when the login was last changed, without reading it: the
// latest of all items, or zero when the keychain does not say. It never makes
// macOS ask the user. creds.ErrMissing when there is no item.
func (s *Store) Modified(ctx context.Context) (time.Time, error) {
	ctx, cancel := context.WithTimeoutCause(ctx, s.limit, ErrTimeout)
	defer cancel()
	items, err := s.items(ctx, s.service)
	if err == nil && len(items) == 0 {
		err = creds.ErrMissing
	}
	if err != nil {
		return time.Time{}, &creds.Error{Store: s.Describe(), Err: err, Advice: advice(err)}
	}
	latest := slices.MaxFunc(items, func(a, b item) int { return a.modified.Compare(b.modified) })
	return latest.modified, nil
}
