package config

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestMissingFileIsFine(t *testing.T) {
	for _, path := range []string{"", filepath.Join(t.TempDir(), "no/such/config.toml")} {
		if _, err := Load(Sources{File: path}); err != nil {
			t.Errorf("%q: %v", path, err)
		}
	}
}

func TestFilesThatAreRefused(t *testing.T) {
	for _, tt := range []struct {
		name string
		// spoil makes something bad of a good file.
		spoil      func(path string) error
		text, hint string
	}{
		{"folder", func(p string) error { return os.Mkdir(p, 0o700) }, "is a folder, not a file", ""},
		{"pipe", func(p string) error { return syscall.Mkfifo(p, 0o600) }, "is not a regular file", ""},
		{"device", func(p string) error { return os.Symlink("/dev/null", p) }, "is not a regular file", ""},
		{"link to nothing", func(p string) error { return os.Symlink("nowhere", p) }, `is a link to "nowhere", which does not exist`, "remove the link"},
		{"loop", func(p string) error { return os.Symlink(p, p) }, "cannot be read: too many", ""},
		{"below a file", func(p string) error {
			return os.WriteFile(filepath.Dir(p), nil, 0o600)
		}, "cannot be read: not a directory", ""},
		{"large", func(p string) error { return os.WriteFile(p, make([]byte, maxFile+1), 0o600) }, "larger than 1 MiB", ""},
		{"writable for everybody", func(p string) error {
			if err := os.WriteFile(p, nil, 0o600); err != nil {
				return err
			}
			return os.Chmod(p, 0o602)
		}, "is writable for everybody", "chmod o-w"},
		{"folder writable for everybody", func(p string) error {
			if err := os.WriteFile(p, nil, 0o600); err != nil {
				return err
			}
			return os.Chmod(filepath.Dir(p), 0o777)
		}, "is in a folder that is writable for everybody", "chmod o-w the folder"},
		{"not TOML", func(p string) error { return os.WriteFile(p, []byte("{"), 0o600) }, ":1:1: not valid TOML", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			path := settingsFile(t, "")
			if err := os.Remove(path); err != nil {
				t.Fatal(err)
			}
			if tt.name == "below a file" {
				if err := os.Remove(filepath.Dir(path)); err != nil {
					t.Fatal(err)
				}
			}
			if err := tt.spoil(path); err != nil {
				t.Fatal(err)
			}
			_, err := Load(Sources{File: path})
			if err == nil || !strings.HasPrefix(err.Error(), path) || !strings.Contains(err.Error(), tt.text) {
				t.Fatalf("got %v, want %s", err, tt.text)
			}
			if hint := failure(t, err).Hint(); !strings.Contains(hint, tt.hint) {
				t.Errorf("hint %q lacks %q", hint, tt.hint)
			}
		})
	}
}

// The file's owner is compared with the user: neither root nor the owner of the
// test files may be in the way.
func TestFileOfSomebodyElse(t *testing.T) {
	path := settingsFile(t, "pids = 64\n")
	if _, f := readFile(path, os.Geteuid()); f != nil {
		t.Errorf("our own file: %s", f.message)
	}
	_, f := readFile(path, os.Geteuid()+1)
	if os.Geteuid() == 0 {
		if f != nil {
			t.Errorf("root's file: %s", f.message)
		}
		if err := os.Chown(path, 4711, -1); err != nil {
			t.Fatal(err)
		}
		_, f = readFile(path, 0)
	}
	if f == nil || !strings.Contains(f.message, "belongs to the user") || f.advice == "" {
		t.Errorf("somebody else's file: %+v", f)
	}
}

func TestFileThroughLinks(t *testing.T) {
	path := settingsFile(t, "pids = 64\n")
	link := filepath.Join(t.TempDir(), "config.toml")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	if l, err := Load(Sources{File: link}); err != nil || l.Settings.Pids != 64 {
		t.Errorf("%+v, %v", l.Settings, err)
	}
	if err := os.Chmod(filepath.Dir(path), 0o777); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(Sources{File: link}); err == nil {
		t.Error("a link into a folder that is writable for everybody is followed")
	}
	// The sticky bit keeps others from replacing the file, as in /tmp.
	if err := os.Chmod(filepath.Dir(path), 0o777|os.ModeSticky); err != nil {
		t.Fatal(err)
	}
	if _, err := Load(Sources{File: link}); err != nil {
		t.Errorf("in a sticky folder: %v", err)
	}
}

func TestFileNamesAreShownSafely(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a\x1b[2Jb")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(dir, "c\n.toml")
	for _, content := range []string{"pids = 1", "pids = 64"} {
		if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		l, err := Load(Sources{File: path})
		text := l.Origins["pids"].Where
		if err != nil {
			text = err.Error()
		}
		if strings.ContainsAny(text, "\x1b\n") || text == "" {
			t.Errorf("%q: shown as %q", content, text)
		}
	}
}
