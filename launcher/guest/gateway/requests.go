package gateway

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"dclaude/launcher/egress"
)

// maxMethod bounds the name of a method.
const maxMethod = 20

// speaksHTTP tells whether a tunnel's client begins with the name of a method,
// which no TLS record does. Node's own fetch asks for tunnels for http URLs, too.
func speaksHTTP(said *bufio.Reader) bool {
	for n := 1; n <= maxMethod+1; n++ {
		b, err := said.Peek(n)
		if err != nil {
			return false
		}
		if last := b[n-1]; last == ' ' {
			return n > 1
		} else if last < 'A' || last > 'Z' {
			return false
		}
	}
	return false
}

// requests serves the plain requests in a tunnel just as those that come
// without one: read, judged, and written anew, so that nothing gets to the
// server but requests for it. It returns when the connection is closed, and
// tells whether there was any request.
func (s *Server) requests(ctx context.Context, client net.Conn, said *bufio.Reader, t egress.Target, granted egress.Rule) bool {
	var any atomic.Bool
	inner := &innerConn{Conn: client, said: said, closed: make(chan struct{})}
	server := s.newHTTPServer(ctx, func(w http.ResponseWriter, r *http.Request) {
		start := time.Now()
		any.Store(true)
		if reason := within(t, r); reason != egress.Allowed {
			s.journal.Add(egress.Event{Kind: egress.KindHTTP, Verdict: egress.VerdictBlocked, Reason: reason, Host: t.Name(), Port: t.Port})
			w.Header().Set("Connection", "close")
			refuse(t, &blocked{reason: reason}).write(w)
			return
		}
		r.URL.Scheme, r.URL.Host = "http", authority(t)
		s.carry(w, r, &call{target: t, granted: granted}, start)
	})
	_ = server.Serve(&oneConn{conn: inner})
	<-inner.closed
	return any.Load()
}

// within judges a request in a tunnel: it must be one to an origin server, and
// to the one that the tunnel is for.
func within(t egress.Target, r *http.Request) egress.Reason {
	if r.Method == http.MethodConnect || !strings.HasPrefix(r.URL.Path, "/") || r.URL.IsAbs() || reflects(r.Method) {
		return egress.BadRequest
	}
	host, port := r.Host, "80"
	if i := strings.LastIndexByte(host, ':'); i > strings.LastIndexByte(host, ']') {
		host, port = host[:i], host[i+1:]
	}
	if asked, ok := parseTarget(host, port); !ok || asked != t {
		return egress.OtherServer
	}
	return egress.Allowed
}

// authority is a target as an http URL has it.
func authority(t egress.Target) string {
	if t.Port == 80 {
		return t.Name()
	}
	return t.Name() + ":" + strconv.Itoa(int(t.Port))
}

// innerConn is what is inside a tunnel: the client's connection, after what
// was read of it before.
type innerConn struct {
	net.Conn
	said   io.Reader
	once   sync.Once
	closed chan struct{}
}

func (c *innerConn) Read(p []byte) (int, error) { return c.said.Read(p) }

func (c *innerConn) Close() error {
	err := c.Conn.Close()
	c.once.Do(func() { close(c.closed) })
	return err
}

// CloseWrite passes the end of one direction on.
func (c *innerConn) CloseWrite() error { return closeWrite(c.Conn) }

// oneConn is a listener with one connection, which has come.
type oneConn struct{ conn net.Conn }

func (l *oneConn) Accept() (net.Conn, error) {
	if l.conn == nil {
		return nil, net.ErrClosed
	}
	conn := l.conn
	l.conn = nil
	return conn, nil
}

func (l *oneConn) Close() error   { return nil }
func (l *oneConn) Addr() net.Addr { return nil }
