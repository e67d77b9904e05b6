package refresh

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dclaude/creds"
	"dclaude/creds/file"
)

func login(token string, left time.Duration) string {
	return fmt.Sprintf(`{"claudeAiOauth":{"accessToken":%q,"refreshToken":"r","expiresAt":%d}}`, token, time.Now().Add(left).UnixMilli())
}

// pretender is a user whose Claude Code is a shell script in ~/.local/bin.
func pretender(t *testing.T, left time.Duration, script string) Refresher {
	t.Helper()
	home := t.TempDir()
	r := Refresher{
		Store: file.New(filepath.Join(home, ".claude"), home), Home: home, Dir: filepath.Join(home, "state"),
		Environ: []string{"HOME=" + home, "PATH=/usr/bin:/bin", "SECRET=KEEP", "NODE_OPTIONS=--require /x", "LC_ALL=C"},
	}
	must(t, os.MkdirAll(filepath.Join(home, ".claude"), 0o700))
	must(t, os.WriteFile(filepath.Join(home, ".claude", file.Name), []byte(login("old", left)), 0o600))
	plant(t, filepath.Join(home, ".local", "bin"), script)
	return r
}

func plant(t *testing.T, dir, script string) string {
	t.Helper()
	must(t, os.MkdirAll(dir, 0o755))
	path := filepath.Join(dir, program)
	must(t, os.WriteFile(path, []byte("#!/bin/sh\n"+script+"\n"), 0o755))
	return path
}

// renew is a script that stores a new login as Claude Code does.
func renew() string {
	return `echo '` + login("new", 8*time.Hour) + `' >"$HOME/.claude/t" && mv "$HOME/.claude/t" "$HOME/.claude/.credentials.json"`
}

func TestRefresh(t *testing.T) {
	junk := `head -c 3000000 /dev/urandom; head -c 3000000 /dev/urandom >&2; `
	cases := []struct {
		name   string
		left   time.Duration
		script string
		token  string
		ran    bool
		want   error
	}{
		{"renewed", -time.Hour, renew(), "new", true, nil},
		{"renewed, with junk and a failure", -time.Hour, junk + renew() + "; exit 7", "new", true, nil},
		{"not due", time.Hour, renew(), "old", false, nil},
		{"does nothing", -time.Hour, "echo '{\"loggedIn\": true}'", "old", true, ErrNotRenewed},
		{"junk", -time.Hour, junk, "old", true, ErrNotRenewed},
		{"signed out", -time.Hour, `echo '{"claudeAiOauth":{"accessToken":"","refreshToken":"","expiresAt":0}}' >"$HOME/.claude/.credentials.json"`, "", true, ErrEnded},
		{"half a file", -time.Hour, `echo '{"claudeAi' >"$HOME/.claude/.credentials.json"`, "", true, creds.ErrUnreadable},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			r := pretender(t, tc.left, tc.script)
			got, err := r.Refresh(t.Context())
			if !errors.Is(err, tc.want) || (err == nil) != (tc.want == nil) || got.Ran != tc.ran || got.Credential.Access.Reveal() != tc.token {
				t.Errorf("%v, ran %v, %v; want %v", got.Credential, got.Ran, err, tc.want)
			}
			var hinter interface{ Hint() string }
			if err != nil && (!errors.As(err, &hinter) || hinter.Hint() == "") {
				t.Errorf("%v has no hint", err)
			}
		})
	}
}

func TestRefreshWithoutALogin(t *testing.T) {
	r := pretender(t, 0, renew())
	must(t, os.Remove(filepath.Join(r.Home, ".claude", file.Name)))
	if got, err := r.Refresh(t.Context()); !errors.Is(err, creds.ErrMissing) || got.Ran {
		t.Errorf("%+v, %v", got, err)
	}
}

// What the program is given: an empty private folder, a part of the
// environment, no input and no terminal.
func TestWhatClaudeIsGiven(t *testing.T) {
	r := pretender(t, -time.Hour, `{ pwd; ls -A; ls -ld . | cut -c1-10; env; cat; (: </dev/tty) 2>/dev/null && echo TERMINAL; echo "args $*"; } >"$HOME/seen"`)
	_, err := r.Refresh(t.Context())
	if !errors.Is(err, ErrNotRenewed) {
		t.Fatal(err)
	}
	b, err := os.ReadFile(filepath.Join(r.Home, "seen"))
	must(t, err)
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	if !strings.HasPrefix(lines[0], filepath.Join(r.Dir, "empty-")) || lines[1] != "drwx------" {
		t.Errorf("folder %s, then %s", lines[0], lines[1])
	}
	if lines[len(lines)-1] != "args auth status" {
		t.Errorf("%s", lines[len(lines)-1])
	}
	for _, want := range []string{"HOME=" + r.Home, "LC_ALL=C", "PATH=/usr/bin:/bin", "DISABLE_AUTOUPDATER=1"} {
		if !slices.Contains(lines, want) {
			t.Errorf("%s is missing in %q", want, lines)
		}
	}
	for _, bad := range []string{"KEEP", "NODE_OPTIONS", "TERMINAL"} {
		if strings.Contains(string(b), bad) {
			t.Errorf("%s got in: %q", bad, lines)
		}
	}
	if _, err := os.Stat(lines[0]); !os.IsNotExist(err) {
		t.Errorf("the folder is left behind: %v", err)
	}
}

// A program that hangs is ended, with what it has started.
func TestInterruptedRun(t *testing.T) {
	r := pretender(t, -time.Hour, `sleep 1000 & echo $! >"$HOME/child.tmp"; mv "$HOME/child.tmp" "$HOME/child"; wait`)
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() {
		_, err := r.Refresh(ctx)
		done <- err
	}()
	var child string
	await(t, "the child", func() bool {
		b, err := os.ReadFile(filepath.Join(r.Home, "child"))
		child = strings.TrimSpace(string(b))
		return err == nil
	})
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Errorf("%v", err)
	}
	await(t, "the child's end", func() bool {
		b, err := os.ReadFile("/proc/" + child + "/stat")
		return err != nil || strings.Contains(string(b), ") Z ")
	})
	if entries, _ := filepath.Glob(filepath.Join(r.Dir, "empty-*")); len(entries) > 0 {
		t.Errorf("left behind: %v", entries)
	}
}

func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for !ok() {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(5 * time.Millisecond)
	}
}

// Several processes want the same; one run serves all.
func TestOneRunServesAll(t *testing.T) {
	r := pretender(t, -time.Hour, `echo run >>"$HOME/runs"; `+renew())
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			if got, err := r.Refresh(t.Context()); err != nil || got.Credential.Access.Reveal() != "new" {
				t.Errorf("%v, %v", got.Credential, err)
			}
		})
	}
	all.Wait()
	if b, err := os.ReadFile(filepath.Join(r.Home, "runs")); err != nil || string(b) != "run\n" {
		t.Errorf("runs: %q, %v", b, err)
	}
}

func TestAFailedTryIsNotRepeatedAtOnce(t *testing.T) {
	r := pretender(t, -time.Hour, `echo run >>"$HOME/runs"`)
	r.Pause = time.Minute
	for i, want := range []error{ErrNotRenewed, ErrTried, ErrTried} {
		if got, err := r.Refresh(t.Context()); !errors.Is(err, want) || got.Ran != (i == 0) {
			t.Errorf("try %d: %+v, %v", i, got, err)
		}
	}
	must(t, os.WriteFile(filepath.Join(r.Home, ".claude", file.Name), []byte(login("another", -time.Hour)), 0o600))
	if got, err := r.Refresh(t.Context()); !errors.Is(err, ErrNotRenewed) || !got.Ran {
		t.Errorf("another token: %+v, %v", got, err)
	}
	r.Pause = 0
	if got, err := r.Refresh(t.Context()); !errors.Is(err, ErrNotRenewed) || !got.Ran {
		t.Errorf("at the user's word: %+v, %v", got, err)
	}
	must(t, os.WriteFile(r.memory(), []byte("junk"), 0o600))
	r.Pause = time.Hour
	if got, _ := r.Refresh(t.Context()); !got.Ran {
		t.Error("a broken memory keeps it from trying")
	}
	if b, err := os.ReadFile(r.memory()); err != nil || strings.Contains(string(b), "another") {
		t.Errorf("the memory holds %s, %v", b, err)
	}
}

func TestFind(t *testing.T) {
	home, project := t.TempDir(), t.TempDir()
	inProject := filepath.Join(project, "node_modules", ".bin")
	plant(t, inProject, "echo hacked")
	good := plant(t, filepath.Join(home, ".local", "bin"), "true")
	first := plant(t, filepath.Join(home, "first"), "true")
	open := filepath.Join(home, "open")
	plant(t, open, "true")
	must(t, os.Chmod(open, 0o777))
	writable := plant(t, filepath.Join(home, "writable"), "true")
	must(t, os.Chmod(writable, 0o777))
	noProgram := plant(t, filepath.Join(home, "noprogram"), "true")
	must(t, os.Chmod(noProgram, 0o644))
	linked := filepath.Join(home, "linked")
	must(t, os.MkdirAll(linked, 0o755))
	must(t, os.Symlink(filepath.Join(inProject, program), filepath.Join(linked, program)))
	alias := filepath.Join(home, "alias")
	must(t, os.Symlink(project, alias))
	folder := filepath.Join(home, "folder")
	must(t, os.MkdirAll(filepath.Join(folder, program), 0o755))
	cases := map[string]string{
		"/nowhere:" + filepath.Dir(first): first,
		"":                                good,
		inProject:                         good,
		filepath.Join(alias, "node_modules", ".bin"): good,
		linked:                  good,
		"node_modules/.bin:.:":  good,
		open:                    good,
		filepath.Dir(writable):  good,
		filepath.Dir(noProgram): good,
		folder:                  good,
	}
	for path, want := range cases {
		r := Refresher{Home: home, Avoid: []string{"/not/there", project}, Environ: []string{"PATH=" + path}}
		if got, err := r.Find(); err != nil || got != want {
			t.Errorf("PATH=%s: %s, %v; want %s", path, got, err, want)
		}
	}
	must(t, os.Remove(good))
	r := Refresher{Home: home, Avoid: []string{project, "/usr", "/opt"}, Environ: []string{"PATH=" + inProject}}
	if got, err := r.Find(); !errors.Is(err, ErrNoClaude) {
		t.Errorf("%s, %v", got, err)
	}
	if r.Home = ""; len(r.expanded([]string{"~/x", "/y"})) != 1 {
		t.Error("a user without a home has one")
	}
}
