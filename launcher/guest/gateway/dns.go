package gateway

import (
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"dclaude/launcher/egress"
)

// maxDNS is the length of the longest question that is read, in bytes.
const maxDNS = 1 << 12

// ServeDNS answers every question with a refusal, at once, until ctx ends.
// Programs that use the proxy need no names, and a name server that asked
// others would carry a session's data out in the names.
func (s *Server) ServeDNS(ctx context.Context, conn net.PacketConn) error {
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	buf := make([]byte, maxDNS)
	for {
		n, peer, err := conn.ReadFrom(buf)
		if err != nil {
			if ctx.Err() != nil {
				return nil
			}
			if errors.Is(err, net.ErrClosed) {
				return err
			}
			continue // a message about an earlier answer that found nobody
		}
		if !s.fromSession(peer) {
			continue
		}
		if answer, ok := s.refuseQuestion(buf[:n]); ok {
			_, _ = conn.WriteTo(answer, peer)
		}
	}
}

// ServeDNSStream does the same over TCP, one question a connection.
func (s *Server) ServeDNSStream(ctx context.Context, l net.Listener) error {
	l = s.limited(l)
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
			_ = conn.SetDeadline(time.Now().Add(s.limits.Header))
			var head [2]byte
			if _, err := io.ReadFull(conn, head[:]); err != nil {
				return
			}
			question := make([]byte, min(int(binary.BigEndian.Uint16(head[:])), maxDNS))
			if _, err := io.ReadFull(conn, question); err != nil {
				return
			}
			if answer, ok := s.refuseQuestion(question); ok {
				binary.BigEndian.PutUint16(head[:], uint16(len(answer))) //nolint:gosec // an answer repeats a question, whose length fits
				_, _ = conn.Write(append(head[:], answer...))
			}
		}()
	}
}

// refuseQuestion returns the refusal for a question; false for what is none.
func (s *Server) refuseQuestion(message []byte) ([]byte, bool) {
	answer, name, ok := refuseDNS(message)
	if ok {
		e := egress.Event{Kind: egress.KindDNS, Verdict: egress.VerdictBlocked, Reason: egress.Resolving}
		if t, ok := egress.ParseTarget(name, egress.PortDNS); ok {
			e.Host = t.Name()
		}
		s.journal.Add(e)
	}
	return answer, ok
}

// refuseDNS makes the answer to a question: the same question, refused.
func refuseDNS(message []byte) (answer []byte, name string, ok bool) {
	var p dnsmessage.Parser
	head, err := p.Start(message)
	if err != nil || head.Response {
		return nil, "", false
	}
	reply := dnsmessage.Message{Header: dnsmessage.Header{
		ID: head.ID, Response: true, OpCode: head.OpCode, RecursionDesired: head.RecursionDesired,
		RCode: dnsmessage.RCodeRefused,
	}}
	if q, err := p.Question(); err == nil {
		reply.Questions = []dnsmessage.Question{q}
		name = q.Name.String()
	}
	answer, err = reply.Pack()
	return answer, name, err == nil
}
