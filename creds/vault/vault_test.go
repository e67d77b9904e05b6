package vault

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dclaude/creds"
)

// ring is a system's store in memory.
type ring struct {
	items map[string]string
	err   error // of every call
	hang  chan struct{}
}

func (r *ring) answer() error {
	if r.hang != nil {
		<-r.hang
	}
	return r.err
}

func (r *ring) set(account, text string) error {
	if err := r.answer(); err != nil {
		return err
	}
	r.items[account] = text
	return nil
}

func (r *ring) get(account string) (string, error) {
	if err := r.answer(); err != nil {
		return "", err
	}
	if text, ok := r.items[account]; ok {
		return text, nil
	}
	return "", errNone
}

func (r *ring) remove(account string) error {
	if _, ok := r.items[account]; !ok && r.err == nil {
		return errNone
	}
	delete(r.items, account)
	return r.answer()
}

func (r *ring) describe() string { return "the ring" }

func newVault(t *testing.T, fallback bool) (*Vault, *ring) {
	t.Helper()
	r := &ring{items: map[string]string{}}
	return &Vault{dir: filepath.Join(t.TempDir(), "stored"), system: r, fallback: fallback}, r
}

const token = "sk-ant-oat01-KEEP-THIS"

var now = time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (v *Vault) token(t *testing.T) string {
	t.Helper()
	c, err := v.Store(creds.SourceToken).Read(t.Context())
	if err != nil {
		if !errors.Is(err, creds.ErrMissing) {
			t.Errorf("read: %v", err)
		}
		return ""
	}
	return c.Access.Reveal()
}

func TestSetReadForget(t *testing.T) {
	file := func(t *testing.T) *Vault { return &Vault{dir: filepath.Join(t.TempDir(), "stored"), fallback: true} }
	inRing := func(t *testing.T) *Vault { v, _ := newVault(t, false); return v }
	for name, open := range map[string]func(*testing.T) *Vault{"file": file, "system": inRing} {
		t.Run(name, func(t *testing.T) {
			v := open(t)
			if v.token(t) != "" {
				t.Fatal("a new vault has a token")
			}
			where, err := v.Set(t.Context(), creds.SourceToken, " "+token+"\n", now)
			if err != nil || where != v.Store(creds.SourceToken).Describe() {
				t.Fatalf("%q, %v", where, err)
			}
			c, err := v.Store(creds.SourceToken).Read(t.Context())
			if err != nil || c.Access.Reveal() != token || !c.Expires.Equal(now.Add(tokenLife)) || c.Refreshable || len(c.Warnings) > 0 {
				t.Errorf("%v, %v", c, err)
			}
			if _, err := v.Store(creds.SourceAPIKey).Read(t.Context()); !errors.Is(err, creds.ErrMissing) {
				t.Errorf("the other source: %v", err)
			}
			_, err = v.Set(t.Context(), creds.SourceAPIKey, "sk-ant-api03-x", now)
			must(t, err)
			if c, err := v.Store(creds.SourceAPIKey).Read(t.Context()); err != nil || !c.Expires.IsZero() {
				t.Errorf("a key: %v, %v", c, err)
			}
			must(t, v.Forget(t.Context(), creds.SourceToken))
			if v.token(t) != "" {
				t.Error("still there")
			}
			if err := v.Forget(t.Context(), creds.SourceToken); !errors.Is(err, creds.ErrMissing) {
				t.Errorf("forgotten twice: %v", err)
			}
		})
	}
}

func TestFileIsPrivate(t *testing.T) {
	v := &Vault{dir: filepath.Join(t.TempDir(), "a", "stored"), fallback: true}
	_, err := v.Set(t.Context(), creds.SourceToken, token, now)
	must(t, err)
	path := v.path(creds.SourceToken)
	for p, want := range map[string]os.FileMode{path: 0o600, v.dir: 0o700 | os.ModeDir} {
		if info, err := os.Stat(p); err != nil || info.Mode() != want {
			t.Errorf("%s: %v, %v", p, info.Mode(), err)
		}
	}
	must(t, os.Chmod(path, 0o644))
	c, err := v.Store(creds.SourceToken).Read(t.Context())
	if err != nil || len(c.Warnings) != 1 || !strings.Contains(c.Warnings[0].Error(), "0644") {
		t.Errorf("others can read it: %v, %v", c.Warnings, err)
	}
	for name, content := range map[string]string{"half": `{"secret":"KEEP`, "empty": "", "list": "[]", "two lines": `{"secret":"KEEP\nX"}`, "huge": strings.Repeat("x", creds.MaxStored+5)} {
		must(t, os.WriteFile(path, []byte(content), 0o600))
		_, err := v.Store(creds.SourceToken).Read(t.Context())
		if !errors.Is(err, creds.ErrUnreadable) || strings.Contains(err.Error(), "KEEP") {
			t.Errorf("%s: %v", name, err)
		}
	}
	must(t, os.Remove(path))
	must(t, os.Symlink("/dev/zero", path))
	if _, err := v.Store(creds.SourceToken).Read(t.Context()); err == nil {
		t.Error("a link was followed")
	}
}

// Where there is no Secret Service, the file is used, and what the service gets
// later replaces it.
func TestFallBack(t *testing.T) {
	v, ring := newVault(t, true)
	ring.err = errAbsent
	if v.token(t) != "" {
		t.Error("found in a store that is not there")
	}
	where, err := v.Set(t.Context(), creds.SourceToken, token, now)
	if err != nil || where != v.path(creds.SourceToken) || v.token(t) != token {
		t.Errorf("%s, %v", where, err)
	}
	ring.err = nil
	if v.token(t) != token {
		t.Error("the file is forgotten when there is a service")
	}
	_, err = v.Set(t.Context(), creds.SourceToken, token+"-2", now)
	must(t, err)
	if v.token(t) != token+"-2" || fileExists(v.path(creds.SourceToken)) {
		t.Error("the file stayed")
	}
	ring.err = errAbsent
	must(t, func() error {
		_, err := v.Set(t.Context(), creds.SourceToken, token+"-3", now)
		return err
	}())
	ring.err = nil
	if v.token(t) != token+"-3" {
		t.Error("the older one counts")
	}
	must(t, v.Forget(t.Context(), creds.SourceToken))
	if v.token(t) != "" {
		t.Error("one of the two is left")
	}
	ring.err = errAbsent
	if err := v.Forget(t.Context(), creds.SourceToken); !errors.Is(err, creds.ErrMissing) {
		t.Errorf("nothing to forget: %v", err)
	}
}

// A store that is there and refuses is no reason to put a secret elsewhere.
func TestALockedStoreIsAnError(t *testing.T) {
	for _, fallback := range []bool{true, false} {
		v, ring := newVault(t, fallback)
		ring.err = errors.New("locked")
		_, setErr := v.Set(t.Context(), creds.SourceToken, token, now)
		_, readErr := v.Store(creds.SourceToken).Read(t.Context())
		for what, err := range map[string]error{"set": setErr, "read": readErr, "forget": v.Forget(t.Context(), creds.SourceToken)} {
			var failure *creds.Error
			if !errors.As(err, &failure) || failure.Hint() == "" || err.Error() != "the ring: locked" {
				t.Errorf("%s: %v", what, err)
			}
		}
		if fileExists(v.path(creds.SourceToken)) {
			t.Error("the secret went to a file")
		}
	}
	v, ring := newVault(t, false)
	ring.err = errAbsent
	if _, err := v.Set(t.Context(), creds.SourceToken, token, now); err == nil || fileExists(v.path(creds.SourceToken)) {
		t.Errorf("where no file is allowed: %v", err)
	}
}

func TestAStoreThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v, ring := newVault(t, true)
		ring.hang = make(chan struct{})
		defer close(ring.hang)
		_, err := v.Set(t.Context(), creds.SourceToken, token, now)
		if err == nil || err.Error() != "the ring: no answer within 60 seconds" {
			t.Errorf("%v", err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := v.Set(ctx, creds.SourceToken, token, now); !errors.Is(err, context.Canceled) {
			t.Errorf("interrupted: %v", err)
		}
	})
}

func TestCheck(t *testing.T) {
	cases := []struct {
		source     creds.Source
		text, want string
	}{
		{creds.SourceToken, token, ""},
		{creds.SourceToken, "some-other-form", ""},
		{creds.SourceAPIKey, "sk-ant-api03-KEEP", ""},
		{creds.SourceAPIKey, token, "creds set token"},
		{creds.SourceToken, "sk-ant-api03-KEEP", "creds set api-key"},
		{creds.SourceToken, "", "begins with sk-ant-oat"},
		{creds.SourceAPIKey, "KEEP one\nKEEP two", "begins with sk-ant-api"},
		{creds.SourceAPIKey, "KEEP\x1b[31m", "begins with sk-ant-api"},
	}
	for _, tc := range cases {
		err := Check(tc.source, tc.text)
		var failure *creds.Error
		if (err == nil) != (tc.want == "") || (err != nil && (!errors.As(err, &failure) || !strings.Contains(failure.Hint(), tc.want) || strings.Contains(err.Error()+failure.Hint(), "KEEP"))) {
			t.Errorf("%s %q: %v", tc.source, tc.text, err)
		}
		v, _ := newVault(t, true)
		if _, setErr := v.Set(t.Context(), tc.source, tc.text, now); fmt.Sprint(setErr) != fmt.Sprint(err) {
			t.Errorf("set: %v, check: %v", setErr, err)
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, seed := range []string{`{"secret":"x","expires":1}`, `{"secret":""}`, `{}`, `null`, `{"secret":"a b"}`, `{"secret":"x","expires":9e99}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		c, err := parse(b)
		if (err == nil) == c.Access.Empty() {
			t.Fatalf("%v, %v", c, err)
		}
		if err != nil && !errors.Is(err, creds.ErrUnreadable) && !errors.Is(err, creds.ErrMissing) {
			t.Fatalf("untyped: %v", err)
		}
		if err == nil {
			if _, err := c.AccessOnly(); err != nil {
				t.Fatal(err)
			}
		}
	})
}
