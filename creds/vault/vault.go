// Package vault keeps what the user has entered for dclaude's own use: a token
// of `claude setup-token`, or a key of the Anthropic API. It goes to the
// keychain of macOS or the Secret Service of a Linux desktop, under a name of
// our own, and to a private file where there is neither. The choice and the
// encoding are tested everywhere; the system's store is reached by one small
// file, through github.com/zalando/go-keyring.
package vault

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"dclaude/creds"
)

// service is the name of our items in the system's store.
const service = "dclaude"

// answerTime is for one call of the system's store, which may be asking the
// user for a password.
const answerTime = 60 * time.Second

// Vault keeps one secret for each source that is Stored.
type Vault struct {
	dir    string
	system system // nil where there is none
	// fallback allows the file where the system's store cannot be reached.
	fallback bool
}

// system is the operating system's store. Its get returns errNone when the item
// is not there, and any call errAbsent when there is no such store here.
type system interface {
	set(account, text string) error
	get(account string) (string, error)
	remove(account string) error
	describe() string
}

var (
	errNone   = errors.New("not stored")
	errAbsent = errors.New("there is no such store here")
)

// New returns the vault of this user. dir is a private folder of dclaude's, for
// the file; lookup is os.LookupEnv outside of tests.
func New(dir string, lookup func(string) (string, bool)) *Vault {
	return &Vault{dir: dir, system: systemStore(lookup), fallback: fileFallback}
}

// item is how a secret is stored.
type item struct {
	Secret string `json:"secret"`
	// Expires is when it ends, in milliseconds since 1970; 0 when unknown.
	Expires int64 `json:"expires,omitzero"`
}

// tokenLife is how long a token of `claude setup-token` works (FACTS 4).
const tokenLife = 365 * 24 * time.Hour

// Check looks at what a user has entered for a source. It cannot tell whether
// it works, only whether it is the other thing.
func Check(source creds.Source, text string) error {
	want, other := "sk-ant-oat", "sk-ant-api"
	if source == creds.SourceAPIKey {
		want, other = other, want
	}
	text = strings.TrimSpace(text)
	if strings.HasPrefix(text, other) {
		return &creds.Error{Store: "what was entered", Err: errors.New("it is " + kindOf(other) + ", not " + kindOf(want)), Advice: "store it with: dclaude creds set " + sourceOf(other)}
	}
	if _, err := creds.FromToken(text, time.Time{}); err != nil {
		return &creds.Error{Store: "what was entered", Err: errors.New("it is not one line of plain text"), Advice: "enter " + kindOf(want) + "; it begins with " + want}
	}
	return nil
}

func kindOf(prefix string) string {
	if prefix == "sk-ant-api" {
		return "an API key"
	}
	return "a token of `claude setup-token`"
}

func sourceOf(prefix string) string {
	if prefix == "sk-ant-api" {
		return string(creds.SourceAPIKey)
	}
	return string(creds.SourceToken)
}

// Set stores a secret in place of the one that is there, and returns where, for
// people. What Check refuses is refused.
func (v *Vault) Set(ctx context.Context, source creds.Source, text string, now time.Time) (where string, err error) {
	if err := Check(source, text); err != nil {
		return "", err
	}
	it := item{Secret: strings.TrimSpace(text)}
	if source == creds.SourceToken {
		it.Expires = now.Add(tokenLife).UnixMilli()
	}
	b, err := json.Marshal(it)
	if err != nil {
		return "", err
	}
	if v.system != nil {
		err := v.call(ctx, func() error { return v.system.set(string(source), string(b)) })
		if err == nil {
			return v.system.describe(), removeFile(v.path(source))
		}
		if !v.mayFallBack(err) {
			return "", v.fail(err)
		}
	}
	if err := writeFile(v.path(source), b); err != nil {
		return "", err
	}
	return v.path(source), nil
}

// Forget removes a secret, from wherever it is. creds.ErrMissing when there is
// none.
func (v *Vault) Forget(ctx context.Context, source creds.Source) error {
	found := fileExists(v.path(source))
	if err := removeFile(v.path(source)); err != nil {
		return err
	}
	if v.system != nil {
		switch err := v.call(ctx, func() error { return v.system.remove(string(source)) }); {
		case err == nil:
			found = true
		case !errors.Is(err, errNone) && !v.mayFallBack(err):
			return v.fail(err)
		}
	}
	if !found {
		return &creds.Error{Store: v.describe(source), Err: creds.ErrMissing, Advice: "there is nothing to forget"}
	}
	return nil
}

// Store returns the secret of a source as a login.
func (v *Vault) Store(source creds.Source) creds.Store { return stored{v, source} }

type stored struct {
	vault  *Vault
	source creds.Source
}

// Describe names the place.
func (s stored) Describe() string { return s.vault.describe(s.source) }

// Read returns the secret as a login. The file goes first: it is there only if
// the system's store could not be reached when the secret was entered.
func (s stored) Read(ctx context.Context) (creds.Credential, error) {
	c, err := s.vault.read(ctx, s.source)
	if err != nil && ctx.Err() == nil {
		var failure *creds.Error
		if !errors.As(err, &failure) {
			err = &creds.Error{Store: s.Describe(), Err: err, Advice: "store it again with: dclaude creds set " + string(s.source)}
		}
	}
	return c, err
}

func (v *Vault) read(ctx context.Context, source creds.Source) (creds.Credential, error) {
	b, warnings, err := readFile(v.path(source))
	if errors.Is(err, errNone) && v.system != nil {
		err = v.call(ctx, func() error {
			text, err := v.system.get(string(source))
			b = []byte(text)
			return err
		})
		if err != nil && !errors.Is(err, errNone) && !v.mayFallBack(err) {
			return creds.Credential{}, v.fail(err)
		}
	}
	if errors.Is(err, errNone) || (err != nil && v.mayFallBack(err)) {
		return creds.Credential{}, creds.ErrMissing
	}
	if err != nil {
		return creds.Credential{}, err
	}
	c, err := parse(b)
	c.Warnings = warnings
	return c, err
}

// parse decodes an item. No error repeats its content.
func parse(b []byte) (creds.Credential, error) {
	var it item
	if len(b) > creds.MaxStored || json.Unmarshal(b, &it) != nil {
		return creds.Credential{}, fmt.Errorf("%w: it is not what dclaude writes", creds.ErrUnreadable)
	}
	var expires time.Time
	if it.Expires > 0 {
		expires = time.UnixMilli(it.Expires)
	}
	return creds.FromToken(it.Secret, expires)
}

// call bounds a call of the system's store. One that hangs is left to end by
// itself: it cannot be interrupted.
func (v *Vault) call(ctx context.Context, f func() error) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (v *Vault) mayFallBack(err error) bool { return v.fallback && errors.Is(err, errAbsent) }

func (v *Vault) fail(err error) error {
	e := &creds.Error{Store: v.system.describe(), Err: err}
	switch {
	case errors.Is(err, context.DeadlineExceeded):
		e.Err = fmt.Errorf("no answer within %d seconds", int(answerTime.Seconds()))
		e.Advice = "look for a dialog behind other windows, answer it, and try again"
	case !errors.Is(err, context.Canceled):
		e.Advice = "unlock it, and try again"
	}
	return e
}

func (v *Vault) path(source creds.Source) string {
	return filepath.Join(v.dir, string(source)+".json")
}

func (v *Vault) describe(source creds.Source) string {
	if v.system == nil || fileExists(v.path(source)) {
		return v.path(source)
	}
	return v.system.describe()
}
