package opened

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
)

func TestAddAndLoad(t *testing.T) {
	f := Folders{filepath.Join(t.TempDir(), "state", "opened")}
	if got, err := f.Load(); err != nil || got != nil {
		t.Fatalf("nothing yet: %q, %v", got, err)
	}
	odd := "/p/two\nlines \"quoted\" \xff"
	for _, path := range []string{"/p/a", "/p/b", "/p/a", odd, odd} {
		if err := f.Add(path); err != nil {
			t.Fatal(err)
		}
	}
	got, err := f.Load()
	if err != nil || !slices.Equal(got, []string{"/p/a", "/p/b", odd}) {
		t.Errorf("%q, %v", got, err)
	}
	if info, err := os.Stat(f.Path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// A crash in the middle of a line costs that line alone.
func TestUnfinishedAndOddLines(t *testing.T) {
	f := Folders{filepath.Join(t.TempDir(), "opened")}
	if err := os.WriteFile(f.Path, []byte("\"/p/a\"\n\n7\n\"relative\"\n\"/p/cut"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := f.Add("/p/b"); err != nil {
		t.Fatal(err)
	}
	if got, err := f.Load(); err != nil || !slices.Equal(got, []string{"/p/a", "/p/b"}) {
		t.Errorf("%q, %v", got, err)
	}
}

func TestListsThatCannotBeUsed(t *testing.T) {
	dir := t.TempDir()
	large := filepath.Join(dir, "large")
	if err := os.WriteFile(large, make([]byte, maxFile+1), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, path := range map[string]string{"a folder": dir, "too large": large} {
		f := Folders{path}
		_, err := f.Load()
		var e *Error
		if !errors.As(err, &e) || e.Hint() == "" {
			t.Errorf("%s: %v", what, err)
		}
		if err := f.Add("/p/a"); !errors.As(err, &e) {
			t.Errorf("%s: added, %v", what, err)
		}
	}
	file := filepath.Join(dir, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := (Folders{filepath.Join(file, "opened")}).Add("/p/a"); err == nil {
		t.Error("below a file")
	}
}

func TestManyAtOnce(t *testing.T) {
	f := Folders{filepath.Join(t.TempDir(), "opened")}
	var group sync.WaitGroup
	for n := range 20 {
		group.Go(func() {
			if err := f.Add(fmt.Sprintf("/p/%d", n)); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if got, err := f.Load(); err != nil || len(got) != 20 {
		t.Errorf("%q, %v", got, err)
	}
}
