package tty

import (
	"errors"
	"io"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// patience is how long Restore waits for the terminal's answer. A terminal on
// the same machine takes a few milliseconds, one over a slow line 100 or more.
const patience = 200 * time.Millisecond

// Terminal is the user's terminal. It is not in raw mode until MakeRaw, and
// whoever calls that defers Restore, so that a panic or a signal leaves the
// terminal usable too.
type Terminal struct {
	in, out         *os.File
	resized, hungUp chan os.Signal
	patience        time.Duration

	mu    sync.Mutex
	saved *term.State // nil when not raw
	owed  int
}

// NewTerminal returns the terminal that in and out, usually standard input and
// output, are connected to, if they are: see [Terminal.IsTerminal].
func NewTerminal(in, out *os.File) *Terminal {
	return &Terminal{
		in: in, out: out, patience: patience,
		resized: make(chan os.Signal, 1), hungUp: make(chan os.Signal, 1),
	}
}

// IsTerminal reports whether both input and output are a terminal.
func (t *Terminal) IsTerminal() bool { return isTerminal(t.in) && isTerminal(t.out) }

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// Input returns a reader of what the user types.
func (t *Terminal) Input() (*Input, error) { return NewInput(t.in) }

// Output returns the writer for raw, unfiltered output.
func (t *Terminal) Output() io.Writer { return t.out }

// Size returns the size of the terminal in cells.
func (t *Terminal) Size() (cols, rows uint, err error) {
	w, h, err := term.GetSize(int(t.out.Fd()))
	if err != nil {
		w, h, err = term.GetSize(int(t.in.Fd()))
	}
	if err != nil {
		return 0, 0, &Error{What: "size of the terminal", Err: err}
	}
	return uint(max(w, 0)), uint(max(h, 0)), nil
}

// Resized receives when the size has changed, while the terminal is raw.
func (t *Terminal) Resized() <-chan os.Signal { return t.resized }

// HungUp receives when the terminal has been closed, while the terminal is raw.
func (t *Terminal) HungUp() <-chan os.Signal { return t.hungUp }

// MakeRaw switches to raw mode: every key arrives at once, and none acts on this
// process. On a raw terminal it does nothing.
func (t *Terminal) MakeRaw() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.saved != nil {
		return nil
	}
	saved, err := term.MakeRaw(int(t.in.Fd()))
	if err != nil {
		return &Error{
			What: "raw mode of the terminal", Err: err,
			hint: "run dclaude in a terminal, or pass -- -p \"...\" to Claude for one answer without one",
		}
	}
	t.saved = saved
	signal.Notify(t.resized, syscall.SIGWINCH)
	signal.Notify(t.hungUp, syscall.SIGHUP)
	_ = t.write(enterSequence)
	return nil
}

// Owe says how many answers to CSI 5 n the terminal still owes to somebody else.
// Restore takes them for what they are.
func (t *Terminal) Owe(answers int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.owed = answers
}

// Restore resets the terminal's modes, discards what it still has to answer to
// queries of the session, so that none of it is typed into the user's shell, and
// leaves raw mode. Whatever is typed after the last answer is left to be read.
// It gives up after 200 ms without any. On a terminal that is not raw it
// does nothing, so it can be called more than once.
func (t *Terminal) Restore() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.saved == nil {
		return nil
	}
	if t.write(resetSequence+statusRequest) == nil {
		t.drain(t.owed + 1)
	}
	err := term.Restore(int(t.in.Fd()), t.saved)
	t.saved, t.owed = nil, 0
	signal.Stop(t.resized)
	signal.Stop(t.hungUp)
	if err != nil && !errors.Is(err, unix.EIO) { // EIO: nothing left to restore
		return &Error{What: "leaving raw mode", Err: err, hint: "type: reset"}
	}
	return nil
}

// write writes s, but does not wait for a terminal that takes nothing: stopped,
// or at the other end of a dead line.
func (t *Terminal) write(s string) error {
	done := make(chan error, 1)
	go func() {
		_, err := io.WriteString(t.out, s)
		done <- err
	}()
	select {
	case err := <-done:
		return err
	case <-time.After(5 * t.patience):
		return os.ErrDeadlineExceeded
	}
}

// drain discards input up to and with so many answers to status requests. A
// session that has asked for one itself, and for more after it, would otherwise
// end the wait early: hence the count. Input is read byte by byte, for what
// comes after the last answer is the user's. Whoever floods the terminal with
// queries gets ten times the patience, not more.
func (t *Terminal) drain(answers int) {
	in := int(t.in.Fd())
	end := time.Now().Add(10 * t.patience)
	var one [1]byte
	last := make([]byte, len(statusReply))
	for answers > 0 && time.Now().Before(end) {
		if ready, err := readable(t.patience, in); err != nil || ready < 0 {
			return
		}
		n, err := unix.Read(in, one[:])
		if err == unix.EINTR || err == unix.EAGAIN {
			continue
		}
		if n == 0 || err != nil {
			return
		}
		last = append(last[1:], one[0])
		if string(last) == statusReply {
			answers--
		}
	}
}

// Output returns the writer for the output of a session without a terminal of
// its own: f itself if that is a file or a pipe, to which every byte goes as it
// is; a passive [Filter] if f is a terminal. Close does not close f.
func Output(f *os.File) io.WriteCloser {
	if isTerminal(f) {
		return NewFilter(f, FilterOptions{Passive: true})
	}
	return exact{f}
}

// exact passes everything on unchanged.
type exact struct{ io.Writer }

func (exact) Close() error { return nil }
