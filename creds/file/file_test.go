package file

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"dclaude/creds"
)

const login = `{"claudeAiOauth":{"accessToken":"TOKEN-1","refreshToken":"r","expiresAt":1767225600000}}`

// store returns a store in a fresh folder that holds content with mode. The
// pause between its tries is counted, not waited for.
func store(t *testing.T, content string, mode fs.FileMode) (s *Store, waits *int) {
	t.Helper()
	s, waits = New(t.TempDir(), ""), new(int)
	s.wait = func(context.Context) { *waits++ }
	put(t, s, content, mode)
	return s, waits
}

func put(t *testing.T, s *Store, content string, mode fs.FileMode) {
	t.Helper()
	if err := os.WriteFile(s.path, []byte(content), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(s.path, mode); err != nil { // the umask may have taken bits
		t.Fatal(err)
	}
}

func TestRead(t *testing.T) {
	cases := []struct {
		name, content string
		want          error
		waits         int
	}{
		{"login", login, nil, 0},
		{"empty", "", creds.ErrMissing, 0},
		{"only MCP servers", `{"mcpOAuth":{}}`, creds.ErrMissing, 0},
		{"cut off", login[:30], creds.ErrUnreadable, 1},
		{"too large", strings.Repeat("x", creds.MaxStored+10), creds.ErrUnreadable, 1},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			s, waits := store(t, tc.content, 0o600)
			c, err := s.Read(t.Context())
			if !errors.Is(err, tc.want) || *waits != tc.waits {
				t.Fatalf("%v after %d waits, want %v after %d", err, *waits, tc.want, tc.waits)
			}
			if (err == nil) != (c.Access.Reveal() == "TOKEN-1") || len(c.Warnings) != 0 {
				t.Errorf("%v, warnings %v", c, c.Warnings)
			}
			if err != nil && (!strings.HasPrefix(err.Error(), s.path+": ") || hint(err) == "" || strings.Contains(err.Error(), "TOKEN")) {
				t.Errorf("error %q, hint %q", err, hint(err))
			}
		})
	}
}

func hint(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}

func TestReadAgainWhileItIsWritten(t *testing.T) {
	s, _ := store(t, login[:30], 0o600)
	s.wait = func(context.Context) { put(t, s, login, 0o600) }
	c, err := s.Read(t.Context())
	if err != nil || c.Access.Reveal() != "TOKEN-1" {
		t.Errorf("%v, %v", c, err)
	}
}

func TestCancelledBetweenTries(t *testing.T) {
	s, _ := store(t, login[:30], 0o600)
	s.wait = pause
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Read(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

func TestNoFile(t *testing.T) {
	folder := t.TempDir()
	notFolder := filepath.Join(folder, "f")
	if err := os.WriteFile(notFolder, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{folder, filepath.Join(folder, "none"), notFolder} {
		if _, err := New(dir, "").Read(t.Context()); !errors.Is(err, creds.ErrMissing) || hint(err) == "" {
			t.Errorf("%s: %v", dir, err)
		}
	}
}

func TestWhatIsNotAFile(t *testing.T) {
	makers := map[string]func(path string) error{
		"folder": func(p string) error { return os.Mkdir(p, 0o700) },
		"fifo":   func(p string) error { return syscall.Mkfifo(p, 0o600) }, // would block for ever
		"device": func(p string) error { return os.Symlink("/dev/zero", p) },
		"loop":   func(p string) error { return os.Symlink(p, p) },
	}
	for name, make := range makers {
		t.Run(name, func(t *testing.T) {
			s := New(t.TempDir(), "")
			if err := make(s.path); err != nil {
				t.Fatal(err)
			}
			c, err := s.Read(t.Context())
			if err == nil || errors.Is(err, creds.ErrMissing) || !c.Access.Empty() || strings.Count(err.Error(), s.path) != 1 {
				t.Errorf("%v, %v", c, err)
			}
		})
	}
}

func TestALinkToAFileIsFollowed(t *testing.T) {
	real, _ := store(t, login, 0o600)
	s := New(t.TempDir(), "")
	if err := os.Symlink(real.path, s.path); err != nil {
		t.Fatal(err)
	}
	if c, err := s.Read(t.Context()); err != nil || c.Access.Empty() {
		t.Errorf("%v, %v", c, err)
	}
}

func TestModeThatOthersCanUse(t *testing.T) {
	for mode, warned := range map[fs.FileMode]bool{0o600: false, 0o400: false, 0o700: false, 0o644: true, 0o640: true, 0o602: true, 0o666: true} {
		s, _ := store(t, login, mode)
		c, err := s.Read(t.Context())
		if err != nil || (len(c.Warnings) == 1) != warned {
			t.Fatalf("%04o: %v, %v", mode, c.Warnings, err)
		}
		if !warned {
			continue
		}
		var p *PermissionError
		if !errors.As(c.Warnings[0], &p) || p.Path != s.path || p.Mode != mode || !strings.Contains(p.Error(), "mode 0") || p.Hint() != "chmod 600 '"+s.path+"'" {
			t.Errorf("%04o: %v", mode, c.Warnings[0])
		}
	}
	if got := (&PermissionError{Path: "/a'b"}).Hint(); got != `chmod 600 '/a'\''b'` {
		t.Error(got)
	}
}

func TestUnreadableForUs(t *testing.T) {
	s := New("/home/u/.claude", "/home/u")
	err := s.fail(&fs.PathError{Op: "open", Path: s.path, Err: fs.ErrPermission})
	if err.Error() != "~/.claude/.credentials.json: permission denied" || !strings.Contains(hint(err), "chmod 600") || errors.Is(err, creds.ErrMissing) {
		t.Errorf("%v, hint %q", err, hint(err))
	}
}

func TestDescribe(t *testing.T) {
	for _, tc := range []struct{ dir, home, want string }{
		{"/home/u/.claude", "/home/u", "~/.claude/.credentials.json"},
		{"/home/u/.claude", "/home/u/", "~/.claude/.credentials.json"},
		{"/home/user/.claude", "/home/u", "/home/user/.claude/.credentials.json"},
		{"/srv/c", "/home/u", "/srv/c/.credentials.json"},
		{"/srv/c", "", "/srv/c/.credentials.json"},
	} {
		s := New(tc.dir, tc.home)
		if got := s.Describe(); got != tc.want {
			t.Errorf("%v: %q", tc, got)
		}
		if s.Path() != filepath.Join(tc.dir, Name) {
			t.Error(s.Path())
		}
	}
}
