package lab

import (
	"strings"
	"syscall"
	"testing"
)

func shell(t *testing.T, script string, o PtyOptions) *Pty {
	t.Helper()
	o.Args = []string{"/bin/sh", "-c", script}
	return StartPty(t, o)
}

func TestPtyShowsTheScreenNotTheBytes(t *testing.T) {
	p := shell(t, `printf 'hidden\rshown!\033[2;5Hrow two'; read line`, PtyOptions{Cols: 20, Rows: 4})
	got := p.Await("row two")
	if want := "shown!\n    row two"; got != want {
		t.Errorf("screen = %q, want %q", got, want)
	}
	if !strings.Contains(string(p.Raw()), "hidden") {
		t.Errorf("the raw log lost text that the screen no longer shows: %q", p.Raw())
	}
}

func TestPtyMatchesWrappedText(t *testing.T) {
	p := shell(t, `printf 'one two three four five'; read line`, PtyOptions{Cols: 14, Rows: 4})
	p.AwaitFunc("two rows", func(s string) bool { return strings.Contains(s, "\n") })
	p.Await("three four five")
}

func TestPtySendsKeysAndReturnsTheExitCode(t *testing.T) {
	p := shell(t, `read -r line; echo "got <$line>"; exit 7`, PtyOptions{})
	p.Send("some words" + KeyEnter)
	if code := p.Exit(); code != 7 {
		t.Errorf("exit code = %d, want 7", code)
	}
	p.Await("got <some words>") // the last screen stays readable
}

func TestPtyCtrlC(t *testing.T) {
	p := shell(t, `trap 'echo caught; exit 3' INT; echo ready; while :; do read x; done`, PtyOptions{})
	p.Await("ready")
	p.Send(KeyCtrlC)
	if code := p.Exit(); code != 3 {
		t.Errorf("exit code = %d, want 3", code)
	}
	p.Await("caught")
}

func TestPtyResize(t *testing.T) {
	p := shell(t, `trap 'stty size' WINCH; stty size; while :; do read x; done`, PtyOptions{Cols: 80, Rows: 24})
	p.Await("24 80")
	p.Resize(100, 30)
	p.Await("30 100")
}

func TestPtyHangupEndsTheProgram(t *testing.T) {
	p := shell(t, `echo ready; while :; do read x || exit 4; done`, PtyOptions{})
	p.Await("ready")
	p.Hangup()
	p.Hangup() // a second call changes nothing
	if code := p.Exit(); code != 128+int(syscall.SIGHUP) && code != 4 {
		t.Errorf("exit code = %d, want the one of SIGHUP or of a failed read", code)
	}
}

func TestPtySignal(t *testing.T) {
	p := shell(t, `echo ready; read x`, PtyOptions{})
	p.Await("ready")
	p.Signal(syscall.SIGTERM)
	if code := p.Exit(); code != 128+int(syscall.SIGTERM) {
		t.Errorf("exit code = %d, want that of SIGTERM", code)
	}
}

func TestPtyAnswersQuestions(t *testing.T) {
	// A program that asks where the cursor is gets an answer, as on a
	// terminal; without one Claude's interface would wait at its start.
	p := shell(t, `stty raw -echo; printf '\033[6n'; dd bs=1 count=6 2>/dev/null | od -c | head -1; stty sane`, PtyOptions{})
	p.Await("1 ; 1 R")
	p.Exit()
}

func TestPtyAwaitGone(t *testing.T) {
	p := shell(t, `printf 'working'; read x; printf '\033[2J\033[Hdone'; read x`, PtyOptions{})
	p.Await("working")
	p.Send(KeyEnter)
	p.AwaitGone("working")
	p.Await("done")
}

func TestPtyEnvironment(t *testing.T) {
	p := shell(t, `echo "$TERM/$ONLY/$HOME."`, PtyOptions{Env: []string{"ONLY=this"}})
	p.Exit()
	p.Await("xterm-256color/this/.")
}

func TestPtyKillsWhatIgnoresTheHangup(t *testing.T) {
	var pid int
	t.Run("inner", func(t *testing.T) {
		if testing.Short() {
			t.Skip("waits for the grace period of 5 s")
		}
		p := shell(t, `trap '' HUP; echo ready; while :; do sleep 60; done`, PtyOptions{})
		p.Await("ready")
		pid = p.PID()
	})
	if pid != 0 && syscall.Kill(pid, 0) == nil {
		t.Errorf("process %d outlived its test", pid)
	}
}
