package host

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"dclaude/creds"
)

type item struct {
	at  time.Time
	err error
}

func (i *item) Modified(context.Context) (time.Time, error) { return i.at, i.err }

func TestStamp(t *testing.T) {
	chain, path := &item{err: creds.ErrMissing}, filepath.Join(t.TempDir(), "f")
	tell := stamp(chain, path)
	seen := map[string]string{}
	step := func(name string, known bool) {
		t.Helper()
		s, ok := tell(t.Context())
		if again, _ := tell(t.Context()); ok != known || again != s {
			t.Errorf("%s: %q, %v, then %q", name, s, ok, again)
		}
		if other, there := seen[s]; there && known {
			t.Errorf("%s and %s have one stamp: %q", name, other, s)
		}
		seen[s] = name
	}
	step("nothing", true)
	chain.err, chain.at = nil, time.Unix(1767225600, 0)
	step("item", true)
	chain.at = chain.at.Add(time.Second)
	step("newer item", true)
	if err := os.WriteFile(path, []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	step("item and file", true)
	if err := os.Chtimes(path, time.Time{}, time.Unix(1, 0)); err != nil {
		t.Fatal(err)
	}
	step("item and older file", true)
	chain.at = time.Time{}
	step("no date", false)
	chain.at, chain.err = time.Unix(1, 0), errors.New("locked")
	step("locked", false)
}
