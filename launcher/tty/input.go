package tty

import (
	"errors"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// ErrCanceled is what a read returns that was given up.
var ErrCanceled = errors.New("read canceled")

// Input reads a terminal or pipe in such a way that a waiting Read can be given
// up, so that it neither keeps the process from ending nor takes what is typed
// for the shell that comes after.
//
// A read deadline on os.File would need the descriptor in non-blocking mode.
// That mode belongs to the open file, which the user's shell and standard output
// share: they would get EAGAIN. Opening /dev/tty anew avoids this, but kqueue
// does not take that device on macOS, and poll there does not take terminals.
// select(2) works on every descriptor of both systems, without touching it; so
// each Read waits with select, and reads when there is something.
type Input struct {
	file         *os.File
	fd           int
	wait         sync.Mutex // held by Read
	wake, waking *os.File   // a pipe; Cancel closes its end for writing
	cancel       sync.Once
	closed       bool
}

// NewInput returns an Input that reads f. It does not close f.
func NewInput(f *os.File) (*Input, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, &Error{What: "reading the terminal", Err: err}
	}
	return &Input{file: f, fd: int(f.Fd()), wake: r, waking: w}, nil
}

// Read waits for input and returns it. It returns io.EOF at the end, also when
// the terminal has been hung up, and ErrCanceled after Cancel.
func (in *Input) Read(p []byte) (int, error) {
	in.wait.Lock()
	defer in.wait.Unlock()
	for {
		if in.closed {
			return 0, ErrCanceled
		}
		ready, err := readable(-1, int(in.wake.Fd()), in.fd)
		switch {
		case err != nil:
			return 0, err
		case ready == 0:
			return 0, ErrCanceled
		}
		n, err := unix.Read(in.fd, p)
		switch {
		case errors.Is(err, unix.EINTR) || errors.Is(err, unix.EAGAIN):
		case errors.Is(err, unix.EIO) || err == nil && n == 0 && len(p) > 0: // EIO: hung up
			return 0, io.EOF
		case err != nil:
			return 0, os.NewSyscallError("read", err)
		default:
			return n, nil
		}
	}
}

// Cancel makes a waiting Read and all that follow return ErrCanceled. It does
// not wait for them.
func (in *Input) Cancel() { in.cancel.Do(func() { in.waking.Close() }) }

// Close cancels and frees what Input has opened, which is not its file.
func (in *Input) Close() error {
	in.Cancel()
	in.wait.Lock()
	defer in.wait.Unlock()
	in.closed = true
	return in.wake.Close()
}

// readable waits until one of the descriptors can be read or is at its end, and
// returns the index of the first of them; -1 after timeout. A negative timeout
// waits for ever.
func readable(timeout time.Duration, fds ...int) (int, error) {
	deadline := time.Now().Add(timeout)
	for {
		var set unix.FdSet
		highest := 0
		for _, fd := range fds {
			if fd < 0 || fd >= unix.FD_SETSIZE {
				return -1, os.NewSyscallError("select", unix.EBADF)
			}
			set.Set(fd)
			highest = max(highest, fd)
		}
		var limit *unix.Timeval
		if timeout >= 0 {
			tv := unix.NsecToTimeval(max(time.Until(deadline), 0).Nanoseconds())
			limit = &tv
		}
		n, err := unix.Select(highest+1, &set, nil, nil, limit)
		switch {
		case err == unix.EINTR:
			continue
		case err != nil:
			return -1, os.NewSyscallError("select", err)
		case n == 0:
			return -1, nil
		}
		for i, fd := range fds {
			if set.IsSet(fd) {
				return i, nil
			}
		}
	}
}
