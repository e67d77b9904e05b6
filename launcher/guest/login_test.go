package guest

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"

	"dclaude/launcher/handoff"
)

// loginLayout has a state volume and the runtime folder of this test's user.
func loginLayout(t *testing.T) layout {
	t.Helper()
	l := layoutBelow(t.TempDir())
	must(t, os.MkdirAll(l.state, 0o700))
	must(t, os.MkdirAll(filepath.Join(l.runtime, strconv.Itoa(os.Getuid())), 0o700))
	return l
}

func letter(t *testing.T, login handoff.Login) *bytes.Reader {
	t.Helper()
	b, err := login.Encode()
	must(t, err)
	return bytes.NewReader(b)
}

const second = `{"claudeAiOauth":{"accessToken":"second"}}`

func TestInjectReplacesTheLogin(t *testing.T) {
	l := loginLayout(t)
	write(t, "first", l.state, credentialsFile)
	must(t, inject(l, letter(t, handoff.Login{Credentials: second})))
	path := filepath.Join(l.state, credentialsFile)
	info, err := os.Stat(path)
	if err != nil || info.Mode() != 0o600 || read(t, path) != second {
		t.Fatalf("%q, %v, %v", read(t, path), info.Mode(), err)
	}
	must(t, inject(l, letter(t, handoff.Login{Credentials: second})))
	if again, _ := os.Stat(path); !os.SameFile(info, again) {
		t.Error("the same login was written again")
	}
	must(t, os.Chmod(path, 0o644))
	must(t, inject(l, letter(t, handoff.Login{Credentials: second})))
	if again, _ := os.Stat(path); again.Mode() != 0o600 {
		t.Errorf("a login that others can read was left so: %v", again.Mode())
	}
	if entries, _ := os.ReadDir(l.state); len(entries) != 1 {
		t.Errorf("left behind: %v", entries)
	}
}

// A launcher that dies, or an engine that does, leaves half a letter.
func TestInjectRefusesWhatDidNotArriveWhole(t *testing.T) {
	l := loginLayout(t)
	write(t, "first", l.state, credentialsFile)
	whole, err := handoff.Login{Credentials: second}.Encode()
	must(t, err)
	for n := range len(whole) {
		if err := inject(l, bytes.NewReader(whole[:n])); err == nil {
			t.Fatalf("%d bytes of %d were taken for a login", n, len(whole))
		}
	}
	if err := inject(l, iotest.ErrReader(errors.New("gone"))); err == nil || strings.Contains(err.Error(), "gone") {
		t.Errorf("a broken connection: %v", err)
	}
	for _, junk := range []string{`{}`, `{"version":1}`, `{"version":7,"credentials":"x"}`, `null`, `[]`, `"x"`, "\x00"} {
		if err := inject(l, strings.NewReader(junk)); err == nil {
			t.Errorf("%q was taken for a login", junk)
		}
	}
	if got := read(t, l.state, credentialsFile); got != "first" {
		t.Errorf("the login became %q", got)
	}
	// The input need not end.
	in, out, err := os.Pipe()
	must(t, err)
	defer out.Close()
	_, err = out.Write(whole)
	must(t, err)
	must(t, inject(l, in))
}

// What a hostile session can have put in the way.
func TestInjectIntoAHostileVolume(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	plants := map[string]func(path string){
		"link out":       func(p string) { must(t, os.Symlink(outside, p)) },
		"link to itself": func(p string) { must(t, os.Symlink(p, p)) },
		"folder":         func(p string) { must(t, os.MkdirAll(filepath.Join(p, "deep"), 0o700)) },
		"fifo":           func(p string) { must(t, syscall.Mkfifo(p, 0o600)) },
		"huge": func(p string) {
			f, err := os.Create(p)
			must(t, err)
			must(t, f.Truncate(1<<40))
			must(t, f.Close())
		},
		"hard link": func(p string) { must(t, os.Link(outside, p)) },
		"locked":    func(p string) { must(t, os.WriteFile(p, []byte("x"), 0)) },
	}
	for name, plant := range plants {
		t.Run(name, func(t *testing.T) {
			for what, login := range map[string]handoff.Login{"login": {Credentials: second}, "key": {APIKey: "KEY"}} {
				l := loginLayout(t)
				write(t, "untouched", outside)
				path := filepath.Join(l.state, credentialsFile)
				want := second
				if login.APIKey != "" {
					path, want = filepath.Join(l.runtimeDir(os.Getuid()), apiKeyFile), "KEY"
				}
				plant(path)
				must(t, inject(l, letter(t, login)))
				info, err := os.Lstat(path)
				if err != nil || info.Mode() != 0o600 || read(t, path) != want {
					t.Errorf("%s: %v, %v", what, info, err)
				}
				if got := read(t, outside); got != "untouched" {
					t.Fatalf("%s: written through the link: %q", what, got)
				}
				must(t, os.Remove(outside))
			}
		})
	}
}

func TestInjectWithoutAVolume(t *testing.T) {
	l := loginLayout(t)
	must(t, os.Remove(l.state))
	if err := inject(l, letter(t, handoff.Login{Credentials: second})); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no volume: %v", err)
	}
}

func TestAPIKey(t *testing.T) {
	l := loginLayout(t)
	var out bytes.Buffer
	if err := printAPIKey(l, &out); err == nil || out.Len() > 0 {
		t.Errorf("no key: %q, %v", out.String(), err)
	}
	for _, key := range []handoff.Secret{"KEY-1", "KEY-2"} {
		if key == "KEY-1" {
			if w := prepareState(l, handoff.Handoff{APIKey: key}); len(w) > 0 {
				t.Fatal(w)
			}
		} else {
			must(t, inject(l, letter(t, handoff.Login{APIKey: key})))
		}
		out.Reset()
		if err := printAPIKey(l, &out); err != nil || out.String() != string(key)+"\n" {
			t.Errorf("%v: %q, %v", key, out.String(), err)
		}
	}
}

// Claude Code warns of a key beside a login. One that dclaude lent goes; one
// that the session could refresh is its own.
func TestAPIKeyBesideALogin(t *testing.T) {
	for content, goes := range map[string]bool{
		second: true,
		`{"claudeAiOauth":{"accessToken":"a","refreshToken":"r"}}`: false,
		`not json`: false,
		`{}`:       true,
	} {
		l := loginLayout(t)
		write(t, content, l.state, credentialsFile)
		must(t, placeAPIKey(l, "KEY"))
		_, err := os.Stat(filepath.Join(l.state, credentialsFile))
		if errors.Is(err, fs.ErrNotExist) != goes {
			t.Errorf("%s: %v", content, err)
		}
	}
	l := loginLayout(t)
	must(t, os.Symlink("/dev/zero", filepath.Join(l.state, credentialsFile)))
	must(t, placeAPIKey(l, "KEY"))
}
