package gateway

import (
	"bufio"
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// soakVariable makes the soak longer, as in DCLAUDE_SOAK=10m.
const soakVariable = "DCLAUDE_SOAK"

// Clients and servers that break off, in every state and for a long time, leave
// nothing: no goroutine, no descriptor, no connection.
func TestSoak(t *testing.T) {
	length := 2 * time.Second
	if text := os.Getenv(soakVariable); text != "" {
		var err error
		if length, err = time.ParseDuration(text); err != nil {
			t.Fatal(err)
		}
	}
	goroutines, descriptors := runtime.NumGoroutine(), openDescriptors()
	var requests, answered atomic.Int64
	t.Run("world", func(t *testing.T) {
		limits := testLimits()
		limits.Idle, limits.Header, limits.Dial = time.Second, time.Second, time.Second
		w := newWorld(t, testSetup("good.example", "tcp:raw.example:22"), limits, names{"good.example": {"1.2.3.4"}, "raw.example": {"1.2.3.5"}})
		w.serve("1.2.3.4:443", rude)
		w.serve("1.2.3.4:80", web)
		w.serve("1.2.3.5:22", rude)
		first := hello(t, "good.example")
		ctx, cancel := context.WithTimeout(t.Context(), length)
		defer cancel()
		var all sync.WaitGroup
		for range 48 {
			all.Go(func() {
				for ctx.Err() == nil {
					requests.Add(1)
					if misbehave(w.proxy, first) {
						answered.Add(1)
					}
				}
			})
		}
		all.Wait()
		settle(t, "connections of the session", func() int { return int(w.server.open.Load()) }, 0)
	})
	http.DefaultClient.CloseIdleConnections()
	settle(t, "goroutines", runtime.NumGoroutine, goroutines)
	settle(t, "descriptors", openDescriptors, descriptors)
	t.Logf("%v: %d connections, %d of them answered; %d goroutines and %d descriptors as before", length, requests.Load(), answered.Load(), goroutines, descriptors)
	if answered.Load() == 0 {
		t.Error("nothing was answered, so this says nothing")
	}
}

// settle waits until a count is back where it was.
func settle(t *testing.T, what string, count func() int, want int) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); count() > want; time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<16)
			t.Errorf("%d %s, %d before\n%s", count(), what, want, buf[:runtime.Stack(buf, true)])
			return
		}
	}
}

func openDescriptors() int {
	list, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return 0 // not on Linux
	}
	return len(list)
}

// reset closes a connection so that its peer sees a reset.
func reset(c net.Conn) {
	if t, ok := c.(*net.TCPConn); ok {
		_ = t.SetLinger(0)
	}
	c.Close()
}

// rude is a server that ends in some way of many.
func rude(c net.Conn) {
	buf := make([]byte, 4096)
	for {
		_ = c.SetDeadline(time.Now().Add(time.Second))
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		switch rand.IntN(8) {
		case 0:
			reset(c)
			return
		case 1:
			return
		case 2:
			_ = c.(*net.TCPConn).CloseWrite()
		case 3:
			_, _ = c.Write(make([]byte, 64<<10))
		default:
			_, _ = c.Write(buf[:n])
		}
	}
}

// misbehave is a client that does the same, and tells whether it had an answer.
func misbehave(proxy string, hello []byte) bool {
	c, err := net.Dial("tcp", proxy)
	if err != nil {
		return false
	}
	defer c.Close()
	_ = c.SetDeadline(time.Now().Add(time.Duration(20+rand.IntN(300)) * time.Millisecond))
	asks := []string{
		"CONNECT good.example:443 HTTP/1.1\r\n\r\n", "CONNECT raw.example:22 HTTP/1.1\r\n\r\n", "CONNECT evil.example:443 HTTP/1.1\r\n\r\n",
		"GET http://good.example/ HTTP/1.1\r\nHost: good.example\r\n\r\n", "GET http://evil.example/ HTTP/1.1\r\nHost: x\r\n\r\n",
		"POST http://good.example/ HTTP/1.1\r\nHost: x\r\nContent-Length: 100000\r\n\r\nshort", "rubbish\r\n\r\n", "GET /",
		"CONNECT good.example:443 HTTP/1.1\r\n\r\n" + string(hello[:len(hello)/2]), "POST /hook/waiting HTTP/1.1\r\nHost: x\r\n\r\n",
	}
	if _, err := io.WriteString(c, asks[rand.IntN(len(asks))]); err != nil {
		return false
	}
	if rand.IntN(8) == 0 {
		reset(c)
		return false
	}
	r := bufio.NewReader(c)
	line, err := r.ReadString('\n')
	if err != nil {
		return false
	}
	if strings.Contains(line, "200 Connection") {
		_, _ = r.ReadString('\n')
		_, _ = c.Write(hello)
		if rand.IntN(3) == 0 {
			_ = c.(*net.TCPConn).CloseWrite()
		}
		_, _ = io.CopyN(io.Discard, r, int64(rand.IntN(1<<16)))
	}
	if rand.IntN(2) == 0 {
		reset(c)
	}
	return true
}
