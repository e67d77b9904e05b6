package gateway

import (
	"bufio"
	"context"
	"errors"
	"net"
	"net/http"
	"strconv"
	"time"

	"dclaude/launcher/egress"
)

// connect serves CONNECT. Everything is decided and the connection made before
// the client is told that it can speak; what it then says must be a TLS hello
// for the same server, or requests to it, unless a rule lets any protocol
// through. The request's
// own context is not used: it ends when the client has said all that it will.
func (s *Server) connect(ctx context.Context, w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	event := egress.Event{Kind: egress.KindTunnel, Verdict: egress.VerdictBlocked}
	target, ok := parseAuthority(r.RequestURI)
	if !ok {
		event.Reason = egress.BadHost
		s.journal.Add(event)
		refuse(target, &blocked{reason: egress.BadHost}).write(w)
		return
	}
	event.Host, event.Port = target.Name(), target.Port
	client, buffered, err := hijack(w)
	if err != nil {
		return // not a connection that can carry a tunnel
	}
	defer client.Close()

	decision := s.rules.decide(target)
	if !decision.OK() {
		event.Reason = decision.Reason
		s.turnAway(client, target, &blocked{reason: decision.Reason}, event, start)
		return
	}
	server, address, err := s.dial(ctx, target, decision.Rule)
	if err != nil {
		why := whyBlocked(err)
		event.Verdict, event.Reason = why.verdict(), why.reason
		s.turnAway(client, target, why, event, start)
		return
	}
	event.Address = server.RemoteAddr().String()
	t := &tunnel{target: target, client: client, server: server, limits: s.limits}
	defer t.end()
	defer context.AfterFunc(ctx, t.end)()
	defer s.rules.enter(&flow{target, address, t.end})()

	event.Verdict, event.Reason = egress.VerdictAllowed, egress.Allowed
	_ = client.SetReadDeadline(time.Now().Add(s.limits.Header)) // for its first words
	if _, err := client.Write([]byte("HTTP/1.1 200 Connection established\r\n\r\n")); err != nil {
		// The client has gone, which is no reason to leave it out of the log.
	} else if !decision.TCP && speaksHTTP(buffered) {
		server.Close() // requests have connections of their own
		if s.requests(ctx, client, buffered, target, decision.Rule) {
			return // each is in the log
		}
		event.Verdict, event.Reason = egress.VerdictBlocked, egress.NotTLS
	} else if reason := s.begin(t, buffered, decision.TCP); reason != egress.Allowed {
		event.Verdict, event.Reason = egress.VerdictBlocked, reason
	} else {
		t.relay(buffered)
	}
	event.Sent, event.Received = t.sent.Load(), t.received.Load()
	event.Millis = time.Since(start).Milliseconds()
	s.journal.Add(event)
}

// begin passes the client's first words on, if they are what they have to be.
func (s *Server) begin(t *tunnel, client *bufio.Reader, anyProtocol bool) egress.Reason {
	if anyProtocol {
		_ = t.client.SetReadDeadline(time.Time{})
		return egress.Allowed
	}
	name, seen, err := readHello(client)
	switch {
	case errors.Is(err, errNotTLS) && len(seen) == 0:
		return egress.Allowed // the client went away without a word
	case errors.Is(err, errNotTLS):
		return egress.NotTLS
	case err != nil:
		return egress.BadRequest
	case !sameServer(t.target, name):
		_ = t.client.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = t.client.Write(alertAccessDenied)
		return egress.OtherServer
	}
	_ = t.server.SetWriteDeadline(time.Now().Add(s.limits.Dial))
	n, err := t.server.Write(seen)
	t.sent.Add(int64(n))
	if err != nil {
		return egress.Unreachable
	}
	return egress.Allowed
}

// sameServer compares the name in a hello with the target of the tunnel. A
// client that connects to an address sends no name (RFC 6066, section 3).
func sameServer(t egress.Target, name string) bool { return name == t.Host }

// turnAway answers a CONNECT that comes to nothing.
func (s *Server) turnAway(client net.Conn, t egress.Target, why *blocked, e egress.Event, start time.Time) {
	e.Millis = time.Since(start).Milliseconds()
	s.journal.Add(e)
	_ = client.SetWriteDeadline(time.Now().Add(s.limits.Dial))
	_, _ = client.Write([]byte(refuse(t, why).raw()))
}

// hijack takes a connection over from net/http, with what was read of it
// already.
func hijack(w http.ResponseWriter) (net.Conn, *bufio.Reader, error) {
	conn, rw, err := http.NewResponseController(w).Hijack()
	if err != nil {
		return nil, nil, err
	}
	_ = conn.SetDeadline(time.Time{})
	return conn, rw.Reader, nil
}

// parseAuthority reads the target of a CONNECT, HOST:PORT and nothing else.
func parseAuthority(authority string) (egress.Target, bool) {
	host, port, err := net.SplitHostPort(authority)
	if err != nil {
		return egress.Target{}, false
	}
	return parseTarget(host, port)
}

func parseTarget(host, port string) (egress.Target, bool) {
	n, err := strconv.ParseUint(port, 10, 16)
	if err != nil || n == 0 || port[0] == '+' {
		return egress.Target{}, false
	}
	return egress.ParseTarget(host, uint16(n))
}
