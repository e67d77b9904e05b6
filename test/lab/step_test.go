package lab

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// testLab is a lab of the test's own. It shares nothing with the machine's.
func testLab(t *testing.T) *Lab {
	t.Helper()
	l, err := openAt(t.TempDir(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestOnceBuildsOnceForAll(t *testing.T) {
	l := testLab(t)
	path := l.path("thing")
	var built atomic.Int32
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			err := l.once(t.Context(), "thing", func() bool { return exists(path) }, func(context.Context) error {
				built.Add(1)
				return os.WriteFile(path, nil, 0o600)
			})
			if err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := built.Load(); n != 1 {
		t.Errorf("built %d times, want 1", n)
	}
}

func TestOnceCanBeTriedAgain(t *testing.T) {
	l := testLab(t)
	broken := errors.New("broken")
	never := func() bool { return false }
	if err := l.once(t.Context(), "thing", never, func(context.Context) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("error = %v, want %v", err, broken)
	}
	if err := l.once(t.Context(), "thing", never, func(context.Context) error { return nil }); err != nil {
		t.Errorf("the lock was kept after a failure: %v", err)
	}
}

func TestLockWaitsAndGivesUp(t *testing.T) {
	l := testLab(t)
	unlock, err := l.lock(t.Context(), "thing")
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var said strings.Builder
	other := &Lab{dir: l.dir, log: &said}
	if _, err := other.lock(ctx, "thing"); !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v, want that of the context", err)
	}
	if !strings.Contains(said.String(), "waiting for another process") {
		t.Errorf("said %q", said.String())
	}
	free, err := l.lock(t.Context(), "another thing")
	if err != nil {
		t.Fatalf("a lock of another name: %v", err)
	}
	free()
}

func TestReplaceFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "file")
	for _, text := range []string{"first", "second"} {
		if err := replaceFile(path, []byte(text), 0o640); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil || string(b) != text {
			t.Errorf("read %q, %v", b, err)
		}
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
	if err := replaceFile(filepath.Join(dir, "no", "folder"), nil, 0o600); err == nil {
		t.Error("no error for a missing folder")
	}
}

func TestScratchIsInTheLabAndGoesAway(t *testing.T) {
	l := testLab(t)
	dir, remove, err := l.scratch("thing")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(dir, l.dir+"/") {
		t.Errorf("%s is not in the lab: a rename out of it could cross file systems", dir)
	}
	remove()
	if exists(dir) {
		t.Errorf("%s is still there", dir)
	}
}
