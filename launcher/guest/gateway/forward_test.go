package gateway

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"dclaude/launcher/egress"
)

func TestPlainRequests(t *testing.T) {
	w := newWorld(t, testSetup("good.example", "10.1.2.3:8080"), testLimits(), names{"good.example": {"1.2.3.4"}})
	w.serve("1.2.3.4:80", web)
	w.serve("10.1.2.3:8080", web)
	proxy, _ := url.Parse("http://" + w.proxy)
	client := &http.Client{Transport: &http.Transport{Proxy: http.ProxyURL(proxy)}}
	defer client.CloseIdleConnections()
	for _, u := range []string{"http://good.example/a?b=c", "http://10.1.2.3:8080/x"} {
		resp, err := client.Post(u, "text/plain", strings.NewReader("body"))
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(resp.Body)
		parsed, _ := url.Parse(u)
		if want := parsed.Host + " " + parsed.RequestURI() + " body"; string(b) != want {
			t.Errorf("%q, want %q", b, want)
		}
		if saw := strings.Join(resp.Header.Values("Saw"), " "); strings.Contains(saw, "Forwarded") || strings.Contains(saw, "Proxy") {
			t.Errorf("the server saw %s", saw)
		}
	}
	e := w.log.await(t, func(e egress.Event) bool { return e.Host == "10.1.2.3" })
	if e.Kind != egress.KindHTTP || e.Verdict != egress.VerdictAllowed || e.Sent != 4 || e.Received == 0 {
		t.Errorf("logged: %+v", e)
	}
	if text := w.log.buf.String(); strings.Contains(text, "b=c") {
		t.Errorf("a query is in the log: %s", text)
	}
}

// Each of these is one connection's worth of bytes. None may make the gateway
// speak to anything but good.example, port 80, about good.example.
func TestRequestsThatDoNotGetPast(t *testing.T) {
	for name, tt := range map[string]struct {
		raw    string
		status int
	}{
		"not allowed":            {"GET http://evil.example/ HTTP/1.1\r\nHost: good.example\r\n\r\n", 403},
		"an address":             {"GET http://1.2.3.4/ HTTP/1.1\r\nHost: good.example\r\n\r\n", 403},
		"metadata":               {"GET http://169.254.169.254/latest/ HTTP/1.1\r\nHost: good.example\r\n\r\n", 403},
		"another port":           {"GET http://good.example:22/ HTTP/1.1\r\nHost: good.example\r\n\r\n", 403},
		"a user name":            {"GET http://good.example@evil.example/ HTTP/1.1\r\nHost: good.example\r\n\r\n", 400},
		"https without a tunnel": {"GET https://good.example/ HTTP/1.1\r\nHost: good.example\r\n\r\n", 400},
		"ftp":                    {"GET ftp://good.example/ HTTP/1.1\r\nHost: good.example\r\n\r\n", 400},
		"inside":                 {"GET http://inside.example/ HTTP/1.1\r\nHost: good.example\r\n\r\n", 403},
		"the gateway itself":     {"GET http://127.0.0.1:3128/ HTTP/1.1\r\nHost: x\r\n\r\n", 403},
		"two lengths":            {"POST http://good.example/ HTTP/1.1\r\nHost: good.example\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\nGET http://evil.example/ HTTP/1.1\r\nHost: e\r\n\r\n", 400},
		"odd transfer encoding":  {"POST http://good.example/ HTTP/1.1\r\nHost: good.example\r\nTransfer-Encoding: xchunked\r\n\r\n", 501},
		"space in a header":      {"POST http://good.example/ HTTP/1.1\r\nHost: good.example\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400},
		"long header":            {"GET http://good.example/ HTTP/1.1\r\nHost: good.example\r\nX: " + strings.Repeat("a", 64<<10) + "\r\n\r\n", 431},
		"no port":                {"CONNECT good.example HTTP/1.1\r\n\r\n", 400},
		"connect with a user":    {"CONNECT u@good.example:443 HTTP/1.1\r\n\r\n", 400},
		"connect to a URL":       {"CONNECT http://good.example:443/ HTTP/1.1\r\n\r\n", 400},
		"odd octets":             {"CONNECT 0x7f.1:443 HTTP/1.1\r\n\r\n", 400},
		"a decimal address":      {"GET http://2130706433/ HTTP/1.1\r\nHost: good.example\r\n\r\n", 400},
		"a zero byte":            {"CONNECT good.example\x00.evil.example:443 HTTP/1.1\r\n\r\n", 400},
		"HTTP/2 at once":         {"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 0},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, testSetup("good.example", "inside.example"), testLimits(), names{"good.example": {"1.2.3.4"}, "evil.example": {"1.2.3.4"}, "inside.example": {"192.168.0.1"}})
			w.serve("1.2.3.4:80", asked(func(q *http.Request) {
				if q.Host != "good.example" {
					t.Errorf("the server was asked for %q", q.Host)
				}
			}))
			c := w.say(tt.raw)
			r := bufio.NewReader(c)
			resp, err := http.ReadResponse(r, nil)
			switch {
			case tt.status == 0 && err == nil && resp.StatusCode < 400:
				t.Errorf("answered %d", resp.StatusCode)
			case tt.status != 0 && err != nil:
				t.Fatal(err)
			case tt.status != 0 && resp.StatusCode != tt.status:
				t.Errorf("%d, want %d", resp.StatusCode, tt.status)
			}
			if calls := w.net.calls(); len(calls) != 0 {
				t.Errorf("dialled %v", calls)
			}
		})
	}
}

// The Host of a request for another one does not get out, and neither does a
// request that hides behind a chunked body.
func TestSmuggling(t *testing.T) {
	w := newWorld(t, testSetup("good.example"), testLimits(), names{"good.example": {"1.2.3.4"}})
	heard := make(chan string, 4)
	w.serve("1.2.3.4:80", func(c net.Conn) {
		r := bufio.NewReader(c)
		for {
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			b, _ := io.ReadAll(req.Body)
			heard <- req.Host + " " + string(b)
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok")
		}
	})
	c := w.say("POST http://good.example/ HTTP/1.1\r\nHost: evil.example\r\nX-Forwarded-Host: evil.example\r\n" +
		"Transfer-Encoding: chunked\r\nContent-Length: 5\r\nConnection: Transfer-Encoding\r\n\r\n" +
		"3\r\nabc\r\n0\r\n\r\nGET http://evil.example/ HTTP/1.1\r\nHost: good.example\r\n\r\n")
	r := bufio.NewReader(c)
	first, err := http.ReadResponse(r, nil)
	if err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, first.Body)
	if first.StatusCode == 200 {
		if got := <-heard; got != "good.example abc" {
			t.Errorf("the server heard %q", got)
		}
		if second, err := http.ReadResponse(r, nil); err == nil && second.StatusCode != 403 {
			t.Errorf("the hidden request: %d", second.StatusCode)
		}
	}
	if len(heard) != 0 {
		t.Errorf("the server heard %q, too", <-heard)
	}
}

// A name that changes its address between two requests is judged each time.
func TestRebinding(t *testing.T) {
	resolver := names{"turn.example": {"1.2.3.4"}}
	w := newWorld(t, testSetup("turn.example"), testLimits(), resolver)
	w.serve("1.2.3.4:443", echo)
	w.serve("10.0.0.1:443", echo)
	if _, _, status, _ := w.connect("turn.example:443"); status != 200 {
		t.Fatal(status)
	}
	resolver["turn.example"] = []string{"10.0.0.1"}
	if _, _, status, text := w.connect("turn.example:443"); status != 403 {
		t.Errorf("%d %s", status, text)
	}
	if calls := w.net.calls(); len(calls) != 1 || calls[0] != "1.2.3.4:443" {
		t.Errorf("dialled %v", calls)
	}
}

func TestHooks(t *testing.T) {
	w := newWorld(t, testSetup(), testLimits(), nil)
	post := func(path, method string) int {
		req, _ := http.NewRequest(method, "http://"+w.proxy+path, bytes.NewReader(nil))
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	if got := post("/hook/waiting", "POST"); got != 204 {
		t.Errorf("waiting: %d", got)
	}
	if e := w.log.await(t, func(e egress.Event) bool { return e.Kind == egress.KindHook }); e.Hook != egress.HookWaiting {
		t.Errorf("%+v", e)
	}
	for path, want := range map[string]int{"/hook/": 404, "/hook/rm": 404, "/hook/waiting/x": 404, "/": 404} {
		if got := post(path, "POST"); got != want {
			t.Errorf("%s: %d", path, got)
		}
	}
	if got := post("/hook/waiting", "GET"); got != 404 {
		t.Errorf("GET: %d", got)
	}
	if got := post("/", "GET"); got != 200 {
		t.Errorf("GET /: %d", got)
	}
	many := 0
	for range 20 {
		if post("/hook/finished", "POST") == 429 {
			many++
		}
	}
	if many < 10 {
		t.Errorf("only %d of 20 were too many", many)
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestUpstreamProxy(t *testing.T) {
	setup := testSetup("good.example", "refused.example", "local.example")
	setup.Upstream = "http://user:hush@proxy.example:3128"
	setup.NoUpstream = []string{"local.example"}
	w := newWorld(t, setup, testLimits(), names{"local.example": {"1.2.3.4"}})
	w.serve("1.2.3.4:443", echo)
	w.serve("proxy.example:3128", func(c net.Conn) {
		r := bufio.NewReader(c)
		req, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		user, _, ok := parseProxyAuth(req)
		switch {
		case !ok || user != "user":
			fmt.Fprint(c, "HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n")
		case req.Method == "CONNECT" && req.Host == "good.example:443":
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\n\r\nfrom the start ")
			echo(&readConn{c, r})
		case req.Method == "GET" && req.URL.String() == "http://good.example/":
			fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nplain")
		default:
			fmt.Fprint(c, "HTTP/1.1 403 No\r\nContent-Length: 0\r\n\r\n")
		}
	})
	c, r, status, _ := w.connect("good.example:443")
	if status != 200 {
		t.Fatal(status)
	}
	first := hello(t, "good.example")
	_, _ = c.Write(first)
	_ = c.(*net.TCPConn).CloseWrite()
	if b, _ := io.ReadAll(r); string(b) != "from the start "+string(first) {
		t.Errorf("through the tunnel: %q", b)
	}
	if _, _, status, text := w.connect("refused.example:443"); status != 502 || !strings.Contains(text, "status 403") || strings.Contains(text, "hush") {
		t.Errorf("refused: %d %s", status, text)
	}
	if _, _, status, _ := w.connect("evil.example:443"); status != 403 {
		t.Errorf("not allowed: %d", status)
	}
	if _, _, status, _ := w.connect("local.example:443"); status != 200 {
		t.Errorf("past the proxy: %d", status)
	}
	conn := w.say("GET http://good.example/ HTTP/1.1\r\nHost: good.example\r\n\r\n")
	if status, _, body := answer(t, bufio.NewReader(conn), "GET"); status != 200 || body != "plain" {
		t.Errorf("plain: %d %q", status, body)
	}
	for _, bad := range []string{"https://proxy.example", "socks5://proxy.example", "http://", "://hush"} {
		setup.Upstream = bad
		if _, err := New(Options{Setup: setup}); err == nil || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", bad, err)
		}
	}
}

type readConn struct {
	net.Conn
	r io.Reader
}

func (c *readConn) Read(p []byte) (int, error) { return c.r.Read(p) }

func parseProxyAuth(r *http.Request) (user, password string, ok bool) {
	r.Header.Set("Authorization", r.Header.Get("Proxy-Authorization"))
	return r.BasicAuth()
}
