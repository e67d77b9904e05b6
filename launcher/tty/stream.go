package tty

import (
	"context"
	"errors"
	"io"
	"syscall"
	"time"
)

// chunkSize is how much is read at once, in bytes: as much as a Linux pipe or
// pty hands over at most, a few frames of a full-screen program.
const chunkSize = 32 << 10

// output passes the container's output on to the terminal. The modes of before
// take the same way: they were kept where others might write.
func (r *relay) output() {
	_, _ = r.filter.Write([]byte(r.Modes))
	buf := make([]byte, chunkSize)
	for {
		n, err := r.Conn.Read(buf)
		if _, werr := r.filter.Write(buf[:n]); werr != nil {
			r.end(outcome{end: HungUp}) // a terminal that takes no output is gone
			return
		}
		if err != nil {
			r.end(broken(err))
			return
		}
	}
}

// readChunks reads in until it fails. It is apart from input because that has
// a clock to watch while a read waits.
func readChunks(ctx context.Context, in io.Reader, chunks chan<- []byte, failed chan<- error) {
	// A chunk is read while the one before is being dealt with: two buffers.
	bufs := [2][]byte{make([]byte, chunkSize), make([]byte, chunkSize)}
	for i := 0; ; i++ {
		buf := bufs[i%2]
		n, err := in.Read(buf)
		if n > 0 {
			select {
			case chunks <- buf[:n]:
			case <-ctx.Done():
				return
			}
		}
		if err != nil {
			failed <- err
			return
		}
	}
}

// input passes on what the user types and looks for the detach chord. A
// container that takes no more input is no reason to stop: its last output is
// still to come, and the user may want to leave.
func (r *relay) input(ctx context.Context, chunks <-chan []byte, failed <-chan error) {
	var deaf bool
	pass := func(p []byte) {
		if len(p) > 0 && !deaf {
			_, err := r.Conn.Write(p)
			deaf = err != nil
		}
	}
	flush := time.NewTimer(time.Hour)
	defer flush.Stop()
	var waits time.Duration
	for {
		select {
		case <-ctx.Done():
			return
		case p := <-chunks:
			forward, detached := r.scanner.Scan(p)
			pass(forward)
			if detached {
				r.end(outcome{end: Detached})
				return
			}
			if d := r.scanner.Wait(); d != waits {
				waits = d
				flush.Stop()
				if d > 0 {
					flush.Reset(d)
				}
			}
		case <-flush.C:
			pass(r.scanner.Flush())
			waits = 0
		case <-failed: //nolint:errcheck // whatever ended it, the terminal is gone
			pass(r.scanner.Flush())
			r.end(outcome{end: HungUp}) // a terminal has no end but this
			return
		}
	}
}

// pipeInput copies input to the container and closes its input. That the
// container has closed it first is normal; that ours cannot be read is not.
func (r *relay) pipeInput() {
	if r.In != nil {
		buf := make([]byte, chunkSize)
		for {
			n, err := r.In.Read(buf)
			if _, werr := r.Conn.Write(buf[:n]); werr != nil || errors.Is(err, ErrCanceled) {
				return
			}
			if err != nil {
				if !errors.Is(err, io.EOF) {
					r.inputErr.Store(&Error{What: "reading standard input", Err: err})
				}
				break
			}
		}
	}
	_ = r.Conn.CloseWrite()
}

// pipeOutput copies the container's output to where it goes.
func (r *relay) pipeOutput() {
	if r.Demux != nil {
		switch err := r.Demux(r.Conn); {
		case err == nil:
			r.end(outcome{end: Ended})
		case errors.Is(err, syscall.EPIPE): // of the two, only what we write to gives it
			r.end(outcome{end: Broken, err: &Error{What: "writing the output", Err: err}})
		default:
			r.end(broken(err))
		}
		return
	}
	buf := make([]byte, chunkSize)
	for {
		n, err := r.Conn.Read(buf)
		if n > 0 {
			if _, werr := r.gate.Write(buf[:n]); werr != nil {
				r.end(outcome{end: Broken, err: &Error{What: "writing the output", Err: werr}})
				return
			}
		}
		if err != nil {
			r.end(broken(err))
			return
		}
	}
}
