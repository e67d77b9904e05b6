package image

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
)

// keychain is a file in the place of a keychain, and what a program prints of
// its certificates.
type keychain struct {
	path  string
	text  []byte
	err   error
	reads int
}

func newKeychain(t *testing.T, text []byte) *keychain {
	return &keychain{path: write(t, []byte("kych"), t.TempDir(), "System.keychain"), text: text}
}

func (k *keychain) read(_ context.Context, path string) ([]byte, error) {
	k.reads++
	if path != k.path {
		return nil, errors.New("another keychain")
	}
	return k.text, k.err
}

// touch gives the keychain the nth of a series of times.
func (k *keychain) touch(t *testing.T, n int64) {
	t.Helper()
	at := time.Unix(1_700_000_000+n, 0)
	if err := os.Chtimes(k.path, at, at); err != nil {
		t.Fatal(err)
	}
}

func TestFromKeychainTakesAuthorities(t *testing.T) {
	m := newMaker(t)
	corp := m.authority("Corp")
	k := newKeychain(t, asPEM(
		m.authority("com.apple.systemdefault"),
		corp,
		m.signed("vpn.corp.example", false, corp),
		m.signed("self-signed", false, nil),
		m.signed("Issuing", true, corp),
		corp,
	))
	certs, left := fromKeychain(t.Context(), k.path, "", k.read)
	want := merge([]Certificate{certs[0], certs[1]})
	if len(left) != 0 || !reflect.DeepEqual(certs, want) {
		t.Errorf("got %q and %q", subjects(certs), left)
	}
	if got := strings.Join(subjects(certs), " "); !strings.Contains(got, "Corp") || !strings.Contains(got, "Issuing") {
		t.Errorf("got %s", got)
	}
}

func TestFromKeychainCaches(t *testing.T) {
	m := newMaker(t)
	first, second := m.authority("first"), m.authority("second")
	cache := filepath.Join(t.TempDir(), "not", "there", "yet")
	k := newKeychain(t, asPEM(first))
	k.touch(t, 0)
	expect := func(name, want string, reads int) {
		t.Helper()
		certs, left := fromKeychain(t.Context(), k.path, cache, k.read)
		if got := strings.Join(subjects(certs), " "); got != want || len(left) > 0 || k.reads != reads {
			t.Errorf("%s: %s and %q after %d reads, want %s after %d", name, got, left, k.reads, want, reads)
		}
	}
	expect("first time", `"CN=first"`, 1)
	expect("cached", `"CN=first"`, 1)
	k.text = asPEM(second)
	k.touch(t, 1)
	expect("changed", `"CN=second"`, 2)
	expect("cached again", `"CN=second"`, 2)

	k.text = nil
	k.touch(t, 2)
	expect("none left", "", 3)
	expect("none, cached", "", 3)

	k.text = asPEM(first)
	write(t, []byte("# garbage\n"), cache, cacheFile)
	expect("broken cache", `"CN=first"`, 4)

	left, err := filepath.Glob(filepath.Join(cache, "*"))
	if err != nil || len(left) != 1 {
		t.Errorf("the cache folder holds %q, %v", left, err)
	}
	if info, err := os.Stat(left[0]); err != nil || info.Mode() != 0o600 {
		t.Errorf("the cache has the mode %v, %v", info.Mode(), err)
	}
}

func TestFromKeychainFails(t *testing.T) {
	text := asPEM(newMaker(t).authority("Corp"))
	t.Run("no keychain", func(t *testing.T) {
		k := &keychain{path: filepath.Join(t.TempDir(), "none")}
		if certs, left := fromKeychain(t.Context(), k.path, "", k.read); certs != nil || left != nil || k.reads != 0 {
			t.Errorf("got %q and %q", subjects(certs), left)
		}
	})
	t.Run("program fails", func(t *testing.T) {
		k := newKeychain(t, text)
		k.err = errors.New("exit status 44")
		certs, left := fromKeychain(t.Context(), k.path, t.TempDir(), k.read)
		if certs != nil || len(left) != 1 || !strings.Contains(left[0], "exit status 44") {
			t.Errorf("got %q and %q", subjects(certs), left)
		}
		k.err = nil
		if certs, _ := fromKeychain(t.Context(), k.path, t.TempDir(), k.read); len(certs) != 1 {
			t.Error("the failure was kept")
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		k := newKeychain(t, nil)
		k.err = errors.New("signal: killed")
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(errors.New("Ctrl-C"))
		if _, left := fromKeychain(ctx, k.path, "", k.read); len(left) != 1 || !strings.Contains(left[0], "Ctrl-C") {
			t.Errorf("got %q", left)
		}
	})
	t.Run("cache cannot be written", func(t *testing.T) {
		k := newKeychain(t, text)
		certs, left := fromKeychain(t.Context(), k.path, filepath.Join(k.path, "below a file"), k.read)
		if len(certs) != 1 || len(left) != 1 || !strings.Contains(left[0], "cannot be kept") {
			t.Errorf("got %q and %q", subjects(certs), left)
		}
	})
}
