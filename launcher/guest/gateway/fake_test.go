package gateway

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"dclaude/launcher/egress"
)

// names is a resolver that knows what a test tells it.
type names map[string][]string

func (n names) LookupNetIP(_ context.Context, _, host string) ([]netip.Addr, error) {
	list, ok := n[strings.TrimSuffix(host, ".")]
	if !ok {
		return nil, &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}
	}
	var addrs []netip.Addr
	for _, a := range list {
		addrs = append(addrs, netip.MustParseAddr(a))
	}
	return addrs, nil
}

// internet is a dialer for which every address leads to a server of the test.
type internet struct {
	mu      sync.Mutex
	servers map[string]string // "address:port" to a listener here
	dialled []string
}

func (i *internet) DialContext(ctx context.Context, network, address string) (net.Conn, error) {
	i.mu.Lock()
	i.dialled = append(i.dialled, address)
	to, ok := i.servers[address]
	i.mu.Unlock()
	if !ok {
		return nil, errors.New("connection refused")
	}
	return (&net.Dialer{}).DialContext(ctx, network, to)
}

func (i *internet) calls() []string {
	i.mu.Lock()
	defer i.mu.Unlock()
	return append([]string(nil), i.dialled...)
}

// world is a gateway with a session on this machine's loopback.
type world struct {
	t      *testing.T
	server *Server
	net    *internet
	proxy  string
	log    *lines
	done   chan struct{}
}

// lines is a log that can be waited for.
type lines struct {
	mu   sync.Mutex
	cond *sync.Cond
	buf  bytes.Buffer
}

func newLines() *lines {
	l := &lines{}
	l.cond = sync.NewCond(&l.mu)
	return l
}

func (l *lines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	defer l.cond.Broadcast()
	return l.buf.Write(p)
}

func (l *lines) events(t *testing.T) []egress.Event {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.parsed(t)
}

func (l *lines) parsed(t *testing.T) []egress.Event {
	var all []egress.Event
	for _, line := range strings.Split(strings.TrimSpace(l.buf.String()), "\n") {
		if line == "" {
			continue
		}
		e, err := egress.ParseLine([]byte(line))
		if err != nil {
			t.Fatalf("log: %q: %v", line, err)
		}
		all = append(all, e)
	}
	return all
}

// await returns the first event that fits, however long it takes to come.
func (l *lines) await(t *testing.T, fits func(egress.Event) bool) egress.Event {
	t.Helper()
	timer := time.AfterFunc(30*time.Second, l.cond.Broadcast)
	defer timer.Stop()
	deadline := time.Now().Add(30 * time.Second)
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		for _, e := range l.parsed(t) {
			if fits(e) {
				return e
			}
		}
		if time.Now().After(deadline) {
			t.Fatalf("no such event in:\n%s", l.buf.String())
		}
		l.cond.Wait()
	}
}

func (l *lines) awaitReason(t *testing.T, r egress.Reason) egress.Event {
	t.Helper()
	return l.await(t, func(e egress.Event) bool { return e.Reason == r })
}

func testSetup(allow ...string) egress.Setup {
	return egress.Setup{
		Session: "test", Address: netip.MustParseAddr("127.0.0.1"), Subnet: netip.MustParsePrefix("127.0.0.0/8"),
		Hosts: []netip.Prefix{netip.MustParsePrefix("8.8.8.8/32")}, Allow: allow,
	}
}

func testLimits() Limits {
	l := DefaultLimits()
	l.Goodbye = 10 * time.Millisecond
	return l
}

func newWorld(t *testing.T, setup egress.Setup, limits Limits, resolver names) *world {
	t.Helper()
	w := &world{t: t, net: &internet{servers: map[string]string{}}, log: newLines(), done: make(chan struct{})}
	journal := NewJournal(w.log, setup.Session, time.Now)
	var err error
	w.server, err = New(Options{Setup: setup, Limits: limits, Resolver: resolver, Dialer: w.net, Journal: journal})
	if err != nil {
		t.Fatal(err)
	}
	l := listen(t)
	w.proxy = l.Addr().String()
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer close(w.done)
		if err := w.server.ServeProxy(ctx, l); err != nil {
			t.Error(err)
		}
	}()
	t.Cleanup(func() {
		cancel()
		<-w.done
		journal.Close()
	})
	return w
}

func listen(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

// serve puts a server at an address of the test's internet.
func (w *world) serve(address string, handle func(net.Conn)) {
	w.t.Helper()
	l := listen(w.t)
	w.net.mu.Lock()
	w.net.servers[address] = l.Addr().String()
	w.net.mu.Unlock()
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer conn.Close()
				handle(conn)
			}()
		}
	}()
}

// echo is a server that says what it hears.
func echo(c net.Conn) { _, _ = io.Copy(c, c) }

// web is a server that answers every request with its Host.
func web(c net.Conn) {
	r := bufio.NewReader(c)
	for {
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		body, _ := io.ReadAll(req.Body)
		text := req.Host + " " + req.URL.String() + " " + string(body)
		resp := http.Response{StatusCode: 200, ProtoMajor: 1, ProtoMinor: 1, Body: io.NopCloser(strings.NewReader(text)), ContentLength: int64(len(text)), Header: http.Header{}}
		for name := range req.Header {
			resp.Header.Add("Saw", name)
		}
		if resp.Write(c) != nil {
			return
		}
	}
}

// asked is a server that shows each request to a test, and answers with nothing.
func asked(show func(*http.Request)) func(net.Conn) {
	return func(c net.Conn) {
		r := bufio.NewReader(c)
		for {
			q, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			show(q)
			_, _ = io.Copy(io.Discard, q.Body)
			_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
		}
	}
}

// say sends raw bytes to the proxy.
func (w *world) say(text string) net.Conn {
	w.t.Helper()
	c, err := net.Dial("tcp", w.proxy)
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { c.Close() })
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	if _, err := io.WriteString(c, text); err != nil {
		w.t.Fatal(err)
	}
	return c
}

// answer reads one response.
func answer(t *testing.T, r *bufio.Reader, method string) (status int, phrase, body string) {
	t.Helper()
	resp, err := http.ReadResponse(r, &http.Request{Method: method})
	if err != nil {
		t.Fatal(err)
	}
	if method == http.MethodConnect && resp.StatusCode == 200 {
		return 200, resp.Status, ""
	}
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, resp.Status, string(b)
}

// connect asks for a tunnel.
func (w *world) connect(authority string) (net.Conn, *bufio.Reader, int, string) {
	w.t.Helper()
	c := w.say("CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n\r\n")
	r := bufio.NewReader(c)
	status, phrase, body := answer(w.t, r, http.MethodConnect)
	return c, r, status, phrase + "\n" + body
}
