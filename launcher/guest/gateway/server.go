package gateway

import (
	"context"
	"net"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"dclaude/launcher/egress"
)

// Options are what a Server is made of.
type Options struct {
	Setup    egress.Setup
	Limits   Limits
	Resolver Resolver
	Dialer   Dialer
	Journal  *Journal
	// Changed, if set, is told of every change of the policy.
	Changed func(egress.Live)
}

// Server is a gateway: what its proxy, its name server and its control share.
type Server struct {
	setup    egress.Setup
	limits   Limits
	resolver Resolver
	dialer   Dialer
	journal  *Journal
	rules    *rules
	changing sync.Mutex
	changed  func(egress.Live)
	upstream *upstream
	forward  *httputil.ReverseProxy
	onward   []*http.Transport

	open  atomic.Int64 // connections of the session
	hooks bucket
}

// New returns a server that does not listen yet.
func New(o Options) (*Server, error) {
	policy, err := o.Setup.Policy()
	if err != nil {
		return nil, err
	}
	s := &Server{
		setup:    o.Setup,
		limits:   o.Limits,
		resolver: o.Resolver,
		dialer:   o.Dialer,
		journal:  o.Journal,
		rules:    newRules(policy, o.Setup.Hosts),
		changed:  o.Changed,
		hooks:    bucket{size: hookBurst, perSecond: hookRate},
	}
	if s.upstream, err = newUpstream(o.Setup); err != nil {
		return nil, err
	}
	s.forward = s.newForward()
	return s, nil
}

// Restore takes up the policy of a server that ended early.
func (s *Server) Restore(l egress.Live) { s.rules.restore(l) }

// ServeProxy takes requests until ctx ends or the listener fails.
func (s *Server) ServeProxy(ctx context.Context, l net.Listener) error {
	server := s.newHTTPServer(ctx, func(w http.ResponseWriter, r *http.Request) { s.serve(ctx, w, r) })
	defer context.AfterFunc(ctx, func() { server.Close() })()
	err := server.Serve(s.limited(l))
	for _, t := range s.onward {
		t.CloseIdleConnections()
	}
	if ctx.Err() != nil {
		return nil
	}
	return err
}

func (s *Server) newHTTPServer(ctx context.Context, handle http.HandlerFunc) *http.Server {
	return &http.Server{
		Handler:           handle,
		ReadHeaderTimeout: s.limits.Header,
		IdleTimeout:       2 * s.limits.Header,
		MaxHeaderBytes:    s.limits.HeaderBytes,
		BaseContext:       func(net.Listener) context.Context { return ctx },
		ErrorLog:          discardLog(),
		// OPTIONS * is for the server, as everything that is not for another.
		DisableGeneralOptionsHandler: true,
	}
}

// serve handles one request of the session.
func (s *Server) serve(ctx context.Context, w http.ResponseWriter, r *http.Request) {
	switch {
	case r.Method == http.MethodConnect:
		s.connect(ctx, w, r)
	case r.URL.IsAbs():
		s.plain(w, r)
	default:
		s.own(w, r)
	}
}

// Change applies a change of the policy and returns what it is now.
func (s *Server) Change(c egress.Change) egress.State {
	// One at a time, or an older policy could be the one that is kept.
	s.changing.Lock()
	defer s.changing.Unlock()
	state := s.rules.change(c)
	if state.Error == "" && c.Op != egress.OpShow {
		for _, t := range s.onward {
			t.CloseIdleConnections()
		}
		for _, rule := range c.Rules {
			s.journal.Add(egress.Event{Kind: egress.KindPolicy, Change: c.Op, Host: rule})
		}
		if s.changed != nil {
			s.rules.mu.Lock()
			live := s.rules.live
			s.rules.mu.Unlock()
			s.changed(live)
		}
	}
	return state
}

// fromSession says whether a peer is on the session's network. The kernel
// takes packets for any of its addresses on any interface, so one from the
// engine's other network could arrive, too.
func (s *Server) fromSession(peer net.Addr) bool {
	var addr netip.Addr
	switch p := peer.(type) {
	case *net.TCPAddr:
		addr = p.AddrPort().Addr()
	case *net.UDPAddr:
		addr = p.AddrPort().Addr()
	}
	return s.setup.Subnet.Contains(addr.Unmap())
}

// limited keeps strangers out and the session's connections below their limit.
func (s *Server) limited(l net.Listener) net.Listener { return &limitedListener{l, s} }

type limitedListener struct {
	net.Listener
	s *Server
}

func (l *limitedListener) Accept() (net.Conn, error) {
	for {
		conn, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if !l.s.fromSession(conn.RemoteAddr()) {
			conn.Close()
			continue
		}
		if l.s.open.Add(1) > int64(l.s.limits.Connections) {
			l.s.open.Add(-1)
			conn.Close()
			l.s.journal.Add(egress.Event{Kind: egress.KindGateway, Verdict: egress.VerdictBlocked, Reason: egress.TooMany})
			continue
		}
		return &countedConn{Conn: conn, closed: func() { l.s.open.Add(-1) }}, nil
	}
}

// countedConn is a connection of the session.
type countedConn struct {
	net.Conn
	once   sync.Once
	closed func()
}

func (c *countedConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(c.closed)
	return err
}

// CloseWrite passes the end of one direction on.
func (c *countedConn) CloseWrite() error { return closeWrite(c.Conn) }

func closeWrite(c net.Conn) error {
	if half, ok := c.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return c.Close()
}

// bucket lets so many things through at once, and so many a second after that.
type bucket struct {
	size, perSecond float64

	mu   sync.Mutex
	used float64
	last time.Time
}

func (b *bucket) take(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	if !b.last.IsZero() {
		b.used = max(0, b.used-now.Sub(b.last).Seconds()*b.perSecond)
	}
	b.last = now
	if b.used+1 > b.size {
		return false
	}
	b.used++
	return true
}
