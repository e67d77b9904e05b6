package trust

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

const name = ".dclaude.toml"

func TestRead(t *testing.T) {
	dir := t.TempDir()
	if data, err := Read(dir, name); data != nil || err != nil {
		t.Errorf("no file: %q, %v", data, err)
	}
	for _, content := range []string{"", "network = \"none\"\n", strings.Repeat("#", MaxFile)} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
		if data, err := Read(dir, name); data == nil || string(data) != content || err != nil {
			t.Errorf("%d bytes: %d, %v", len(content), len(data), err)
		}
	}
}

// A session could leave any of these. None is followed, waited for or read to
// its end.
func TestReadRefuses(t *testing.T) {
	secret := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(secret, []byte("network = \"open\""), 0o600); err != nil {
		t.Fatal(err)
	}
	for what, plant := range map[string]func(path string) error{
		"a link out":          func(p string) error { return os.Symlink(secret, p) },
		"a link to a sibling": func(p string) error { return errors.Join(os.WriteFile(p+"2", nil, 0o644), os.Symlink(name+"2", p)) },
		"a link to nowhere":   func(p string) error { return os.Symlink("missing", p) },
		"a fifo":              func(p string) error { return syscall.Mkfifo(p, 0o644) },
		"a folder":            func(p string) error { return os.Mkdir(p, 0o755) },
		"a large file":        func(p string) error { return os.WriteFile(p, make([]byte, MaxFile+1), 0o644) },
		"a sparse file":       func(p string) error { return errors.Join(os.WriteFile(p, nil, 0o644), os.Truncate(p, 1<<40)) },
	} {
		dir := t.TempDir()
		if err := plant(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
		data, err := Read(dir, name)
		var bad *FileError
		if data != nil || !errors.As(err, &bad) || bad.Hint() == "" || !strings.HasPrefix(err.Error(), name+" ") {
			t.Errorf("%s: %q, %v", what, data, err)
		}
	}
	if _, err := Read(filepath.Join(t.TempDir(), "missing"), name); err == nil {
		t.Error("a folder that is gone is no error")
	}
}

func TestApprovals(t *testing.T) {
	a := Approvals{Dir: filepath.Join(t.TempDir(), "trust")}
	covers := func(project, content string) bool {
		t.Helper()
		ok, err := a.Covers(project, []byte(content))
		if err != nil {
			t.Error(err)
		}
		return ok
	}
	if covers("/p", "a") {
		t.Error("approved by nobody")
	}
	if err := a.Approve("/p", []byte("a")); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		project, content string
		want             bool
	}{{"/p", "a", true}, {"/p", "a ", false}, {"/p", "", false}, {"/q", "a", false}} {
		if got := covers(tt.project, tt.content); got != tt.want {
			t.Errorf("%+v: %v", tt, got)
		}
	}
	if err := a.Approve("/p", []byte("b")); err != nil {
		t.Fatal(err)
	}
	if covers("/p", "a") || !covers("/p", "b") {
		t.Error("a new approval does not end the old one")
	}
	info, err := os.Stat(a.path("/p"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("file: %v, %v", info, err)
	}
	if had, err := a.Revoke("/p"); !had || err != nil || covers("/p", "b") {
		t.Errorf("revoked: %v, %v", had, err)
	}
	if had, err := a.Revoke("/p"); had || err != nil {
		t.Errorf("revoked twice: %v, %v", had, err)
	}
}

// A file that somebody moved, mended or cut short approves nothing.
func TestDamagedApprovals(t *testing.T) {
	a := Approvals{Dir: t.TempDir()}
	if err := a.Approve("/p", []byte("a")); err != nil {
		t.Fatal(err)
	}
	good, err := os.ReadFile(a.path("/p"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(a.path("/q"), good, 0o600); err != nil {
		t.Fatal(err)
	}
	for project, content := range map[string]string{"/q": string(good), "/r": "{", "/s": strings.Replace(string(good), `"YQ=="`, `"Yg=="`, 1)} {
		if err := os.WriteFile(a.path(project), []byte(strings.Replace(content, "/p", project, map[string]int{"/q": 0, "/r": 1, "/s": 1}[project])), 0o600); err != nil {
			t.Fatal(err)
		}
		for _, guess := range []string{"a", "b"} {
			if ok, err := a.Covers(project, []byte(guess)); ok || err == nil {
				t.Errorf("%s covers %q: %v, %v", project, guess, ok, err)
			}
		}
	}
}

func TestDiff(t *testing.T) {
	if d := Diff([]byte("a\n"), []byte("a\n")); d != "" {
		t.Errorf("equal: %q", d)
	}
	d := Diff([]byte("a\nb\n"), []byte("a\nc\n"))
	for _, line := range []string{" a\n", "-b\n", "+c\n"} {
		if !strings.Contains(d, line) {
			t.Errorf("%q lacks %q", d, line)
		}
	}
	if d := Diff(nil, []byte("x\n")); !strings.Contains(d, "+x") || strings.Contains(d, "approved") {
		t.Errorf("first time: %q", d)
	}
}
