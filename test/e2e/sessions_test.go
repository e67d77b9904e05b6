package e2e

import (
	"encoding/json"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// listed is a session as ls --json shows it.
type listed struct {
	Name, Project, State, ID string
	Attached                 bool
	Usage                    *struct {
		CPUPercent  float64
		MemoryBytes uint64
	}
}

func (w *world) sessions() []listed {
	w.t.Helper()
	var all []listed
	if err := json.Unmarshal([]byte(w.ok("ls", "--json").stdout), &all); err != nil {
		w.t.Fatal(err)
	}
	return all
}

// await runs a check until it holds.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); !ok(); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("in vain: %s", what)
		}
	}
}

func TestListShowsUseAndAttachment(t *testing.T) {
	w := newWorld(t)
	p := w.project("p")
	term := w.terminal(p)
	prompt(t, term.AwaitFunc)
	all := w.sessions()
	if len(all) != 1 || !all[0].Attached || all[0].Usage == nil || all[0].Usage.MemoryBytes < 10<<20 {
		t.Fatalf("attached: %+v", all)
	}
	if table := w.ok("ls").stdout; !strings.Contains(table, "attached") || !strings.Contains(table, "MiB") {
		t.Errorf("table: %s", table)
	}
	term.Signal(syscall.SIGKILL)
	term.Exit()
	if all = w.sessions(); len(all) != 1 || all[0].Attached {
		t.Errorf("after the window was killed: %+v", all)
	}
	w.ok("stop", "--all")
}

// A second launch on a folder asks whether to go back; --new, and a launch that
// nobody could answer for, do not.
func TestSecondLaunchOffersToAttach(t *testing.T) {
	w := newWorld(t)
	p := w.project("p")
	term := w.terminal(p)
	prompt(t, term.AwaitFunc)
	term.Send("remember the milk")
	term.Await("remember the milk")
	term.Send("\x1d\x1d")
	term.Exit()

	term = w.terminal(p)
	term.Await("which one?")
	term.Send("7\r")
	term.Await("none of them")
	term.Send("1\r")
	term.Await("remember the milk")
	term.Send("\x1d\x1d")
	term.Exit()
	if n := len(w.sessions()); n != 1 {
		t.Fatalf("%d sessions after going back", n)
	}

	term = w.terminal(p)
	term.Await("which one?")
	term.Send("\x03")
	if code := term.Exit(); code != 130 {
		t.Errorf("Ctrl-C at the question: exit code %d", code)
	}
	term = w.terminal(p)
	term.Await("which one?")
	term.Send("n\r")
	prompt(t, term.AwaitFunc)
	term.Send("\x1d\x1d")
	term.Exit()
	if n := len(w.sessions()); n != 2 {
		t.Fatalf("%d sessions after starting another", n)
	}
	if r := w.ok(p, "--", "-p", "hi"); r.stdout != "You said: hi\n" {
		t.Errorf("without a terminal: %v", r)
	}
	term = w.terminal("attach")
	term.Await("which one?")
	term.Send("1\r")
	term.Await("remember the milk")
	term.Send("\x1d\x1d")
	term.Exit()
	w.ok("stop", "--all")
}

func TestStopIdle(t *testing.T) {
	w := newWorld(t)
	name := strings.TrimSpace(w.ok("--detach", w.project("p")).stdout)
	if out := w.ok("stop", "--idle", "1h").stdout; out != "" {
		t.Errorf("stopped too early: %s", out)
	}
	await(t, "the session is idle", func() bool {
		return strings.TrimSpace(w.ok("stop", "--idle", "1s").stdout) == name
	})
	for _, args := range [][]string{{"stop", "--idle", "1h", "--all"}, {"stop", "--idle", "soon"}, {"stop", "--idle", "-1h"}, {"stop", "--all", name}} {
		if r := w.run(args...); r.code != 2 {
			t.Errorf("%q: %v", args, r)
		}
	}
}

// A session whose first process no longer reacts is killed, and a frozen one
// is, too. A registered gVisor has no process of the session's on this kernel:
// what could be stopped here is gVisor itself, which no session can do.
func TestStopOfAHungSession(t *testing.T) {
	w := newWorld(t)
	p := w.project("p")
	for _, isolation := range []string{"runc", "nested"} {
		t.Run("hung/"+isolation, func(t *testing.T) {
			name := strings.TrimSpace(w.ok("--isolation", isolation, "--detach", p).stdout)
			pid, err := strconv.Atoi(w.lab.Docker("inspect", "--format", "{{.State.Pid}}", "dclaude-"+name))
			if err != nil || pid <= 1 {
				t.Fatalf("pid %d, %v", pid, err)
			}
			if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
				t.Fatal(err)
			}
			if out := w.ok("stop", name).stdout; strings.TrimSpace(out) != name {
				t.Errorf("stopped: %q", out)
			}
		})
	}
	for _, isolation := range isolations {
		t.Run("frozen/"+isolation, func(t *testing.T) {
			name := strings.TrimSpace(w.ok("--isolation", isolation, "--detach", p).stdout)
			w.lab.Docker("pause", "dclaude-"+name)
			if all := w.sessions(); len(all) != 1 || all[0].State != "paused" {
				t.Errorf("paused: %+v", all)
			}
			w.ok("stop", name)
		})
	}
}

// What a killed launch, a probe or a restart of the engine left goes with the
// next start, and a session that vanished is told of once.
func TestLeftOversGo(t *testing.T) {
	w := newWorld(t)
	p := w.project("p")
	name := strings.TrimSpace(w.ok("--detach", p).stdout)
	w.lab.Docker("rm", "-fv", "dclaude-"+name)
	for _, role := range []string{"sandbox", "probe"} {
		w.lab.TryDocker("run", "--name", w.lab.Name(role), "--label", "dev.dclaude.role="+role, "--entrypoint", "true", "claude-sandbox")
	}
	if n := len(w.sessions()); n != 0 {
		t.Errorf("an ended container counts as a session")
	}
	r := w.run(p, "--", "-p", "hi")
	if r.stdout != "You said: hi\n" || !strings.Contains(r.stderr, "removed 2 left-overs of earlier sessions") {
		t.Errorf("%v", r)
	}
	other := strings.TrimSpace(w.ok("--detach", p).stdout)
	w.lab.Docker("rm", "-fv", "dclaude-"+other)
	if r := w.ok("ls"); !strings.Contains(r.stderr, "session "+other+" on "+p+" has ended while no window showed it") {
		t.Errorf("%v", r)
	}
	if r := w.ok("ls"); strings.Contains(r.stderr, other) {
		t.Errorf("told twice: %v", r)
	}
}

func TestAttachToASessionThatIsEnding(t *testing.T) {
	w := newWorld(t)
	name := strings.TrimSpace(w.ok("--detach", w.project("p")).stdout)
	done := make(chan struct{})
	go func() {
		defer close(done)
		w.lab.TryDocker("stop", "dclaude-"+name)
	}()
	// Whichever comes first, it ends, says something, and hangs on nothing.
	term := w.terminal("attach", name)
	term.Exit()
	<-done
	if n := len(w.sessions()); n != 0 {
		t.Errorf("%d sessions left", n)
	}
	if r := w.run("attach", name); r.code != 125 {
		t.Errorf("no terminal: %v", r)
	}
	term = w.terminal("attach", name)
	term.Await("no session is called")
	if code := term.Exit(); code != 125 {
		t.Errorf("exit code %d", code)
	}
}
