package gateway

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"

	"dclaude/launcher/egress"
)

// tunnelled is a client that, like Node's fetch, has a tunnel for http URLs.
func (w *world) tunnelled() *http.Client {
	t := &http.Transport{DialContext: func(_ context.Context, _, address string) (net.Conn, error) {
		c, _, status, text := w.connect(address)
		if status != 200 {
			return nil, fmt.Errorf("%d %s", status, text)
		}
		return c, nil
	}}
	w.t.Cleanup(t.CloseIdleConnections)
	return &http.Client{Transport: t}
}

func TestRequestsInATunnel(t *testing.T) {
	w := newWorld(t, testSetup("good.example", "10.1.2.3:8080"), testLimits(), names{"good.example": {"1.2.3.4"}})
	w.serve("1.2.3.4:80", web)
	w.serve("10.1.2.3:8080", web)
	client := w.tunnelled()
	for _, host := range []string{"good.example", "10.1.2.3:8080"} {
		for range 2 { // in one connection
			resp, err := client.Post("http://"+host+"/a?b=c", "text/plain", strings.NewReader("body"))
			if err != nil {
				t.Fatal(err)
			}
			b, _ := io.ReadAll(resp.Body)
			if want := host + " /a?b=c body"; string(b) != want {
				t.Errorf("%q, want %q", b, want)
			}
		}
	}
	e := w.log.await(t, func(e egress.Event) bool { return e.Host == "10.1.2.3" })
	if e.Kind != egress.KindHTTP || e.Verdict != egress.VerdictAllowed || e.Port != 8080 || e.Sent != 4 || e.Received == 0 {
		t.Errorf("logged: %+v", e)
	}
	for _, e := range w.log.events(t) {
		if e.Kind == egress.KindTunnel {
			t.Errorf("logged twice: %+v", e)
		}
	}
}

// What is let through once is one tunnel, with all that is asked for in it.
func TestRequestsInATunnelThatIsAllowedOnce(t *testing.T) {
	w := newWorld(t, testSetup(), testLimits(), names{"good.example": {"1.2.3.4"}})
	w.serve("1.2.3.4:80", web)
	if s := w.server.Change(egress.Change{Op: egress.OpOnce, Rules: []string{"good.example"}}); s.Error != "" {
		t.Fatal(s.Error)
	}
	client := w.tunnelled()
	for range 2 {
		resp, err := client.Get("http://good.example/")
		if err != nil {
			t.Fatal(err)
		}
		_, _ = io.Copy(io.Discard, resp.Body)
	}
	client.CloseIdleConnections()
	if resp, err := client.Get("http://good.example/"); err == nil {
		t.Errorf("a second tunnel: %d", resp.StatusCode)
	}
}

// A rule that is taken back ends the tunnel and what is under way in it.
func TestDenyEndsRequestsInATunnel(t *testing.T) {
	w := newWorld(t, testSetup("good.example"), testLimits(), names{"good.example": {"1.2.3.4"}})
	w.serve("1.2.3.4:80", web)
	c, r, _, _ := w.connect("good.example:80")
	ask := func() error {
		fmt.Fprint(c, "GET / HTTP/1.1\r\nHost: good.example\r\n\r\n")
		resp, err := http.ReadResponse(r, nil)
		if err == nil {
			_, _ = io.Copy(io.Discard, resp.Body)
		}
		return err
	}
	if err := ask(); err != nil {
		t.Fatal(err)
	}
	if s := w.server.Change(egress.Change{Op: egress.OpDeny, Rules: []string{"good.example"}}); s.Error != "" {
		t.Fatal(s.Error)
	}
	if ask() == nil {
		t.Error("the tunnel goes on")
	}
}

// A tunnel's client that speaks HTTP gets nothing to the server but requests
// for the tunnel's own host.
func TestRequestsThatDoNotGetOutOfATunnel(t *testing.T) {
	const good = "Host: good.example\r\n"
	for name, tt := range map[string]struct {
		raw    string
		status int
	}{
		"another host":          {"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 403},
		"no host":               {"GET / HTTP/1.0\r\n\r\n", 403},
		"two hosts":             {"GET / HTTP/1.1\r\n" + good + "Host: evil.example\r\n\r\n", 400},
		"another port":          {"GET / HTTP/1.1\r\nHost: good.example:8080\r\n\r\n", 403},
		"an odd port":           {"GET / HTTP/1.1\r\nHost: good.example:+80\r\n\r\n", 403},
		"a URL":                 {"GET http://good.example/ HTTP/1.1\r\n" + good + "\r\n", 400},
		"another URL":           {"GET http://evil.example/ HTTP/1.1\r\n" + good + "\r\n", 400},
		"a tunnel in it":        {"CONNECT good.example:443 HTTP/1.1\r\n" + good + "\r\n", 400},
		"the server as a whole": {"OPTIONS * HTTP/1.1\r\n" + good + "\r\n", 400},
		"a reflection":          {"TRACE / HTTP/1.1\r\n" + good + "\r\n", 400},
		"two lengths":           {"POST / HTTP/1.1\r\n" + good + "Content-Length: 0\r\nContent-Length: 44\r\n\r\n", 400},
		"a long header":         {"GET / HTTP/1.1\r\n" + good + "X: " + strings.Repeat("a", 64<<10) + "\r\n\r\n", 431},
		"a hidden request": {"POST / HTTP/1.1\r\n" + good + "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" +
			"GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n", 200},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, testSetup("good.example"), testLimits(), names{"good.example": {"1.2.3.4"}})
			w.serve("1.2.3.4:80", asked(func(q *http.Request) {
				if q.Host != "good.example" || tt.status != 200 {
					t.Errorf("the server was asked for %s of %q", q.Method, q.Host)
				}
			}))
			c, r, status, _ := w.connect("good.example:80")
			if status != 200 {
				t.Fatal(status)
			}
			_, _ = io.WriteString(c, tt.raw)
			resp, err := http.ReadResponse(r, nil)
			if err != nil || resp.StatusCode != tt.status {
				t.Fatalf("%+v, %v, want %d", resp, err, tt.status)
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			if tt.status == 200 {
				if second, err := http.ReadResponse(r, nil); err != nil || second.StatusCode != 403 {
					t.Errorf("the hidden request: %+v, %v", second, err)
				}
			}
			if tt.status == 403 {
				w.log.awaitReason(t, egress.OtherServer)
			}
		})
	}
}

func FuzzWithin(f *testing.F) {
	f.Add("good.example", "/")
	f.Add("good.example:80", "//evil.example/")
	f.Add("evil.example", "http://good.example/")
	f.Fuzz(func(t *testing.T, host, path string) {
		r, err := http.ReadRequest(bufio.NewReader(strings.NewReader("GET " + path + " HTTP/1.1\r\nHost: " + host + "\r\n\r\n")))
		if err != nil {
			return
		}
		target := egress.Target{Host: "good.example", Port: 80}
		if within(target, r) != egress.Allowed {
			return
		}
		bare := strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(r.Host), ":80"), ".")
		if bare != "good.example" || r.URL.Host != "" {
			t.Errorf("%q %q passes for good.example", r.Host, r.URL)
		}
	})
}
