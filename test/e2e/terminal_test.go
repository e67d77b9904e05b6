package e2e

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"dclaude/launcher/plan"
	"dclaude/test/desktop"
	"dclaude/test/lab"
)

// welcome are words of screens that must not come up.
var welcome = []string{"Choose the text style", "Do you trust", "trust this folder", "Bypass Permissions mode", "Select login method", "Welcome to Claude Code"}

// prompt waits for Claude's prompt and complains of any screen before it.
func prompt(t *testing.T, screen func(string, func(string) bool) string) {
	t.Helper()
	s := screen("Claude's prompt", func(s string) bool { return strings.Contains(s, "❯") })
	for _, words := range welcome {
		if strings.Contains(s, words) {
			t.Errorf("Claude asks: %q\n%s", words, s)
		}
	}
}

// say types a line as a person does, who looks before pressing Enter.
func say(term *lab.Pty, line string) {
	term.Send(line)
	term.Await(line)
	term.Send(lab.KeyEnter)
}

// leave ends Claude from its prompt, whatever stands there.
func leave(t *testing.T, term *lab.Pty) {
	t.Helper()
	term.Send("\x15") // the line goes
	say(term, "/exit")
	if code := term.Exit(); code != 0 {
		t.Errorf("left: exit code %d\n%s", code, term.Screen())
	}
}

// A window that is closed in the middle of a launch, or of the review at the
// end, undoes it; newWorld looks for what is left.
func TestWindowClosedMidway(t *testing.T) {
	w := newWorld(t)
	p := w.project("p")
	for range 3 {
		made := w.nextMade(plan.RoleSandbox)
		term := w.terminal(p)
		if !<-made {
			t.Fatal("the engine does not tell what it makes")
		}
		term.Hangup()
		term.Exit()
		term = w.terminal(p)
		prompt(t, term.AwaitFunc)
		// The project's files are listed once, soon after the start.
		desktop.Await(t, "the list", func() bool {
			found, err := filepath.Glob(filepath.Join(w.home, ".local", "state", "dclaude", "*", "*", "sessions", "*.review"))
			return err == nil && len(found) == 1
		}, nil)
		made = w.nextMade(plan.RoleReview)
		term.Send("\x15")
		say(term, "/exit")
		if !<-made {
			t.Fatal("the engine does not tell what it makes")
		}
		term.Hangup()
		term.Exit()
	}
}

// nextMade sends true at the moment at which the next container of a role is
// made, false when the engine tells nothing.
func (w *world) nextMade(role string) <-chan bool {
	w.t.Helper()
	args := append(w.lab.Lab.DockerCommand(w.lab.Host), "events", "--since", time.Now().Format(time.RFC3339Nano), "--filter", "type=container",
		"--filter", "label="+plan.LabelRole+"="+role, "--filter", "event=create", "--format", "{{.ID}}")
	cmd := exec.CommandContext(w.t.Context(), args[0], args[1:]...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		w.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	made := make(chan bool, 1)
	go func() {
		n, _ := out.Read(make([]byte, 1))
		made <- n == 1
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	return made
}

func TestConversationOnATerminal(t *testing.T) {
	w := newWorld(t)
	p := w.project("p")
	for range 2 { // the second launch shows no other screens than the first
		term := w.terminal(p)
		prompt(t, term.AwaitFunc)
		say(term, "hello there")
		term.Await("You said: hello there")
		term.Resize(90, 30)
		leave(t, term)
	}
}

// Detached by the chord, hung up, or killed, a session goes on; attach brings
// its screen back.
func TestSessionOutlivesItsWindow(t *testing.T) {
	w := newWorld(t)
	p := w.project("p")
	term := w.terminal(p)
	prompt(t, term.AwaitFunc)
	term.Send("remember the milk")
	term.Await("remember the milk")

	term.Send("\x1d\x1d")
	term.Await("dclaude attach")
	if code := term.Exit(); code != 0 {
		t.Errorf("detached: exit code %d", code)
	}
	for _, goes := range []func(){
		func() { term.Hangup() },
		func() { term.Signal(syscall.SIGKILL) },
		func() { term.Signal(syscall.SIGTERM) },
	} {
		term = w.terminal("attach")
		term.Await("remember the milk")
		goes()
		term.Exit()
		if n := strings.Count(w.ok("ls").stdout, "in the background"); n != 1 {
			t.Fatalf("%d sessions run after the window went", n)
		}
	}
	term = w.terminal("attach", p)
	term.Await("remember the milk")
	leave(t, term)
	if out := w.ok("ls", "--json").stdout; strings.TrimSpace(out) != "[]" {
		t.Errorf("after the end: %s", out)
	}
}

func TestTerminalIsRestored(t *testing.T) {
	w := newWorld(t)
	term := w.terminal(w.project("p"))
	prompt(t, term.AwaitFunc)
	term.Send("\x1d\x1d")
	term.Exit()
	raw := string(term.Raw())
	for _, off := range []string{"\x1b[?25h", "\x1b[?2004l", "\x1b[?1049l"} {
		if strings.LastIndex(raw, off) < 0 {
			t.Errorf("the end does not send %q", off)
		}
	}
	w.ok("stop", "--all")
}

// The window that Claude sees has the terminal's size, from the start and after
// each change.
func TestResizeReachesTheSession(t *testing.T) {
	w := newWorld(t)
	name := strings.TrimSpace(w.ok("--detach", w.project("p")).stdout)
	term := w.terminal("shell", name)
	term.Send("stty size\r")
	term.Await("40 120")
	term.Resize(77, 33)
	term.Send("clear; stty size\r")
	term.Await("33 77")
	// The words come from the program that Ctrl-C is meant for: before, it would
	// go to a shell that has not yet put it in front.
	term.Send("sh -c 'echo now\"\"running; exec sleep 100'\r")
	term.Await("nowrunning")
	term.Send("\x03")
	// What is typed before the shell is back goes with the interrupt.
	term.AwaitFunc("the shell's prompt again", func(s string) bool { return strings.Count(s, ":/workspace") == 2 })
	term.Send("echo $((6*7))\r")
	term.Await("42")
	term.Send("exit 9\r")
	if code := term.Exit(); code != 9 {
		t.Errorf("the shell's exit code: %d", code)
	}
	w.ok("stop", name)
}

// The session may print what it likes: nothing of it writes the clipboard or
// asks the terminal to report something into the user's shell.
func TestHostileOutput(t *testing.T) {
	w := newWorld(t)
	name := strings.TrimSpace(w.ok("--detach", w.project("p")).stdout)
	term := w.terminal("shell", name)
	term.Send(`printf 'a\033]52;c;aGFja2Vk\007b\033[21tc\033]0;title\007d\033P$q m\033\\e\n'; echo do''ne` + "\r")
	term.Await("done")
	raw := string(term.Raw())
	for _, bad := range []string{"\x1b]52", "\x1b[21t"} {
		if strings.Contains(raw, bad) {
			t.Errorf("%q came through", bad)
		}
	}
	term.Send("exit\r")
	term.Exit()
	w.ok("stop", name)
}

func TestShellRunsACommandInside(t *testing.T) {
	w := newWorld(t)
	p := w.project("p")
	if err := os.Chown(p, 501, 20); err != nil {
		t.Fatal(err)
	}
	name := strings.TrimSpace(w.ok("--detach", p).stdout)
	r := w.run("shell", name, "--", "sh", "-c", "id -u; id -g; pwd; echo $HOME; cat; exit 3")
	if r.code != 3 || r.stdout != "501\n20\n/workspace\n/home/claude\n" {
		t.Errorf("%v", r)
	}
	if r := w.runWith("piped in", "shell", name, "--", "cat"); r.stdout != "piped in" {
		t.Errorf("%v", r)
	}
	if r := w.run("shell", name, "--", "grep", "Cap", "/proc/self/status"); strings.Count(r.stdout, "0000000000000000") < 4 {
		t.Errorf("capabilities: %v", r)
	}
	if r := w.run("shell", name, "--", "no-such-command"); r.code != 127 {
		t.Errorf("unknown command: %v", r)
	}
	w.ok("stop", name)
}

// Several sessions on one project have names of their own, and names that fit
// more than one are refused.
func TestNamesOfSessions(t *testing.T) {
	w := newWorld(t)
	p := w.project("twice")
	first := strings.TrimSpace(w.ok("--detach", p).stdout)
	second := strings.TrimSpace(w.ok("--detach", p).stdout)
	if first == second {
		t.Fatalf("both are called %s", first)
	}
	for _, name := range []string{"twice", p} {
		if r := w.run("stop", name); r.code != 125 || !strings.Contains(r.stderr, "fits several") {
			t.Errorf("stop %s: %v", name, r)
		}
	}
	if r := w.run("stop", "nobody"); r.code != 125 || !strings.Contains(r.stderr, `no session is called "nobody"`) {
		t.Errorf("%v", r)
	}
	if r := w.run("stop"); r.code != 2 {
		t.Errorf("stop of nothing: %v", r)
	}
	out := w.ok("stop", first, second[:len(second)-1]).stdout
	if strings.TrimSpace(out) != first+"\n"+second {
		t.Errorf("stopped: %q", out)
	}
	var sessions []any
	if err := json.Unmarshal([]byte(w.ok("ls", "--json").stdout), &sessions); err != nil || len(sessions) > 0 {
		t.Errorf("left: %v, %v", sessions, err)
	}
}

func TestReset(t *testing.T) {
	w := newWorld(t)
	p := w.project("p")
	w.ok(p, "--", "-p", "hi")
	volumes := func() string {
		return w.lab.Docker("volume", "ls", "-q", "--filter", "label=dev.dclaude.project="+p)
	}
	if volumes() == "" {
		t.Fatal("there is no state volume")
	}
	if r := w.run("reset", p); r.code != 125 || !strings.Contains(r.stderr, "--yes") || volumes() == "" {
		t.Errorf("nobody was asked: %v", r)
	}
	name := strings.TrimSpace(w.ok("--detach", p).stdout)
	if r := w.run("reset", "--yes", p); r.code != 125 || !strings.Contains(r.stderr, name) {
		t.Errorf("with a session running: %v", r)
	}
	w.ok("stop", name)
	w.ok("reset", "--yes", p)
	if v := volumes(); v != "" {
		t.Errorf("still there: %s", v)
	}
	if _, err := os.Stat(p); err != nil {
		t.Errorf("the project: %v", err)
	}
}
