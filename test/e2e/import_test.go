package e2e

import (
	"os"
	"strings"
	"testing"
	"time"

	"dclaude/test/lab"
)

// byHand starts the image as the seed's script did: the one volume for all
// projects, the login in a variable, and .claude.json outside of the volume.
func (w *world) byHand(api string, args ...string) string {
	w.t.Helper()
	login := string(lab.Login{Access: accessToken, Refresh: refreshToken, Expires: time.Now().Add(8 * time.Hour)}.JSON())
	return w.lab.Docker(append([]string{
		"run", "--rm", "-v", "claude-data:/home/claude/.claude", "-e", "CLAUDE_CREDENTIALS=" + login,
		"-e", "ANTHROPIC_BASE_URL=" + api, "claude-sandbox", "env", "-u", "CLAUDE_CONFIG_DIR",
	}, args...)...)
}

// plantInSeed is what a session of some project can have left in the volume.
const plantInSeed = `cd ~/.claude && echo '{"hooks":{"SessionStart":[{"hooks":[{"type":"command","command":"echo EVIL-HOOK"}]}]}}' >settings.json
echo EVIL-TEXT >CLAUDE.md && mkdir -p projects/-workspace/memory && echo EVIL-NOTE >projects/-workspace/memory/MEMORY.md && mkdir -p skills/x && printf -- '---\nname: x\ndescription: EVIL-SKILL\n---\nx' >skills/x/SKILL.md
ln -s /etc/passwd projects/-workspace/link.jsonl && mkfifo projects/-workspace/fifo.jsonl && ln -s /etc todos`

func (w *world) seedVolume(api string) {
	w.t.Helper()
	w.t.Cleanup(func() { w.lab.TryDocker("volume", "rm", "-f", "claude-data") })
	w.lab.Docker("volume", "create", "claude-data")
	w.byHand(api, "claude", "-p", "the password of project one is quasar")
	w.byHand(api, "claude", "-p", "project two is about xylophones")
	w.byHand(api, "sh", "-c", plantInSeed)
}

// Who comes from the seed's scripts can take the conversations along, into any
// project, and nothing of what could do harm there.
func TestImport(t *testing.T) {
	w := newWorld(t).set("DCLAUDE_REVIEW=off")
	w.ok("--isolation", "runc", w.project("first"), "--", "--version") // there is an image
	api := w.apiURL
	w.seedVolume(api)
	l := w.listen()
	for _, isolation := range []string{"runc", "runsc", "nested"} {
		p := w.project(isolation)
		if err := os.Chown(p, 501, 20); err != nil {
			t.Fatal(err)
		}
		r := w.ok("import", "--isolation", isolation, p)
		if !strings.Contains(r.stderr, "imported 2 conversations") || !strings.Contains(r.stderr, "3 things in the volume left out") {
			t.Errorf("%s: %v", isolation, r)
		}
		w.ok("--isolation", isolation, p, "--", "--continue", "-p", "go on")
		said := l.heard()
		if !strings.Contains(said, "project two is about xylophones") || strings.Contains(said, "EVIL-") || strings.Contains(said, "root:x:0") {
			t.Errorf("%s: what was continued is not the last conversation, or more than that", isolation)
		}
		if r := w.ok("import", "--isolation", isolation, p); !strings.Contains(r.stderr, "nothing was imported") {
			t.Errorf("%s: again: %v", isolation, r)
		}
	}
	if v := w.lab.Docker("run", "--rm", "-v", "claude-data:/v", "--entrypoint", "cat", "claude-sandbox", "/v/CLAUDE.md"); v != "EVIL-TEXT" {
		t.Errorf("the volume itself has changed: %s", v)
	}
	// state = "shared" goes on with the volume as it is.
	p := w.project("shared")
	if err := os.Chown(p, 501, 20); err != nil {
		t.Fatal(err)
	}
	if r := w.run("import", "--state", "shared", p); r.code != 125 || !strings.Contains(r.stderr, "nothing to import") {
		t.Errorf("shared: %v", r)
	}
	w.ok("--isolation", "runc", "--state", "shared", p, "--", "--continue", "-p", "go on")
	if !strings.Contains(l.heard(), "xylophones") {
		t.Error("shared: it does not continue")
	}
}

// On a terminal it is offered once, whatever the answer; and a running session
// keeps its volume to itself.
func TestImportIsOfferedOnce(t *testing.T) {
	w := newWorld(t).set("DCLAUDE_REVIEW=off", "DCLAUDE_ISOLATION=runc")
	p, other := w.project("p"), w.project("other")
	for _, path := range []string{p, other} {
		if err := os.Chown(path, 501, 20); err != nil {
			t.Fatal(err)
		}
	}
	if r := w.run("import", p); r.code != 125 || !strings.Contains(r.stderr, "has no volume claude-data") {
		t.Errorf("no volume: %v", r)
	}
	w.ok(p, "--", "--version")
	w.seedVolume(w.apiURL)
	if r := w.ok(p, "--", "-p", "hi"); strings.Contains(r.stderr, "copy them") {
		t.Errorf("without a terminal: %v", r)
	}
	term := w.terminal(p)
	term.Await("copy them into the state of this project?")
	term.Send("y\r")
	prompt(t, term.AwaitFunc)
	if !strings.Contains(string(term.Raw()), "imported 2 conversations") {
		t.Error("the user is not told")
	}
	term.Send("\x1d\x1d")
	term.Exit()
	if r := w.run("import", p); r.code != 125 || !strings.Contains(r.stderr, "is running on this project") {
		t.Errorf("beside a session: %v", r)
	}
	term = w.terminal(other)
	prompt(t, term.AwaitFunc)
	if strings.Contains(string(term.Raw()), "copy them") {
		t.Error("it is offered twice")
	}
	term.Send("\x1d\x1d")
	term.Exit()
	w.ok("stop", "--all")
}

// The history of a project goes, and what the user has set up there stays.
func TestResetOfTheHistory(t *testing.T) {
	w := newWorld(t).set("DCLAUDE_REVIEW=off")
	l := w.listen()
	if r := w.ok("reset", "--history", "--yes", w.project("new")); !strings.Contains(r.stderr, "done") {
		t.Errorf("nothing there yet: %v", r)
	}
	for _, isolation := range []string{"runc", "nested"} {
		w.set("DCLAUDE_ISOLATION=" + isolation)
		p := w.project(isolation)
		name := strings.TrimSpace(w.ok("--detach", p).stdout)
		w.ok("shell", name, "--", "sh", "-c", `cd ~/.claude && echo KEPT-TEXT >CLAUDE.md && ln -s /workspace plans && touch /workspace/mine`)
		w.ok("stop", name)
		w.ok(p, "--", "-p", "the password is quasar")
		if r := w.run("reset", "--history", p); r.code != 125 || !strings.Contains(r.stderr, "all conversations in the state volume claude-data-") || !strings.Contains(r.stderr, "login stay") {
			t.Errorf("%s: nobody was asked: %v", isolation, r)
		}
		w.ok("reset", "--history", "--yes", p)
		l.heard()
		w.ok(p, "--", "--continue", "-p", "go on")
		if said := l.heard(); strings.Contains(said, "quasar") || !strings.Contains(said, "KEPT-TEXT") {
			t.Errorf("%s: the conversation is not gone, or more than it", isolation)
		}
		if _, err := os.Stat(p + "/mine"); err != nil {
			t.Errorf("%s: the project: %v", isolation, err)
		}
	}
}
