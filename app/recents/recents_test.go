package recents

import (
	"fmt"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

func entry(t *testing.T, path string) Entry {
	t.Helper()
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	st := info.Sys().(*syscall.Stat_t)
	return Entry{Path: path, Device: uint64(st.Dev), Inode: st.Ino} //nolint:unconvert // it is signed on a Mac
}

func folder(t *testing.T, elem ...string) string {
	t.Helper()
	path := filepath.Join(elem...)
	if err := os.MkdirAll(path, 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestAddAndLoad(t *testing.T) {
	s := Store{Path: filepath.Join(t.TempDir(), "state", "recents.json")}
	if s.Load() != nil || s.Clear() != nil {
		t.Error("an empty store is not empty")
	}
	for n := range Max + 5 {
		if err := s.Add(Entry{Path: fmt.Sprintf("/p/%d", n), Inode: uint64(n)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Add(Entry{Path: "/p/10", Inode: 99}); err != nil {
		t.Fatal(err)
	}
	got := s.Load()
	if len(got) != Max || got[0].Path != "/p/10" || got[0].Inode != 99 || got[1].Path != "/p/14" || got[Max-1].Path != "/p/5" {
		t.Errorf("%+v", got)
	}
	if info, err := os.Stat(s.Path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if err := s.Clear(); err != nil || s.Load() != nil {
		t.Errorf("%v, %v", err, s.Load())
	}
}

func TestBrokenFiles(t *testing.T) {
	s := Store{Path: filepath.Join(t.TempDir(), "r.json")}
	for _, content := range []string{"", "{", "null", `[{"path":"relative"}]`, `{"path":"/p"}`, "[1]"} {
		if err := os.WriteFile(s.Path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if got := s.Load(); len(got) != 0 {
			t.Errorf("%q: %+v", content, got)
		}
		if err := s.Add(Entry{Path: "/p"}); err != nil || len(s.Load()) != 1 {
			t.Errorf("%q: %v", content, err)
		}
	}
}

// The attack: a session swaps a folder inside its project for a link to what
// it wants to see next.
func TestSwappedFolders(t *testing.T) {
	home, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	secret := folder(t, home, "secret")
	child := folder(t, home, "project", "child")
	e := entry(t, child)
	if got := e.Look(); got != Same {
		t.Fatalf("untouched: %v", got)
	}
	steps := []struct {
		what string
		do   func() error
		want State
	}{
		{"moved away", func() error { return os.Rename(child, child+".old") }, Gone},
		{"a link to the secret", func() error { return os.Symlink(secret, child) }, Changed},
		{"a link to itself", func() error { os.Remove(child); return os.Symlink(child+".old", child) }, Changed},
		{"another folder", func() error { os.Remove(child); return os.Mkdir(child, 0o700) }, Changed},
		{"a file", func() error { os.Remove(child); return os.WriteFile(child, nil, 0o600) }, Changed},
		{"a loop", func() error { os.Remove(child); return os.Symlink(child, child) }, Changed},
		{"back", func() error { os.Remove(child); return os.Rename(child+".old", child) }, Same},
		{"a parent became a link", func() error {
			p := filepath.Dir(child)
			if err := os.Rename(p, p+"2"); err != nil {
				return err
			}
			return os.Symlink(p+"2", p)
		}, Changed},
		{"a parent became a file", func() error { p := filepath.Dir(child); os.Remove(p); return os.WriteFile(p, nil, 0o600) }, Gone},
	}
	for _, s := range steps {
		if err := s.do(); err != nil {
			t.Fatalf("%s: %v", s.what, err)
		}
		if got := e.Look(); got != s.want {
			t.Errorf("%s: %v, want %v", s.what, got, s.want)
		}
	}
}
