package gateway

import (
	"bufio"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"dclaude/launcher/egress"
)

// upstream is a proxy that everything has to go through, as in many companies.
// It resolves the names, so what the gateway judges there is the name alone, or
// the address where there is one instead.
type upstream struct {
	url     *url.URL
	address string
	auth    string
	direct  egress.Policy
}

func newUpstream(s egress.Setup) (*upstream, error) {
	if s.Upstream == "" {
		return nil, nil
	}
	u, err := url.Parse(s.Upstream)
	if err != nil || u.Scheme != "http" || u.Hostname() == "" {
		return nil, errors.New("the upstream proxy is not an http:// URL") // which may hold a password
	}
	port := u.Port()
	if port == "" {
		port = "80"
	}
	direct, err := egress.ParseRules(s.NoUpstream)
	if err != nil {
		return nil, err
	}
	up := &upstream{
		url:     u,
		address: net.JoinHostPort(u.Hostname(), port),
		direct:  egress.Policy{Allow: direct},
	}
	if u.User != nil {
		password, _ := u.User.Password()
		up.auth = "Basic " + base64.StdEncoding.EncodeToString([]byte(u.User.Username()+":"+password))
	}
	return up, nil
}

// skips says whether a target is reached without the proxy.
func (u *upstream) skips(t egress.Target) bool {
	reason := u.direct.Decide(t).Reason
	return reason == egress.Allowed || reason == egress.BadPort // NO_PROXY knows no ports
}

// dialSelf connects to the proxy itself, which the user has named.
func (u *upstream) dialSelf(d Dialer) func(ctx context.Context, _, _ string) (net.Conn, error) {
	return func(ctx context.Context, _, _ string) (net.Conn, error) {
		conn, err := d.DialContext(ctx, "tcp", u.address)
		if err != nil {
			return nil, &blocked{egress.UpstreamProxy, errors.New("it does not answer")}
		}
		return conn, nil
	}
}

// dial opens a tunnel through the proxy.
func (u *upstream) dial(ctx context.Context, s *Server, t egress.Target) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, s.limits.Dial)
	defer cancel()
	conn, err := u.dialSelf(s.dialer)(ctx, "", "")
	if err != nil {
		return nil, err
	}
	deadline, _ := ctx.Deadline()
	_ = conn.SetDeadline(deadline)
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	reader, err := u.ask(conn, t)
	if !stop() && err == nil {
		err = ctx.Err()
	}
	if err != nil {
		conn.Close()
		return nil, &blocked{egress.UpstreamProxy, err}
	}
	_ = conn.SetDeadline(time.Time{})
	return &bufferedConn{Conn: conn, r: reader}, nil
}

func (u *upstream) ask(conn net.Conn, t egress.Target) (*bufio.Reader, error) {
	authority := t.Name() + ":" + strconv.Itoa(int(t.Port))
	text := "CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n"
	if u.auth != "" {
		text += "Proxy-Authorization: " + u.auth + "\r\n"
	}
	if _, err := conn.Write([]byte(text + "\r\n")); err != nil {
		return nil, errors.New("it does not answer")
	}
	reader := bufio.NewReader(conn)
	answer, err := http.ReadResponse(reader, &http.Request{Method: http.MethodConnect}) //nolint:bodyclose // what follows is the tunnel
	if err != nil {
		return nil, errors.New("it does not answer as a proxy does")
	}
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("it answered with status %d", answer.StatusCode)
	}
	return reader, nil
}

// bufferedConn is a connection of which more was read than was asked for.
type bufferedConn struct {
	net.Conn
	r *bufio.Reader
}

func (c *bufferedConn) Read(p []byte) (int, error) { return c.r.Read(p) }

// CloseWrite passes the end of one direction on.
func (c *bufferedConn) CloseWrite() error { return closeWrite(c.Conn) }

// routes sends a plain request through the proxy, or past it.
type routes struct {
	direct, through http.RoundTripper
	s               *Server
}

func (r *routes) RoundTrip(req *http.Request) (*http.Response, error) {
	c := callOf(req.Context())
	if c == nil {
		return nil, &blocked{reason: egress.BadRequest}
	}
	if r.s.upstream.skips(c.target) {
		return r.direct.RoundTrip(req)
	}
	if err := r.s.judgeUnresolved(c.target, c.granted); err != nil {
		return nil, err
	}
	return r.through.RoundTrip(req)
}
