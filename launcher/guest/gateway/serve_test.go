package gateway

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"dclaude/launcher/egress"
)

func question(t testing.TB, name string) []byte {
	t.Helper()
	m := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: 7, RecursionDesired: true},
		Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(name), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}},
	}
	b, err := m.Pack()
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestNameServerRefuses(t *testing.T) {
	w := newWorld(t, testSetup(), testLimits(), nil)
	packets, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	stream := listen(t)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 2)
	go func() { ended <- w.server.ServeDNS(ctx, packets) }()
	go func() { ended <- w.server.ServeDNSStream(ctx, stream) }()
	defer func() {
		cancel()
		if err := errors.Join(<-ended, <-ended); err != nil {
			t.Error(err)
		}
	}()
	refused := func(b []byte) {
		t.Helper()
		var m dnsmessage.Message
		if err := m.Unpack(b); err != nil || m.ID != 7 || !m.Response || m.RCode != dnsmessage.RCodeRefused || len(m.Questions) != 1 || len(m.Answers) != 0 {
			t.Errorf("%+v, %v", m, err)
		}
	}
	c, err := net.Dial("udp", packets.LocalAddr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(30 * time.Second))
	_, _ = c.Write([]byte("rubbish"))
	_, _ = c.Write(question(t, "secret.data.evil.example."))
	buf := make([]byte, 512)
	n, err := c.Read(buf)
	if err != nil {
		t.Fatal(err)
	}
	refused(buf[:n])
	s, err := net.Dial("tcp", stream.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	_ = s.SetDeadline(time.Now().Add(30 * time.Second))
	q := question(t, "a.example.")
	_, _ = s.Write(append([]byte{0, byte(len(q))}, q...))
	if b, err := io.ReadAll(s); err != nil || len(b) < 2 {
		t.Errorf("%v %v", b, err)
	} else {
		refused(b[2:])
	}
	if e := w.log.awaitReason(t, egress.Resolving); e.Host != "secret.data.evil.example" {
		t.Errorf("%+v", e)
	}
	if calls := w.net.calls(); len(calls) != 0 {
		t.Errorf("dialled %v", calls)
	}
}

func FuzzRefuseDNS(f *testing.F) {
	f.Add(question(f, "a.example."))
	f.Add([]byte{})
	f.Fuzz(func(t *testing.T, b []byte) {
		answer, _, ok := refuseDNS(b)
		var m dnsmessage.Message
		if ok && (m.Unpack(answer) != nil || !m.Response || m.RCode != dnsmessage.RCodeRefused || len(answer) > len(b)+12) {
			t.Errorf("%x is answered %x", b, answer)
		}
	})
}

func TestStrangersAreNotServed(t *testing.T) {
	setup := testSetup("good.example")
	setup.Subnet, setup.Address = netip.MustParsePrefix("10.1.0.0/29"), netip.MustParseAddr("10.1.0.2")
	w := newWorld(t, setup, testLimits(), names{"good.example": {"1.2.3.4"}})
	c := w.say("CONNECT good.example:443 HTTP/1.1\r\n\r\n")
	if b, _ := io.ReadAll(c); len(b) != 0 {
		t.Errorf("answered %q", b)
	}
}

// lifeline runs one and returns what ends it.
func lifeline(t *testing.T, limits Limits) (address string, ended chan error) {
	w := newWorld(t, testSetup(), limits, nil)
	l := listen(t)
	ended = make(chan error, 1)
	ctx, cancel := context.WithCancel(context.Background())
	t.Cleanup(cancel)
	go func() { ended <- w.server.ServeLifeline(ctx, l) }()
	return l.Addr().String(), ended
}

func TestTheGatewayEndsWithItsSession(t *testing.T) {
	limits := testLimits()
	limits.Goodbye = 200 * time.Millisecond
	address, ended := lifeline(t, limits)
	first, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	second, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	first.Close()
	select {
	case err := <-ended:
		t.Fatalf("ended with a lifeline left: %v", err)
	case <-time.After(2 * limits.Goodbye): // longer than a goodbye
	}
	second.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestASessionThatNeverComes(t *testing.T) {
	limits := testLimits()
	limits.Lifeline = time.Millisecond
	_, ended := lifeline(t, limits)
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestControl(t *testing.T) {
	l := layoutIn(t.TempDir())
	var saved egress.Live
	journal := NewJournal(io.Discard, "test", time.Now)
	defer journal.Close()
	s, err := New(Options{Setup: testSetup("a.example"), Limits: testLimits(), Journal: journal, Changed: func(live egress.Live) { saved = live; l.saveState(live) }})
	if err != nil {
		t.Fatal(err)
	}
	sock, err := net.Listen("unix", l.socket)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.ServeControl(ctx, sock) }()
	var out bytes.Buffer
	if err := control(l, strings.NewReader(`{"op":"allow","rules":["b.example:8080"]}`), &out); err != nil {
		t.Fatal(err)
	}
	var state egress.State
	if err := json.Unmarshal(out.Bytes(), &state); err != nil || strings.Join(state.Allow, " ") != "a.example b.example:8080" || len(saved.Allow) != 2 {
		t.Errorf("%s, %v", out.String(), err)
	}
	live, ok, err := l.loadState()
	if err != nil || !ok || len(live.Allow) != 2 {
		t.Errorf("restored: %+v, %v", live, err)
	}
	// A policy that cannot be read is not taken for none: what was denied since
	// the start would be allowed again.
	broken := l
	broken.state = filepath.Join(t.TempDir(), "state.json")
	if _, ok, err := broken.loadState(); ok || err != nil {
		t.Errorf("without one: %v, %v", ok, err)
	}
	if err := os.WriteFile(broken.state, []byte(`{"allow":`), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, ok, err := broken.loadState(); ok || err == nil {
		t.Errorf("a broken one: %v, %v", ok, err)
	}
	s.Restore(egress.Live{})
	if s.rules.state().Allow == nil || len(s.rules.state().Allow) != 0 {
		t.Error("not restored")
	}
	if err := control(l, strings.NewReader(`no`), &out); err == nil {
		t.Error("rubbish is passed on")
	}
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
	if err := control(l, strings.NewReader(`{}`), &out); err == nil {
		t.Error("nobody answers, and that is no error")
	}
}

func TestServe(t *testing.T) {
	if os.Getuid() != 0 {
		t.Skip("port 53 needs root outside of a container")
	}
	setup := testSetup()
	setup.Address, setup.Sandbox = netip.MustParseAddr("127.99.31.7"), netip.MustParseAddr("127.99.31.8")
	door, err := net.ListenPacket("udp", at(setup.Sandbox, portDiscard))
	if err != nil {
		t.Fatal(err)
	}
	defer door.Close()
	log := newLines()
	journal := NewJournal(log, "test", time.Now)
	defer journal.Close()
	s, err := New(Options{Setup: setup, Limits: testLimits(), Journal: journal, Resolver: names{}, Dialer: &internet{}})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(t.Context(), filepath.Join(t.TempDir(), "s")) }()
	log.await(t, func(e egress.Event) bool { return e.Gateway == egress.GatewayStarted })
	_ = door.SetReadDeadline(time.Now().Add(30 * time.Second))
	if _, _, err := door.ReadFrom(make([]byte, 8)); err != nil {
		t.Errorf("the session is not told that its gateway is there: %v", err)
	}
	c, err := net.Dial("tcp", at(setup.Address, egress.PortLifeline))
	if err != nil {
		t.Fatal(err)
	}
	again, err := New(Options{Setup: setup, Limits: testLimits(), Journal: journal})
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Serve(t.Context(), filepath.Join(t.TempDir(), "s")); err == nil {
		t.Error("two at one address")
	}
	c.Close()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestJournalIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		log := newLines()
		j := NewJournal(log, "s", time.Now)
		for range 100 * lineBurst {
			j.Add(egress.Event{Kind: egress.KindDNS})
			if len(j.lines) > lineQueue/2 {
				synctest.Wait()
			}
		}
		synctest.Wait()
		if n := len(log.events(t)); n != lineBurst {
			t.Errorf("%d lines", n)
		}
		time.Sleep(time.Second)
		j.Add(egress.Event{Kind: egress.KindDNS})
		j.Close()
		j.Add(egress.Event{})
		all := log.events(t)
		if last := all[len(all)-1]; last.Dropped != 99*lineBurst {
			t.Errorf("dropped: %+v", last)
		}
	})
}

func TestPartsThatFailAreStartedAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := 0
		err := keep(t.Context(), func() error {
			if runs++; runs < 5 {
				return errors.New("panic")
			}
			return nil
		}, func(_ error, pause time.Duration) { sleep(t.Context(), pause) })
		if err != nil || runs != 5 {
			t.Errorf("%d runs, %v", runs, err)
		}
		runs = 0
		err = keep(t.Context(), func() error { runs++; return errors.New("never works") }, func(error, time.Duration) {})
		if err == nil || runs != maxFailures+1 {
			t.Errorf("%d runs, %v", runs, err)
		}
		runs = 0
		err = keep(t.Context(), func() error {
			time.Sleep(lasting)
			if runs++; runs == 3*maxFailures {
				return nil
			}
			return errors.New("now and then")
		}, func(error, time.Duration) {})
		if err != nil {
			t.Error(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if err := keep(ctx, func() error { return errors.New("stopped") }, nil); err != nil {
			t.Error(err)
		}
	})
}

func TestAwaitSetup(t *testing.T) {
	text, err := testSetup("a.example").Encode()
	if err != nil {
		t.Fatal(err)
	}
	if s, err := awaitSetup(t.Context(), bytes.NewReader(text)); err != nil || s.Session != "test" {
		t.Errorf("%+v, %v", s, err)
	}
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		if _, err := awaitSetup(t.Context(), r); err == nil {
			t.Error("nothing came, and that is fine")
		}
		w.Close()
	})
	var last tail
	_, _ = last.Write(bytes.Repeat([]byte("x"), 2*maxTail))
	if _, _ = last.Write([]byte("y")); last.Len() != maxTail || len(firstLine(last.String())) != 300 {
		t.Error("not bounded")
	}
}
