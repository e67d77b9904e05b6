package nested

import (
	"crypto/md5"
	"fmt"
	"strings"
	"testing"

	"dclaude/test/lab"
)

// shellOn goes through what a shell's terminal has to do.
func shellOn(t *testing.T, p *lab.Pty) {
	t.Helper()
	p.Await("$")
	p.Send("stty size; echo size-$?\r")
	p.Await("size-0")
	contains(t, "window", p.Screen(), "40 100")
	inFront(p, "one", "while :; do :; done")
	p.Send(lab.KeyCtrlC)
	p.Send("echo code-$?\r")
	p.Await("code-130")
	inFront(p, "two", "while :; do :; done")
	p.Send("\x1a")
	p.Await("Stopped")
	p.Send("jobs; bg; kill %1; wait; echo job-d\"\"one\r")
	p.Await("job-done")
	p.Resize(132, 50)
	// A shell that is told of a new size while it takes a line shows that again,
	// and what follows may be behind it.
	p.Send("until [ \"$(stty size)\" = '50 132' ]; do :; done; echo resi\"\"zed\r")
	p.Await("resized")
	p.Send("\x1b[200~echo pas\x1b[201~\"\"ted-once\r")
	p.Await("pasted-once")
	inFront(p, "three", "read line")
	p.Send(lab.KeyCtrlD)
	p.Send("echo end-of-$((1+1))\r")
	p.Await("end-of-2")
}

// inFront starts a program and waits until the terminal is its own: what is
// typed before belongs to the shell. What it does then has to be the shell's own
// doing: of 180 Ctrl-Z that came within an execve, this gVisor lost 20.
func inFront(p *lab.Pty, mark, does string) {
	p.Send("sh -c 'echo in-fro\"\"nt-" + mark + "; " + does + "'\r")
	p.Await("in-front-" + mark)
}

// paste sends a mebibyte to a program that counts it.
func paste(t *testing.T, p *lab.Pty) {
	t.Helper()
	text := strings.Repeat("0123456789abcdef", 1<<16)
	p.Send("stty raw -echo; echo rea''dy; head -c 1048576 | md5sum; stty sane; echo aft''er\r")
	p.Await("ready")
	p.Send(text)
	p.Await(fmt.Sprintf("%x", md5.Sum([]byte(text))))
	p.Await("after")
}

func TestTerminal(t *testing.T) {
	s := create(t, options{tty: true}, "bash", "--norc")
	p := s.attach()
	shellOn(t, p)
	paste(t, p)
	p.Send("exit 42\r")
	if code := p.Exit(); code != 42 {
		t.Errorf("exit code %d", code)
	}
}

// A further command gets a terminal of its own, also beside a session without.
func TestTerminalOfExec(t *testing.T) {
	s := create(t, options{}, "sleep", "1000").start()
	p := lab.StartPty(t, lab.PtyOptions{
		Args: append(s.env.Lab.DockerCommand(s.env.Host), "exec", "--interactive", "--tty", "--user", "0:0", s.name,
			"/usr/local/bin/dclaude-guest", "exec", "bash", "--norc"),
		Cols: 100, Rows: 40, Limit: patience,
	})
	p.Await("$")
	p.Send("until [ \"$(stty size)\" = '40 100' ]; do :; done\r") // docker tells the size after the start
	shellOn(t, p)
	paste(t, p)
	p.Send("sleep 500 & exit 43\r") // leaves a program behind that keeps the terminal
	if code := p.Exit(); code != 43 {
		t.Errorf("exit code %d", code)
	}
}

// What a shell does before each prompt can undo a change of the size: it reads
// it, the change comes, and it writes back what it has read.
func TestSizeSurvivesAShellThatWritesItBack(t *testing.T) {
	s := create(t, options{tty: true}, "bash", "-c", `size() { [ "$(stty size)" = "$1" ]; }
		until size "40 100"; do sleep 0.1; done; echo ready
		until size "50 132"; do sleep 0.1; done; stty rows 40 cols 100; echo written-back
		until size "50 132"; do sleep 0.1; done; echo settled; exec sleep 1000`)
	p := s.attach()
	p.Await("ready")
	p.Resize(132, 50)
	p.Await("written-back")
	p.Await("settled")
}

// Closing the window leaves the session alone; attached again, it goes on.
func TestWindowClosed(t *testing.T) {
	s := create(t, options{tty: true}, "bash", "--norc")
	p := s.attach()
	p.Await("$")
	p.Send("kept=$((40+2)); echo set-$?\r")
	p.Await("set-0")
	p.Hangup()
	p = lab.StartPty(t, lab.PtyOptions{Args: append(s.env.Lab.DockerCommand(s.env.Host), "attach", s.name), Cols: 90, Rows: 30, Limit: patience})
	p.Send("echo kept-$kept\r")
	p.Await("kept-42")
	p.Send("exit 7\r")
	if code := p.Exit(); code != 7 {
		t.Errorf("exit code %d", code)
	}
}
