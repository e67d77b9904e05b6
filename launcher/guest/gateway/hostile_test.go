package gateway

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dclaude/launcher/egress"
)

// A session that breaks its own request off does not keep it out of the log.
func TestARequestThatIsBrokenOffIsLogged(t *testing.T) {
	w := newWorld(t, testSetup("good.example"), testLimits(), names{"good.example": {"1.2.3.4"}})
	heard := make(chan string, 1)
	w.serve("1.2.3.4:80", func(c net.Conn) {
		req, err := http.ReadRequest(bufio.NewReader(c))
		if err != nil {
			return
		}
		body, _ := io.ReadAll(req.Body)
		heard <- string(body)
		fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
		for {
			if _, err := c.Write(make([]byte, 1000)); err != nil {
				return
			}
		}
	})
	c := w.say("POST http://good.example/ HTTP/1.1\r\nHost: good.example\r\nContent-Length: 6\r\n\r\nsecret")
	if got := <-heard; got != "secret" {
		t.Fatalf("heard %q", got)
	}
	if _, err := bufio.NewReader(c).ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	_ = c.(*net.TCPConn).SetLinger(0)
	c.Close()
	e := w.log.await(t, func(e egress.Event) bool { return e.Host == "good.example" })
	if e.Kind != egress.KindHTTP || e.Sent != 6 {
		t.Errorf("logged: %+v", e)
	}
}

// After a change of protocol bytes would go through as they are, requests for
// other hosts among them. None comes about, asked for or not.
func TestTheProtocolIsNotChanged(t *testing.T) {
	w := newWorld(t, testSetup("good.example"), testLimits(), names{"good.example": {"1.2.3.4"}})
	w.serve("1.2.3.4:80", func(c net.Conn) {
		r := bufio.NewReader(c)
		q, err := http.ReadRequest(r)
		if err != nil {
			return
		}
		if q.Header.Get("Upgrade") != "" {
			t.Error("the server was asked to change the protocol")
		}
		fmt.Fprintf(c, "HTTP/1.1 101 Switching Protocols\r\n%s\r\n\r\n", cmp.Or(q.Header.Get("Answer"), "A: b"))
		rest, _ := io.ReadAll(r)
		if len(rest) > 0 {
			t.Errorf("the server heard %q", rest)
		}
	})
	const asks = "Connection: Upgrade\r\nUpgrade: any\r\n"
	for _, more := range []string{asks, asks + "Answer: Connection: Upgrade\r\n", "", "Answer: Upgrade: any\r\n"} {
		for _, tunnel := range []bool{false, true} {
			c, r, target := net.Conn(nil), (*bufio.Reader)(nil), "http://good.example/"
			if tunnel {
				target = "/"
				c, r, _, _ = w.connect("good.example:80")
			} else {
				c = w.say("")
				r = bufio.NewReader(c)
			}
			fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: good.example\r\n%s\r\n", target, more)
			if status, _, text := answer(t, r, "GET"); status < 400 {
				t.Errorf("%q: %d %s", more, status, text)
			}
			fmt.Fprint(c, "GET http://evil.example/ HTTP/1.1\r\nHost: evil.example\r\n\r\n")
			c.Close()
		}
	}
}

// What the user forbids ends, however it is carried: an answer that streams, or
// a tunnel to an address.
func TestDenyEndsWhatIsUnderWay(t *testing.T) {
	w := newWorld(t, testSetup("stream.example", "tcp:tunnel.example:443", "other.example"), testLimits(),
		names{"stream.example": {"1.2.3.4"}, "tunnel.example": {"1.2.3.6"}, "other.example": {"1.2.3.4"}})
	w.serve("1.2.3.4:80", func(c net.Conn) {
		if _, err := http.ReadRequest(bufio.NewReader(c)); err != nil {
			return
		}
		fmt.Fprint(c, "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\nhello\n")
		_, _ = io.Copy(io.Discard, c)
	})
	w.serve("1.2.3.6:443", echo)
	open := func(text string) *bufio.Reader {
		t.Helper()
		r := bufio.NewReader(w.say(text))
		for {
			line, err := r.ReadString('\n')
			if err != nil {
				t.Fatalf("before: %v", err)
			}
			if line == "hello\n" {
				return r
			}
		}
	}
	get := func(host string) string {
		return "GET http://" + host + "/ HTTP/1.1\r\nHost: " + host + "\r\n\r\n"
	}
	tunnel, _, status, _ := w.connect("tunnel.example:443")
	if status != 200 {
		t.Fatal(status)
	}
	_, _ = tunnel.Write([]byte("hello\n"))
	tunnelled := bufio.NewReader(tunnel)
	if _, err := tunnelled.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	other := open(get("other.example"))
	for rule, r := range map[string]*bufio.Reader{
		"stream.example": open(get("stream.example")),
		"1.2.3.6":        tunnelled,
	} {
		if s := w.server.Change(egress.Change{Op: egress.OpDeny, Rules: []string{rule}}); s.Error != "" {
			t.Fatal(s.Error)
		}
		if _, err := r.ReadByte(); err == nil || isTimeout(err) {
			t.Errorf("%s is denied, and goes on: %v", rule, err)
		}
	}
	ended := make(chan error, 1)
	go func() { _, err := other.ReadByte(); ended <- err }()
	w.server.Change(egress.Change{Op: egress.OpDeny, Rules: []string{"elsewhere.example"}})
	select {
	case err := <-ended:
		t.Errorf("what is allowed has ended, too: %v", err)
	default:
	}
	w.server.Change(egress.Change{Op: egress.OpDeny, Rules: []string{"*"}})
	if err := <-ended; err == nil || isTimeout(err) {
		t.Errorf("everything is denied, and goes on: %v", err)
	}
}

func isTimeout(err error) bool {
	failure, ok := err.(net.Error) //nolint:errorlint // as it comes from the connection
	return ok && failure.Timeout()
}

// A proxy answers TRACE, when Max-Forwards says that it is the last, with the
// request as it came: with the password that our gateway has put in.
func TestTheUpstreamProxysPasswordIsNotReflected(t *testing.T) {
	setup := testSetup("good.example")
	setup.Upstream = "http://user:hush@proxy.example:3128"
	w := newWorld(t, setup, testLimits(), names{})
	w.serve("proxy.example:3128", func(c net.Conn) {
		for r := bufio.NewReader(c); ; {
			req, err := http.ReadRequest(r)
			if err != nil {
				return
			}
			text := "nothing to see"
			if req.Method == http.MethodTrace || req.Header.Get("Max-Forwards") != "" {
				text = req.Method + " " + fmt.Sprint(req.Header)
			}
			fmt.Fprintf(c, "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s", len(text), text)
		}
	})
	for _, method := range []string{"TRACE", "trace", "TRACK", "OPTIONS", "GET"} {
		c := w.say(method + " http://good.example/ HTTP/1.1\r\nHost: good.example\r\nMax-Forwards: 0\r\nConnection: close\r\n\r\n")
		b, err := io.ReadAll(c)
		if err != nil {
			t.Fatal(err)
		}
		if text := string(b); strings.Contains(text, "Proxy-Authorization") || strings.Contains(text, "hush") || strings.Contains(text, "dXNlcjpodXNo") {
			t.Errorf("%s: %s", method, text)
		}
	}
}

// Names that a wildcard allows are as many as a session likes, and no way around
// the rate.
func TestAFloodOfNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := newLines()
		j := NewJournal(log, "s", time.Now)
		add := func(n int) {
			for i := range n {
				j.Add(egress.Event{Kind: egress.KindTunnel, Verdict: egress.VerdictAllowed, Host: itoa(uint16(i+1)) + ".example"})
				synctest.Wait()
			}
		}
		add(lineBurst + 3*maxNoted)
		if n := len(log.events(t)); n != lineBurst+maxNoted {
			t.Errorf("%d lines", n)
		}
		time.Sleep(notedFor) // the bubble's clock
		add(1)
		if n := len(log.events(t)); n != lineBurst+maxNoted+1 {
			t.Errorf("a minute later: %d lines", n)
		}
		j.Close()
	})
}

// A session that floods the log does not keep out of it what its user did, nor
// what became of the gateway.
func TestAFloodHidesLittle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := newLines()
		j := NewJournal(log, "s", time.Now)
		for range 3 * lineBurst {
			j.Add(egress.Event{Kind: egress.KindDNS})
			j.Add(egress.Event{Kind: egress.KindTunnel, Verdict: egress.VerdictAllowed, Host: "much.example"})
			synctest.Wait()
		}
		j.Add(egress.Event{Kind: egress.KindTunnel, Verdict: egress.VerdictAllowed, Host: "once.example", Sent: 1})
		j.Add(egress.Event{Kind: egress.KindTunnel, Verdict: egress.VerdictAllowed, Host: "much.example", Sent: muchSent})
		j.Add(egress.Event{Kind: egress.KindPolicy, Change: egress.OpDeny, Host: "evil.example"})
		j.Add(egress.Event{Kind: egress.KindGateway, Gateway: egress.GatewayStarted})
		j.Add(egress.Event{Kind: egress.KindGateway, Verdict: egress.VerdictBlocked, Reason: egress.TooMany}) // a session's
		j.Close()
		all := log.events(t)
		const kept = 2*lineBurst + 1 // and the first of a host, which takes no room
		if n := len(all); n != kept+4 || all[n-4].Host != "once.example" || all[n-3].Sent != muchSent || all[n-2].Host != "evil.example" || all[n-1].Gateway != egress.GatewayStarted {
			t.Errorf("%d lines, the last %+v", n, all[max(0, n-4):])
		}
		if all[len(all)-4].Dropped == 0 {
			t.Error("what is not there is not counted")
		}
	})
}
