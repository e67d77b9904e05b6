package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dclaude/launcher/fakeapi"
)

// plantLine is what a hostile session does to a repository: everything that
// makes git, an editor or a careless reader on the host do something.
const plantLine = `cd /workspace &&
git config core.fsmonitor 'touch CANARY/fsmonitor; false' &&
git config filter.evil.clean 'touch CANARY/filter; cat' &&
printf '* filter=evil\n' > .gitattributes &&
printf '#!/bin/sh\ntouch CANARY/hook\n' > .git/hooks/post-checkout && chmod +x .git/hooks/post-checkout &&
ln -s /etc/passwd notes.txt && mkfifo README.md &&
mkdir -p .vscode && echo '{}' > .vscode/tasks.json &&
echo 'all:' > Makefile && echo plain > plain.txt &&
printf x > "$(printf 'evil\033]0;title\007\nname.command')"; echo planted`

// repository makes a project a git repository with one commit.
func (w *world) repository(p string) {
	w.t.Helper()
	w.inProject(p, "a.txt", "a\n")
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A"}, {"commit", "-qm", "first"}} {
		cmd := exec.Command("git", append([]string{"-C", p}, args...)...)
		cmd.Env = append(slices.Clip(w.environ), "GIT_CONFIG_NOSYSTEM=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			w.t.Fatalf("git %q: %v\n%s", args, err, out)
		}
	}
}

func TestReviewOfAHostileSession(t *testing.T) {
	canary := t.TempDir()
	if err := os.Chmod(canary, 0o777); err != nil {
		t.Fatal(err)
	}
	w := newWorld(t, fakeapi.Bash("plant it", strings.ReplaceAll(plantLine, "CANARY", canary)))
	for _, isolation := range []string{"runsc", "nested", "runc"} {
		p := w.project("p-" + isolation)
		w.repository(p)
		r := w.ok("--isolation", isolation, "--review", "full", p, "--", "-p", "plant it")
		if !strings.Contains(r.stdout, "planted") {
			t.Fatalf("%s: the attack itself failed: %v", isolation, r)
		}
		for _, want := range []string{
			"can run code on this machine",
			"changed  .git/config (git's settings, which can name programs to run, core.fsmonitor, filter.evil.clean)",
			"new      .git/hooks/post-checkout (git runs it)",
			"new      .gitattributes (git's settings for files)",
			"new      .vscode/tasks.json (an editor obeys it)",
			"new      Makefile (a build runs it)",
			"new      notes.txt (link out of the project)",
			`evil\x1b]0;title\x07\nname.command (a double click runs it)`,
			"new      plain.txt",
		} {
			if !strings.Contains(r.stderr, want) {
				t.Errorf("%s: not told: %s", isolation, want)
			}
		}
		// gVisor keeps fifos to itself: nothing of it is on the host.
		if fifo := strings.Contains(r.stderr, "new      README.md (no file: what reads it may wait for ever)"); fifo != (isolation == "runc") {
			t.Errorf("%s: the fifo is told of: %v", isolation, fifo)
		}
		if strings.Contains(r.stderr, "\x1b") || strings.Contains(r.stderr, ".git/index") {
			t.Errorf("%s: %v", isolation, r)
		}
		if t.Failed() {
			t.Fatalf("%s: %v", isolation, r)
		}
	}
	if left, err := os.ReadDir(canary); err != nil || len(left) > 0 {
		t.Errorf("something ran on the host: %v, %v", left, err)
	}
	// The control: a host git in there does run what was planted.
	cmd := exec.Command("git", "-C", filepath.Join(w.home, "projects", "p-runc"), "status")
	cmd.Env = append(slices.Clip(w.environ), "GIT_CONFIG_COUNT=1", "GIT_CONFIG_KEY_0=safe.directory", "GIT_CONFIG_VALUE_0=*")
	_, _ = cmd.CombinedOutput()
	if _, err := os.Stat(filepath.Join(canary, "fsmonitor")); err != nil {
		t.Error("the attack would not have worked, so this test shows nothing")
	}
}

// One line for a session on a terminal, also when another window ends it, and
// when it is stopped; none for a script that did not ask.
func TestReviewInALine(t *testing.T) {
	w := newWorld(t)
	p := w.project("p")
	term := w.terminal(p)
	prompt(t, term.AwaitFunc)
	name := w.sessions()[0].Name
	term.Send("\x1d\x1d")
	term.Exit()
	w.ok("shell", name, "--", "sh", "-c", "echo x > new.txt; echo y > .envrc")
	term = w.terminal("attach")
	prompt(t, term.AwaitFunc)
	term.Send("\x15/exit")
	term.Await("/exit")
	term.Send("\r")
	term.Await(".envrc (a shell or version manager runs or obeys it)")
	term.Exit()

	name = strings.TrimSpace(w.ok("--detach", p).stdout)
	w.ok("shell", name, "--", "sh", "-c", "echo more > other.txt; rm .envrc")
	if r := w.ok("stop", name); r.stdout != name+"\n" || !strings.Contains(r.stderr, "files in the project: 1 new, 1 removed; one of them") {
		t.Errorf("stop: %v", r)
	}
	name = strings.TrimSpace(w.ok("--detach", p).stdout)
	if r := w.ok("stop", name); strings.Contains(r.stderr, "project") {
		t.Errorf("nothing changed: %v", r)
	}
	name = strings.TrimSpace(w.ok("--review", "off", "--detach", p).stdout)
	if r := w.ok("stop", name); strings.Contains(r.stderr, "changed") {
		t.Errorf("started without a review: %v", r)
	}
	if r := w.ok(p, "--", "-p", "hi"); strings.Contains(r.stderr, "changed") {
		t.Errorf("a script: %v", r)
	}
	if r := w.ok("--review", "line", p, "--", "-p", "hi"); !strings.Contains(r.stderr, "the session changed nothing in the project") {
		t.Errorf("a script that asks: %v", r)
	}
}

// A repository without a commit, a bare one, one with a submodule, and
// thousands of files.
func TestReviewOfUnusualProjects(t *testing.T) {
	w := newWorld(t, fakeapi.Bash("change it", "cd /workspace && for c in config .git/config .git/modules/lib/config; do test -f $c && printf '[core]\\n\\tfsmonitor = evil\\n' >> $c; done; mkdir many; cd many; seq 3000 | xargs touch; echo done"))
	for name, files := range map[string]map[string]string{
		"config":      {"HEAD": "ref: refs/heads/main\n", "config": "[core]\n\tbare = true\n", "objects/x": "", "refs/x": ""},
		".git/config": {".git/HEAD": "ref: refs/heads/main\n", ".git/config": "[core]\n", ".git/objects/x": "", ".git/refs/x": ""},
		".git/modules/lib/config": {".git/HEAD": "ref: refs/heads/main\n", ".git/modules/lib/HEAD": "x", ".git/modules/lib/config": "[core]\n",
			".git/modules/lib/objects/x": "", ".git/modules/lib/refs/x": "", "lib/.git": "gitdir: ../.git/modules/lib\n"},
	} {
		p := w.project("p-" + strings.ReplaceAll(name, "/", "-"))
		for file, content := range files {
			if err := os.MkdirAll(filepath.Dir(filepath.Join(p, file)), 0o755); err != nil {
				t.Fatal(err)
			}
			w.inProject(p, file, content)
		}
		// What is changed just before a session could be of the session's doing.
		await(t, "files that are older", func() bool {
			info, err := os.Lstat(p)
			return err == nil && time.Since(info.ModTime()) > 3*time.Second
		})
		r := w.ok("--isolation", "runc", "--review", "line", p, "--", "-p", "change it")
		count := "3000 new, 1 changed; one of them"
		if name == "config" {
			count = "1 changed; one of them" // all of a bare repository is git's own
		}
		if !strings.Contains(r.stderr, count) || !strings.Contains(r.stderr, name+" (git's settings, which can name programs to run, core.fsmonitor)") {
			t.Errorf("%s: %v", name, r)
		}
	}
}
