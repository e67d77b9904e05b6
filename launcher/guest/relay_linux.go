package guest

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// How long the relay waits for the last output: of a session, whose terminal
// ends with it, so that only a slow reader makes it wait; and of a further
// command, whose terminal may stay open for a program in the background.
const (
	lastOutput     = 10 * time.Second
	lastOutputExec = 200 * time.Millisecond
)

// sizeLooks are the pauses before the session's size is looked at again after a
// change. A shell may undo one: before each prompt, readline (its set_winsize)
// reads the size and writes it back. A program that keeps to a size of its own
// is left with it in the end.
func sizeLooks() []time.Duration {
	return []time.Duration{
		100 * time.Millisecond, 150 * time.Millisecond, 250 * time.Millisecond, 500 * time.Millisecond, time.Second,
	}
}

// terminalRelay carries bytes and the window's size between the terminal that
// the engine gave this process and the one that the session sees. Every key
// goes through as it is: it is the inner terminal that knows what Ctrl-C means
// to the program in front.
type terminalRelay struct {
	in, out *os.File
	before  *unix.Termios // of in, nil if it could not be read

	mu       sync.Mutex
	master   *os.File // nil until the session's terminal is there
	finished bool
	drained  chan struct{}
}

// newRelay makes in raw. finish undoes it.
func newRelay(in, out *os.File) *terminalRelay {
	return &terminalRelay{in: in, out: out, before: makeRaw(in), drained: make(chan struct{})}
}

// makeRaw makes a terminal pass every byte on as it comes, and repeat none. It
// returns how it was before, nil if f is no terminal.
func makeRaw(f *os.File) (before *unix.Termios) {
	before, err := unix.IoctlGetTermios(int(f.Fd()), unix.TCGETS)
	if err != nil {
		return nil
	}
	raw := *before
	// As cfmakeraw(3).
	raw.Iflag &^= unix.IGNBRK | unix.BRKINT | unix.PARMRK | unix.ISTRIP | unix.INLCR | unix.IGNCR | unix.ICRNL | unix.IXON
	raw.Oflag &^= unix.OPOST
	raw.Lflag &^= unix.ECHO | unix.ECHONL | unix.ICANON | unix.ISIG | unix.IEXTEN
	raw.Cflag &^= unix.CSIZE | unix.PARENB
	raw.Cflag |= unix.CS8
	raw.Cc[unix.VMIN], raw.Cc[unix.VTIME] = 1, 0
	if unix.IoctlSetTermios(int(f.Fd()), unix.TCSETS, &raw) != nil {
		return nil
	}
	return before
}

// setTerminal undoes makeRaw, as far as the terminal is still there.
func setTerminal(f *os.File, before *unix.Termios) {
	_ = unix.IoctlSetTermios(int(f.Fd()), unix.TCSETS, before)
}

// attach takes the master of the session's terminal over: the size is set
// first, then bytes flow.
func (r *terminalRelay) attach(fd int) error {
	// Without blocking, so that the end of the session can interrupt a read.
	if err := unix.SetNonblock(fd, true); err != nil {
		unix.Close(fd)
		return err
	}
	master := os.NewFile(uintptr(fd), "session's terminal")
	r.mu.Lock()
	r.master = master
	r.mu.Unlock()
	r.resize()
	go func() {
		defer close(r.drained)
		_, _ = io.Copy(plainWriter{r.out}, master) // ends with EIO when its last program has left
	}()
	go func() {
		_, _ = io.Copy(master, plainReader{r.in}) // never ends: the engine keeps our terminal open
	}()
	return nil
}

// plainReader and plainWriter keep io.Copy from looking for a splice, which
// terminals do not have.
type (
	plainReader struct{ io.Reader }
	plainWriter struct{ io.Writer }
)

// resize gives the session's terminal the size of ours. It is for a nil relay
// too: a session without a terminal.
func (r *terminalRelay) resize() {
	if r == nil {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.setSize(sizeLooks())
}

// setSize sets the size where it differs, and does so again after each of the
// pauses. The lock must be held.
func (r *terminalRelay) setSize(pauses []time.Duration) {
	if r.master == nil || r.finished {
		return
	}
	size, err := unix.IoctlGetWinsize(int(r.in.Fd()), unix.TIOCGWINSZ)
	if err != nil || size.Col == 0 || size.Row == 0 {
		return // the engine has not been told yet
	}
	conn, err := r.master.SyscallConn()
	if err != nil {
		return
	}
	_ = conn.Control(func(fd uintptr) {
		if is, err := unix.IoctlGetWinsize(int(fd), unix.TIOCGWINSZ); err != nil || *is != *size {
			_ = unix.IoctlSetWinsize(int(fd), unix.TIOCSWINSZ, size)
		}
	})
	if len(pauses) > 0 {
		time.AfterFunc(pauses[0], func() {
			r.mu.Lock()
			defer r.mu.Unlock()
			r.setSize(pauses[1:])
		})
	}
}

// finish waits until what the session wrote is out, for as long as patience
// allows: a program in the background may hold the terminal for ever.
func (r *terminalRelay) finish(patience time.Duration) {
	r.mu.Lock()
	master := r.master
	r.finished = true
	r.mu.Unlock()
	if master != nil {
		if err := master.SetReadDeadline(time.Now().Add(patience)); err == nil || errors.Is(err, os.ErrClosed) {
			<-r.drained
		}
	}
	if r.before != nil {
		setTerminal(r.in, r.before)
	}
}
