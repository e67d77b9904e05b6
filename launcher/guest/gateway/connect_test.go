package gateway

import (
	"bytes"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"dclaude/launcher/egress"
)

// hello is what a TLS client says first.
func hello(t testing.TB, name string) []byte {
	t.Helper()
	client, server := net.Pipe()
	defer client.Close()
	go func() { _ = tls.Client(client, &tls.Config{ServerName: name, InsecureSkipVerify: true}).Handshake() }()
	buf := make([]byte, 16<<10)
	n, err := server.Read(buf)
	server.Close()
	if err != nil {
		t.Fatal(err)
	}
	return buf[:n]
}

// fragments cuts the one record of a hello into many.
func fragments(record []byte, size int) []byte {
	var out []byte
	for body := record[5:]; len(body) > 0; {
		n := min(size, len(body))
		out = append(out, record[0], record[1], record[2], byte(n>>8), byte(n))
		out = append(out, body[:n]...)
		body = body[n:]
	}
	return out
}

func TestTunnel(t *testing.T) {
	w := newWorld(t, testSetup("good.example"), testLimits(), names{"good.example": {"1.2.3.4"}})
	w.serve("1.2.3.4:443", echo)
	first := hello(t, "good.example")
	for _, said := range [][]byte{first, fragments(first, 7), fragments(first, 1)} {
		c, r, status, _ := w.connect("good.example:443")
		if status != 200 {
			t.Fatal(status)
		}
		if _, err := c.Write(append(bytes.Clone(said), "and more"...)); err != nil {
			t.Fatal(err)
		}
		c.(*net.TCPConn).CloseWrite()
		got, err := io.ReadAll(r)
		if err != nil || string(got) != string(said)+"and more" {
			t.Fatalf("came back: %d bytes, %v", len(got), err)
		}
	}
	want := int64(len(first) + len("and more"))
	e := w.log.await(t, func(e egress.Event) bool { return e.Reason == egress.Allowed && e.Sent == want })
	if e.Kind != egress.KindTunnel || e.Host != "good.example" || e.Port != 443 || e.Received != want || e.Address == "" || e.Session != "test" {
		t.Errorf("logged: %+v", e)
	}
}

// A client may send its hello together with the CONNECT.
func TestTunnelWithEarlyHello(t *testing.T) {
	w := newWorld(t, testSetup("good.example"), testLimits(), names{"good.example": {"1.2.3.4"}})
	w.serve("1.2.3.4:443", echo)
	first := string(hello(t, "good.example"))
	c := w.say("CONNECT good.example:443 HTTP/1.1\r\n\r\n" + first)
	c.(*net.TCPConn).CloseWrite()
	got, err := io.ReadAll(c)
	if err != nil || !strings.HasSuffix(string(got), "\r\n\r\n"+first) {
		t.Errorf("%d bytes of %d, %v", len(got), len(first), err)
	}
}

func TestTunnelsThatAreTurnedAway(t *testing.T) {
	setup := testSetup("good.example", "*.wild.example", "inside.example", "mixed.example", "10.1.2.3:8080", "gone.example", "dead.example", "mapped.example", "nat64.example", "host.example", "self.example")
	setup.Deny = []string{"bad.wild.example"}
	w := newWorld(t, setup, testLimits(), names{
		"good.example": {"1.2.3.4"}, "inside.example": {"10.0.0.1", "127.0.0.1", "169.254.169.254"}, "evil.example": {"1.2.3.4"},
		"bad.wild.example": {"1.2.3.4"}, "dead.example": {"1.2.3.5"}, "mapped.example": {"::ffff:10.0.0.1", "::ffff:127.0.0.1"},
		"nat64.example": {"64:ff9b::7f00:1", "2002:7f00:1::"}, "host.example": {"8.8.8.8"}, "self.example": {"127.0.0.2"},
	})
	w.serve("1.2.3.4:443", echo)
	for _, tt := range []struct {
		authority string
		status    int
		reason    egress.Reason
		text      string
	}{
		{"evil.example:443", 403, egress.NotAllowed, "dclaude net allow evil.example\n"},
		{"good.example:22", 403, egress.BadPort, "dclaude net allow good.example:22"},
		{"bad.wild.example:443", 403, egress.Denied, "forbidden"},
		{"1.2.3.4:443", 403, egress.NotAllowed, "dclaude net allow 1.2.3.4\n"},
		{"169.254.169.254:80", 403, egress.NotAllowed, ""},
		{"[::1]:443", 403, egress.NotAllowed, ""},
		{"[::ffff:10.1.2.3]:8080", 403, egress.BadAddress, ""}, // mapped form of an address that is allowed
		{"10.1.2.3:443", 403, egress.BadPort, ""},
		{"inside.example:443", 403, egress.BadAddress, "not public (10.0.0.1"},
		{"mapped.example:443", 403, egress.BadAddress, ""},
		{"nat64.example:443", 403, egress.BadAddress, ""},
		{"host.example:443", 403, egress.BadAddress, ""},
		{"self.example:443", 403, egress.BadAddress, ""},
		{"gone.example:443", 502, egress.NoSuchName, "cannot be resolved"},
		{"dead.example:443", 502, egress.Unreachable, "does not answer"},
	} {
		start := len(w.log.events(t))
		_, _, status, text := w.connect(tt.authority)
		if status != tt.status || !strings.Contains(text, tt.text) {
			t.Errorf("%s: %d %s", tt.authority, status, text)
		}
		e := w.log.await(t, func(e egress.Event) bool { return e.Reason == tt.reason && tt.authority == e.Host+":"+port(e) })
		if e.Verdict == egress.VerdictAllowed || start > len(w.log.events(t)) {
			t.Errorf("%s: %+v", tt.authority, e)
		}
	}
	if got := w.net.calls(); !slices.Equal(got, []string{"1.2.3.5:443"}) {
		t.Errorf("dialled: %v", got)
	}
	// Two addresses, one of which may be dialled: only that one is.
	w2 := newWorld(t, testSetup("mixed.example"), testLimits(), names{"mixed.example": {"10.0.0.1", "1.2.3.4"}})
	w2.serve("1.2.3.4:443", echo)
	if _, _, status, _ := w2.connect("mixed.example:443"); status != 200 || !slices.Equal(w2.net.calls(), []string{"1.2.3.4:443"}) {
		t.Errorf("mixed: %d, dialled %v", status, w2.net.calls())
	}
}

func port(e egress.Event) string {
	_, p, _ := net.SplitHostPort(net.JoinHostPort("x", itoa(e.Port)))
	return p
}

func itoa(n uint16) string {
	var b []byte
	for ; n > 0; n /= 10 {
		b = append([]byte{byte('0' + n%10)}, b...)
	}
	return string(b)
}

// What goes through a tunnel is TLS for the tunnel's own host, or nothing.
func TestHellosThatEndTheTunnel(t *testing.T) {
	other := hello(t, "evil.example")
	for name, tt := range map[string]struct {
		said   []byte
		reason egress.Reason
	}{
		"another server":            {other, egress.OtherServer},
		"another server, in pieces": {fragments(other, 3), egress.OtherServer},
		"no name":                   {hello(t, ""), egress.OtherServer},
		"almost HTTP":               {[]byte("HELO evil.example\r\n\r\n"), egress.NotTLS},
		"a long word":               {[]byte("ABCDEFGHIJKLMNOPQRSTUVWXYZ / HTTP/1.1\r\n\r\n"), egress.NotTLS},
		"ssh":                       {[]byte("SSH-2.0-x\r\n"), egress.NotTLS},
		"a hello cut short":         {other[:60], egress.NotTLS},
		"rubbish in a record":       {append([]byte{22, 3, 1, 0, 64}, make([]byte, 64)...), egress.NotTLS},
		"an endless hello":          {append([]byte{22, 3, 1, 63, 255, 1, 255, 255, 255}, make([]byte, 90<<10)...), egress.NotTLS},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, testSetup("good.example"), testLimits(), names{"good.example": {"1.2.3.4"}})
			heard := make(chan []byte, 1)
			w.serve("1.2.3.4:443", func(c net.Conn) {
				b, _ := io.ReadAll(c)
				heard <- b
			})
			c, r, status, _ := w.connect("good.example:443")
			if status != 200 {
				t.Fatal(status)
			}
			_, _ = c.Write(tt.said)
			_ = c.(*net.TCPConn).CloseWrite()
			back, _ := io.ReadAll(r)
			if tt.reason == egress.OtherServer && !bytes.Equal(back, alertAccessDenied) {
				t.Errorf("the client was told %x", back)
			}
			if b := <-heard; len(b) != 0 {
				t.Errorf("the server heard %d bytes", len(b))
			}
			if e := w.log.awaitReason(t, tt.reason); e.Verdict != egress.VerdictBlocked || e.Sent != 0 {
				t.Errorf("logged: %+v", e)
			}
		})
	}
}

func TestRuleForAnyProtocol(t *testing.T) {
	w := newWorld(t, testSetup("tcp:db.example:5432"), testLimits(), names{"db.example": {"1.2.3.4"}})
	w.serve("1.2.3.4:5432", func(c net.Conn) { // the server speaks first
		_, _ = io.WriteString(c, "220 hello\r\n")
		echo(c)
	})
	c, r, status, _ := w.connect("db.example:5432")
	line, err := r.ReadString('\n')
	if status != 200 || err != nil || line != "220 hello\r\n" {
		t.Fatalf("%d %q %v", status, line, err)
	}
	_, _ = c.Write([]byte("not TLS\n"))
	if line, err := r.ReadString('\n'); err != nil || line != "not TLS\n" {
		t.Errorf("%q %v", line, err)
	}
}

func TestChangesReachRunningTunnels(t *testing.T) {
	w := newWorld(t, testSetup("tcp:good.example:443"), testLimits(), names{"good.example": {"1.2.3.4"}, "new.example": {"1.2.3.4"}})
	w.serve("1.2.3.4:443", echo)
	if _, _, status, _ := w.connect("new.example:443"); status != 403 {
		t.Fatal(status)
	}
	if s := w.server.Change(egress.Change{Op: egress.OpAllow, Rules: []string{"new.example"}}); s.Error != "" {
		t.Fatal(s.Error)
	}
	if _, _, status, _ := w.connect("new.example:443"); status != 200 {
		t.Errorf("after allow: %d", status)
	}
	c, r, _, _ := w.connect("good.example:443")
	_, _ = c.Write([]byte("x\n"))
	if _, err := r.ReadString('\n'); err != nil {
		t.Fatal(err)
	}
	if s := w.server.Change(egress.Change{Op: egress.OpDeny, Rules: []string{"good.example"}}); s.Error != "" {
		t.Fatal(s.Error)
	}
	if _, err := r.ReadByte(); err == nil {
		t.Error("the tunnel goes on")
	}
	if s := w.server.Change(egress.Change{Op: egress.OpAllow, Rules: []string{"**"}}); s.Error == "" {
		t.Error("nonsense is allowed")
	}
	if s := w.server.Change(egress.Change{Op: egress.OpAllow, Rules: []string{"*"}}); s.Error != "" {
		t.Fatal(s.Error)
	}
	w.serve("10.9.9.9:443", echo) // private: the one rule is for the address, too
	if s := w.server.Change(egress.Change{Op: egress.OpOnce, Rules: []string{"10.9.9.9"}}); len(s.Once) != 1 {
		t.Errorf("once: %+v", s)
	}
	for i, want := range []int{200, 403} {
		if _, _, status, _ := w.connect("10.9.9.9:443"); status != want {
			t.Errorf("once, time %d: %d", i, status)
		}
	}
}

func TestIdleTunnelsEnd(t *testing.T) {
	limits := testLimits()
	limits.Idle = 50 * time.Millisecond
	w := newWorld(t, testSetup("tcp:good.example:443"), limits, names{"good.example": {"1.2.3.4"}})
	w.serve("1.2.3.4:443", func(c net.Conn) { _, _ = io.Copy(io.Discard, c) })
	_, r, _, _ := w.connect("good.example:443")
	if _, err := r.ReadByte(); err == nil || errors.Is(err, &net.OpError{}) {
		t.Error("still open")
	}
	w.log.awaitReason(t, egress.Allowed)
}

func TestConnectionsAreLimited(t *testing.T) {
	limits := testLimits()
	limits.Connections = 2
	w := newWorld(t, testSetup(), limits, nil)
	for range 5 {
		w.say("")
	}
	w.log.awaitReason(t, egress.TooMany)
}

func FuzzReadHello(f *testing.F) {
	whole := hello(f, "a.example")
	f.Add(whole)
	f.Add(fragments(whole, 5))
	f.Add([]byte("GET / HTTP/1.1\r\n"))
	f.Add(whole[:20])
	f.Fuzz(func(t *testing.T, b []byte) {
		_, seen, _ := readHello(bytes.NewReader(b))
		if !bytes.HasPrefix(b, seen) {
			t.Error("what was seen is not what was sent")
		}
	})
}
