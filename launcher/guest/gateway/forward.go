package gateway

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"strings"
	"sync/atomic"
	"time"

	"dclaude/launcher/egress"
)

// plain serves a request for an http URL. net/http has made its Host that of
// the URL (RFC 9112, section 3.2.2), so a Host for another server does not get
// out.
func (s *Server) plain(w http.ResponseWriter, r *http.Request) {
	start := time.Now()
	event := egress.Event{Kind: egress.KindHTTP, Verdict: egress.VerdictBlocked}
	target, ok := plainTarget(r)
	if !ok {
		event.Reason = egress.BadRequest
		s.journal.Add(event)
		refuse(target, &blocked{reason: egress.BadRequest}).write(w)
		return
	}
	event.Host, event.Port = target.Name(), target.Port
	decision := s.rules.decide(target)
	if !decision.OK() {
		event.Reason = decision.Reason
		s.journal.Add(event)
		refuse(target, &blocked{reason: decision.Reason}).write(w)
		return
	}
	s.carry(w, r, &call{target: target, granted: decision.Rule}, start)
}

// carry passes a request on whose target is allowed, and logs it.
func (s *Server) carry(w http.ResponseWriter, r *http.Request, c *call, start time.Time) {
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = &countedBody{r.Body, &c.sent}
	}
	ctx, cancel := context.WithCancel(context.WithValue(r.Context(), callKey{}, c))
	defer cancel()
	defer s.rules.enter(&flow{target: c.target, end: cancel})()
	// ReverseProxy panics to break an answer off, as when the session has gone.
	defer func() {
		event := egress.Event{
			Kind: egress.KindHTTP, Verdict: egress.VerdictAllowed, Reason: egress.Allowed,
			Host: c.target.Name(), Port: c.target.Port, Sent: c.sent.Load(), Received: c.received.Load(),
			Millis: time.Since(start).Milliseconds(),
		}
		if c.failed != nil {
			event.Verdict, event.Reason = c.failed.verdict(), c.failed.reason
		}
		s.journal.Add(event)
	}()
	s.forward.ServeHTTP(w, r.WithContext(ctx))
}

// plainTarget reads the target of a request with an absolute URL. Other
// schemes than http need a tunnel.
func plainTarget(r *http.Request) (egress.Target, bool) {
	if r.URL.Scheme != "http" || r.URL.User != nil || r.URL.Opaque != "" || reflects(r.Method) {
		return egress.Target{}, false
	}
	port := r.URL.Port()
	if port == "" {
		port = "80"
	}
	host := r.URL.Hostname()
	if r.URL.Host != "" && r.URL.Host[0] == '[' {
		host = "[" + host + "]"
	}
	return parseTarget(host, port)
}

// reflects tells whether a method asks for the request itself as the answer:
// what a proxy on the way has put in, a company's password too, would be in it.
func reflects(method string) bool {
	return strings.EqualFold(method, http.MethodTrace) || strings.EqualFold(method, "TRACK")
}

// call is one request on its way.
type call struct {
	target         egress.Target
	granted        egress.Rule
	sent, received atomic.Int64
	failed         *blocked
}

type callKey struct{}

func callOf(ctx context.Context) *call {
	c, _ := ctx.Value(callKey{}).(*call)
	return c
}

// newForward makes the part that carries plain requests. ReverseProxy takes
// out what concerns one connection only, the session's proxy credentials among
// it, and adds nothing.
func (s *Server) newForward() *httputil.ReverseProxy {
	direct := s.newTransport()
	direct.DialContext = s.dialPlain
	s.onward = append(s.onward, direct)
	var route http.RoundTripper = direct
	if s.upstream != nil {
		through := s.newTransport()
		through.DialContext = s.upstream.dialSelf(s.dialer)
		through.Proxy = http.ProxyURL(s.upstream.url)
		s.onward = append(s.onward, through)
		route = &routes{direct: direct, through: through, s: s}
	}
	return &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.User = nil
			r.Out.Header.Del("Max-Forwards") // it would let an upstream proxy answer in the server's place
			r.Out.Host = r.In.URL.Host
			// After a change of protocol whatever is said goes through unread.
			r.Out.Header.Del("Connection")
			r.Out.Header.Del("Upgrade")
		},
		Transport:     route,
		FlushInterval: -1, // Claude's answers come as a stream
		ErrorLog:      discardLog(),
		ModifyResponse: func(r *http.Response) error {
			if r.StatusCode == http.StatusSwitchingProtocols {
				return &blocked{egress.BadRequest, errors.New("the server changes the protocol without being asked")}
			}
			if c := callOf(r.Request.Context()); c != nil {
				r.Body = &countedBody{r.Body, &c.received}
			}
			return nil
		},
		ErrorHandler: func(w http.ResponseWriter, r *http.Request, err error) {
			c := callOf(r.Context())
			c.failed = whyBlocked(err)
			if !errors.Is(err, context.Canceled) {
				refuse(c.target, c.failed).write(w)
			}
		},
	}
}

func (s *Server) newTransport() *http.Transport {
	return &http.Transport{
		MaxIdleConns:           32,
		MaxIdleConnsPerHost:    8,
		IdleConnTimeout:        time.Minute,
		ResponseHeaderTimeout:  s.limits.Idle,
		MaxResponseHeaderBytes: 256 << 10,
		DisableCompression:     true, // what comes is passed on as it is
	}
}

// dialPlain connects for the transport, to a host that was allowed a moment
// ago.
func (s *Server) dialPlain(ctx context.Context, _, address string) (net.Conn, error) {
	c := callOf(ctx)
	if t, ok := parseAuthority(address); !ok || c == nil || t != c.target {
		return nil, &blocked{reason: egress.BadHost}
	}
	conn, _, err := s.dial(ctx, c.target, c.granted)
	return conn, err
}

type countedBody struct {
	io.ReadCloser
	n *atomic.Int64
}

func (b *countedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.n.Add(int64(n))
	return n, err
}
