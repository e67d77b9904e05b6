package gateway

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"time"

	"dclaude/launcher/egress"
)

// controlTime bounds one request for a change.
const controlTime = 10 * time.Second

// maxChange bounds a request, in bytes.
const maxChange = 1 << 20

// ServeControl takes changes on a socket that only this container has: the
// launcher reaches it by an exec of the engine's, the session not at all.
func (s *Server) ServeControl(ctx context.Context, l net.Listener) error {
	defer context.AfterFunc(ctx, func() { l.Close() })()
	for {
		conn, err := l.Accept()
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			return err
		}
		go func() {
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(controlTime))
			var c egress.Change
			if err := json.NewDecoder(io.LimitReader(conn, maxChange)).Decode(&c); err != nil {
				return
			}
			_ = json.NewEncoder(conn).Encode(s.Change(c))
		}()
	}
}

// control is the other end: it passes one change from in to the gateway of
// this container, and the answer to out.
func control(l layout, in io.Reader, out io.Writer) error {
	conn, err := net.DialTimeout("unix", l.socket, controlTime)
	if err != nil {
		return fmt.Errorf("the gateway does not answer: %w", err)
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(controlTime))
	var c egress.Change
	if err := json.NewDecoder(io.LimitReader(in, maxChange)).Decode(&c); err != nil {
		return fmt.Errorf("the change cannot be read: %w", err)
	}
	if err := json.NewEncoder(conn).Encode(c); err != nil {
		return err
	}
	_, err = io.Copy(out, io.LimitReader(conn, maxChange))
	return err
}
