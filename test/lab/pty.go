package lab

import (
	"errors"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/creack/pty"
)

// Keys that a terminal sends for those that are no letters.
const (
	KeyEnter    = "\r"
	KeyEscape   = "\x1b"
	KeyTab      = "\t"
	KeyShiftTab = "\x1b[Z"
	KeyCtrlC    = "\x03"
	KeyCtrlD    = "\x04"
	KeyUp       = "\x1b[A"
	KeyDown     = "\x1b[B"
)

// PtyOptions say what a Pty runs, and on how large a screen.
type PtyOptions struct {
	// Args are the program and its arguments.
	Args []string
	// Env is the whole environment; nil is that of the test. TERM is set when
	// it is not in there.
	Env []string
	// Dir is the working folder; empty is that of the test.
	Dir string
	// Cols and Rows are the size of the screen; 0 stands for 120 x 40.
	Cols, Rows uint16
	// Limit is how long Await and Exit wait; 0 stands for 30 s.
	Limit time.Duration
	// Tee gets the program's output too, as it comes. It may be nil.
	Tee io.Writer
}

// T is what a Pty needs of a test.
type T interface {
	Helper()
	Fatalf(format string, args ...any)
	Cleanup(func())
}

// Pty drives a program on a terminal of its own and shows what a person would
// see there. Its methods fail the test, with the screen in the message, when
// what they wait for does not come. They may be called from one goroutine.
type Pty struct {
	t       T
	cmd     *exec.Cmd
	master  *os.File
	screen  *screen
	limit   time.Duration
	tee     io.Writer
	ended   chan struct{} // closed when the program has ended
	drained chan struct{} // closed when its last output is on the screen
	hangup  sync.Once
}

// StartPty starts the program. At the end of the test its terminal is hung up,
// and what is left of its process group is killed.
func StartPty(t T, o PtyOptions) *Pty {
	t.Helper()
	p, err := startPty(t, o)
	if err != nil {
		t.Fatalf("start %q on a terminal: %v", o.Args, err)
	}
	t.Cleanup(p.close)
	return p
}

func startPty(t T, o PtyOptions) (*Pty, error) {
	if len(o.Args) == 0 {
		return nil, errors.New("no program named")
	}
	if o.Cols == 0 {
		o.Cols = 120
	}
	if o.Rows == 0 {
		o.Rows = 40
	}
	if o.Limit == 0 {
		o.Limit = 30 * time.Second
	}
	cmd := exec.Command(o.Args[0], o.Args[1:]...)
	cmd.Dir = o.Dir
	cmd.Env = terminalEnv(o.Env)
	master, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: o.Cols, Rows: o.Rows})
	if err != nil {
		return nil, err
	}
	if master, err = pollable(master); err != nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		return nil, err
	}
	p := &Pty{
		t: t, cmd: cmd, master: master, limit: o.Limit, tee: o.Tee,
		screen: newScreen(int(o.Cols), int(o.Rows), master),
		ended:  make(chan struct{}), drained: make(chan struct{}),
	}
	go p.read()
	go func() {
		_ = cmd.Wait() // its result is in cmd.ProcessState
		close(p.ended)
	}()
	return p, nil
}

// terminalEnv is the environment with a TERM that the screen understands.
func terminalEnv(env []string) []string {
	if env == nil {
		env = without(os.Environ(), "TERM", "COLUMNS", "LINES", "TMUX", "STY")
	}
	for _, v := range env {
		if strings.HasPrefix(v, "TERM=") {
			return env
		}
	}
	return append(append([]string(nil), env...), "TERM=xterm-256color")
}

// read shows the program's output until the terminal has ended.
func (p *Pty) read() {
	defer close(p.drained)
	defer p.screen.close()
	buf := make([]byte, 32<<10)
	for {
		n, err := p.master.Read(buf)
		if n > 0 {
			p.screen.write(buf[:n])
			if p.tee != nil {
				_, _ = p.tee.Write(buf[:n]) // who watches is not waited for
			}
		}
		if err != nil {
			return // EIO: the last program has left the terminal
		}
	}
}

// Send types the text.
func (p *Pty) Send(keys string) {
	p.t.Helper()
	if _, err := p.master.WriteString(keys); err != nil {
		p.t.Fatalf("type %q: %v%s", keys, err, p.dump())
	}
}

// Screen returns the text on the screen, without the blanks at the end of
// lines.
func (p *Pty) Screen() string { return p.screen.text() }

// Raw returns every byte that the program has written so far.
func (p *Pty) Raw() []byte { return p.screen.bytes() }

// Await waits until the text is on the screen and returns the screen. A run of
// blanks and line ends counts as one blank, so that it does not matter where
// a line was wrapped.
func (p *Pty) Await(text string) string {
	p.t.Helper()
	return p.AwaitFunc("the text "+text, func(screen string) bool { return showsText(screen, text) })
}

// AwaitGone waits until the text is not on the screen.
func (p *Pty) AwaitGone(text string) string {
	p.t.Helper()
	return p.AwaitFunc("no text "+text, func(screen string) bool { return !showsText(screen, text) })
}

// AwaitFunc waits until ok accepts the screen, and returns that screen. It
// fails at once when the program has ended and its last screen is not
// accepted.
func (p *Pty) AwaitFunc(what string, ok func(screen string) bool) string {
	p.t.Helper()
	limit := time.NewTimer(p.limit)
	defer limit.Stop()
	for {
		text, changed := p.screen.watch()
		if ok(text) {
			return text
		}
		select {
		case <-changed:
		case <-p.drained:
			if text := p.Screen(); ok(text) {
				return text
			}
			p.t.Fatalf("the program ended while the test waited for %s%s", what, p.dump())
		case <-limit.C:
			p.t.Fatalf("waited %s for %s%s", p.limit, what, p.dump())
		}
	}
}

// Resize gives the terminal another size, as a user who drags its window does.
func (p *Pty) Resize(cols, rows uint16) {
	p.t.Helper()
	p.screen.resize(int(cols), int(rows))
	if err := setSize(p.master, cols, rows); err != nil {
		p.t.Fatalf("resize the terminal: %v", err)
	}
}

// Signal sends a signal to the program alone.
func (p *Pty) Signal(s os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		p.t.Fatalf("signal %v: %v%s", s, err, p.dump())
	}
}

// PID is the program's process id.
func (p *Pty) PID() int { return p.cmd.Process.Pid }

// Hangup closes the terminal, as closing its window does: the program gets
// SIGHUP, and reads and writes of the terminal fail from then on.
func (p *Pty) Hangup() { p.hangup.Do(func() { _ = p.master.Close() }) }

// Exit waits for the end of the program and returns its exit code, 128 plus
// the number for one that a signal ended. The last screen can be read after
// it.
func (p *Pty) Exit() int {
	p.t.Helper()
	limit := time.NewTimer(p.limit)
	defer limit.Stop()
	for _, done := range []chan struct{}{p.ended, p.drained} {
		select {
		case <-done:
		case <-limit.C:
			p.t.Fatalf("waited %s for the end of the program%s", p.limit, p.dump())
		}
	}
	return exitCode(p.cmd.ProcessState)
}

func exitCode(state *os.ProcessState) int {
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return 128 + int(status.Signal())
	}
	return state.ExitCode()
}

// close ends what a test has left running.
func (p *Pty) close() {
	p.Hangup()
	grace := time.NewTimer(5 * time.Second)
	defer grace.Stop()
	select {
	case <-p.ended:
	case <-grace.C:
		// The program leads a session and so a process group of its own.
		_ = syscall.Kill(-p.cmd.Process.Pid, syscall.SIGKILL)
		<-p.ended
	}
	<-p.drained
}

// dump renders the screen for a failure.
func (p *Pty) dump() string { return "; the screen:\n" + frame(p.Screen()) }
