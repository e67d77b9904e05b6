package engine

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net"
	"strings"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"
)

// noDetachKeys turns off the engine's own detach keys, Ctrl-P Ctrl-Q by
// default, which would swallow the user's Ctrl-P. The engine has no "none", so
// this is a sequence of bytes that UTF-8 input never contains.
const noDetachKeys = "\xff,\xfe,\xff,\xfe"

// AttachOptions says how to attach to a container.
type AttachOptions struct {
	// TTY must equal the container's: it decides the form of the output.
	TTY bool
}

// Stream is a connection to the input and output of a process in a container.
// Reading, writing and closing may happen in different goroutines.
type Stream struct {
	conn client.HijackedResponse
	tty  bool
	op   string
	id   string
	e    *Engine
}

// Attach connects to a container's input and output. Attach before Start, or
// the first output is lost. With a terminal, closing the stream leaves the
// container running, and it can be attached to again. Errors: KindNotFound,
// KindNotRunning.
func (e *Engine) Attach(ctx context.Context, id string, opts AttachOptions) (*Stream, error) {
	attached, err := e.api.ContainerAttach(ctx, id, client.ContainerAttachOptions{
		Stream: true, Stdin: true, Stdout: true, Stderr: true, DetachKeys: noDetachKeys,
	})
	if err != nil {
		return nil, e.fail(opAttach, short(id), err)
	}
	return &Stream{conn: attached.HijackedResponse, tty: opts.TTY, op: opAttach, id: short(id), e: e}, nil
}

// NewStream makes a stream of a connection that is attached already, and so
// needs no engine: tests of other packages give theirs one. With tty the
// output comes as it is, else in the engine's frames.
func NewStream(conn net.Conn, tty bool) *Stream {
	return &Stream{
		conn: client.HijackedResponse{Conn: conn, Reader: bufio.NewReader(conn)},
		tty:  tty, op: opAttach, e: &Engine{product: DockerEngine},
	}
}

// Read reads raw output. Without a terminal that is the engine's mix of both
// outputs, for which CopyOutput is the reader. The end of the process and the
// end of the engine both read as io.EOF: Wait tells them apart.
func (s *Stream) Read(p []byte) (int, error) {
	n, err := s.conn.Reader.Read(p)
	return n, s.translate(err)
}

// Write sends input to the process.
func (s *Stream) Write(p []byte) (int, error) {
	n, err := s.conn.Conn.Write(p)
	return n, s.translate(err)
}

// Expect waits for the first output of a process on a terminal. If that is
// text, Expect takes it off the stream and returns true. Anything else, nothing
// at all included, stays to be read.
func (s *Stream) Expect(text string) (bool, error) {
	for n := 1; n <= len(text); n++ {
		have, err := s.conn.Reader.Peek(n)
		if !strings.HasPrefix(text, string(have)) || errors.Is(err, io.EOF) {
			return false, nil
		}
		if err != nil {
			return false, s.translate(err)
		}
	}
	_, err := s.conn.Reader.Discard(len(text))
	return true, err
}

// CloseWrite tells the process that its input has ended.
func (s *Stream) CloseWrite() error { return s.translate(s.conn.CloseWrite()) }

// Close detaches. A Read that is waiting returns net.ErrClosed.
func (s *Stream) Close() error { return s.conn.Conn.Close() }

// CopyOutput copies the process's output until it ends: what it wrote to its
// terminal to stdout or, without a terminal, each output to its own writer.
// An error of a writer is returned as it is.
func (s *Stream) CopyOutput(stdout, stderr io.Writer) error {
	if s.tty {
		_, err := io.Copy(stdout, onlyReader{s})
		return err
	}
	_, err := stdcopy.StdCopy(stdout, stderr, onlyReader{s})
	return err
}

// translate leaves the two ends of a stream that are not failures alone.
func (s *Stream) translate(err error) error {
	if err == nil || errors.Is(err, io.EOF) || errors.Is(err, net.ErrClosed) {
		return err
	}
	return s.e.fail(s.op, s.id, err)
}

// onlyReader keeps io.Copy from looking for other methods.
type onlyReader struct{ io.Reader }
