package gateway

import (
	"bufio"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"

	"dclaude/launcher/egress"
)

// tunnel carries bytes between the session and a server.
type tunnel struct {
	target         egress.Target
	client, server net.Conn
	limits         Limits

	sent, received atomic.Int64
	moved          atomic.Int64 // when, in nanoseconds since 1970
	once           sync.Once
}

// end closes both connections; relay returns soon after.
func (t *tunnel) end() {
	t.once.Do(func() {
		t.client.Close()
		t.server.Close()
	})
}

// relay copies in both directions until both have ended, one has failed, or
// nothing has moved for too long. client is the session's side with what was
// read of it before.
func (t *tunnel) relay(client *bufio.Reader) {
	t.moved.Store(time.Now().UnixNano())
	_ = t.server.SetDeadline(time.Time{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		t.pump(t.server, t.client, t.server, &t.received)
	}()
	t.pump(clientReader(client, t.client), t.server, t.client, &t.sent)
	<-done
}

// clientReader gives the buffer up as soon as it is empty.
func clientReader(buffered *bufio.Reader, conn net.Conn) io.Reader {
	if n := buffered.Buffered(); n > 0 {
		head, _ := buffered.Peek(n)
		return io.MultiReader(&sliceReader{head}, conn)
	}
	return conn
}

type sliceReader struct{ rest []byte }

func (s *sliceReader) Read(p []byte) (int, error) {
	if len(s.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, s.rest)
	s.rest = s.rest[n:]
	return n, nil
}

// buffers are shared by all tunnels: one is in use for the time of a copy.
var buffers = sync.Pool{New: func() any { return new([32 << 10]byte) }}

// pump copies one direction. Its end is passed on; a failure ends the tunnel.
func (t *tunnel) pump(src io.Reader, dst, conn net.Conn, count *atomic.Int64) {
	buf := buffers.Get().(*[32 << 10]byte)
	defer buffers.Put(buf)
	for {
		_ = conn.SetReadDeadline(time.Now().Add(t.limits.Idle))
		n, err := src.Read(buf[:])
		if n > 0 {
			t.moved.Store(time.Now().UnixNano())
			_ = dst.SetWriteDeadline(time.Now().Add(t.limits.Idle))
			written, writeErr := dst.Write(buf[:n])
			count.Add(int64(written))
			if writeErr != nil {
				t.end()
				return
			}
		}
		switch {
		case err == nil:
		case errors.Is(err, io.EOF):
			if closeWrite(dst) != nil {
				t.end()
			}
			return
		case errors.Is(err, os.ErrDeadlineExceeded) && !t.idle():
			// The other direction is busy.
		default:
			t.end()
			return
		}
	}
}

func (t *tunnel) idle() bool {
	return time.Since(time.Unix(0, t.moved.Load())) >= t.limits.Idle
}
