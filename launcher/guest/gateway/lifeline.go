package gateway

import (
	"context"
	"errors"
	"io"
	"net"
	"syscall"
	"time"
)

// probing finds out within half a minute that the other end of a lifeline has
// vanished: a gVisor that is killed says no goodbye.
var probing = net.KeepAliveConfig{Enable: true, Idle: 10 * time.Second, Interval: 5 * time.Second, Count: 4}

// ServeLifeline returns nil when the session is over. The session's init holds
// a connection for as long as it lives; nothing is sent on it. Without one, the
// gateway waits: long at the start and when the other end has vanished (it may
// be a session that is paused), briefly when it was closed.
func (s *Server) ServeLifeline(ctx context.Context, l net.Listener) error {
	l = s.limited(l)
	defer l.Close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(ctx, func() { l.Close() })()

	came, went := make(chan struct{}), make(chan bool)
	broken := make(chan error, 1)
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				broken <- err
				return
			}
			go hold(ctx, conn, came, went)
		}
	}()
	held := 0
	patience := time.NewTimer(s.limits.Lifeline)
	defer patience.Stop()
	for {
		select {
		case <-came:
			held++
			patience.Stop()
		case vanished := <-went:
			held--
			if held == 0 {
				wait := s.limits.Goodbye
				if vanished {
					wait = s.limits.Lifeline
				}
				patience.Reset(wait)
			}
		case <-patience.C:
			if held == 0 {
				return nil
			}
		case err := <-broken:
			if ctx.Err() != nil {
				return nil
			}
			return err
		case <-ctx.Done():
			return nil
		}
	}
}

// hold keeps a lifeline until its other end goes, and says how it went.
func hold(ctx context.Context, conn net.Conn, came chan<- struct{}, went chan<- bool) {
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if c, ok := conn.(*countedConn); ok {
		if t, ok := c.Conn.(*net.TCPConn); ok {
			_ = t.SetKeepAliveConfig(probing)
		}
	}
	select {
	case came <- struct{}{}:
	case <-ctx.Done():
		return
	}
	_, err := io.Copy(io.Discard, conn)
	select {
	case went <- errors.Is(err, syscall.ETIMEDOUT) || errors.Is(err, syscall.EHOSTUNREACH):
	case <-ctx.Done():
	}
}
