package e2e

import (
	"bytes"
	"net"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
)

// wire is a socket before the lab's engine. It passes bytes on, and can stop
// at a request, or go away as an engine does that ends: the engine itself goes
// on, for the other tests and for a look at what came of it.
type wire struct {
	t      *testing.T
	path   string
	engine string

	mu       sync.Mutex
	listener *net.UnixListener
	conns    map[*net.UnixConn]bool
	stops    []*stop
}

// stop is a request at which the wire stops, once.
type stop struct {
	request *regexp.Regexp
	skip    int    // so many such requests pass
	then    func() // may be nil
	reached chan struct{}
	resume  chan struct{}
}

func newWire(t *testing.T, engine string) *wire {
	t.Helper()
	w := &wire{t: t, path: filepath.Join(t.TempDir(), "e.sock"), engine: strings.TrimPrefix(engine, "unix://"), conns: map[*net.UnixConn]bool{}}
	w.back()
	t.Cleanup(w.cut)
	return w
}

// stopAt makes the wire hold back the next request whose first line matches.
// It goes on after a call of goOn, never without one.
func (w *wire) stopAt(request string) *stop {
	s := &stop{request: regexp.MustCompile(request), reached: make(chan struct{}), resume: make(chan struct{})}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stops = append(w.stops, s)
	return s
}

// cutAt makes the wire go away instead of passing such a request on.
func (w *wire) cutAt(request string) {
	w.stopAt(request).then = w.cut
}

// cutAtNth makes the wire go away instead of passing the nth request from now
// on. It returns whether there were so many, to be asked afterwards.
func (w *wire) cutAtNth(n int) (reached func() bool) {
	s := w.stopAt(`^[A-Z]+ /.* HTTP/1\.1$`)
	w.mu.Lock()
	defer w.mu.Unlock()
	s.skip, s.then = n-1, w.cut
	return func() bool {
		select {
		case <-s.reached:
			return true
		default:
			return false
		}
	}
}

// forget drops the stops that were not reached.
func (w *wire) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.stops = nil
}

func (s *stop) goOn() { close(s.resume) }

// cut goes away: nobody listens any more, and all connections break.
func (w *wire) cut() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.listener != nil {
		w.listener.Close()
		w.listener = nil
	}
	for c := range w.conns {
		c.Close()
		delete(w.conns, c)
	}
}

// back listens again after a cut.
func (w *wire) back() {
	w.t.Helper()
	l, err := net.ListenUnix("unix", &net.UnixAddr{Name: w.path, Net: "unix"})
	if err != nil {
		w.t.Fatal(err)
	}
	w.mu.Lock()
	w.listener = l
	w.mu.Unlock()
	go func() {
		for {
			client, err := l.AcceptUnix()
			if err != nil {
				return
			}
			go w.join(l, client)
		}
	}()
}

func (w *wire) join(l *net.UnixListener, client *net.UnixConn) {
	engine, err := net.DialUnix("unix", nil, &net.UnixAddr{Name: w.engine, Net: "unix"})
	if err != nil {
		client.Close()
		return
	}
	w.mu.Lock()
	if w.listener != l { // cut meanwhile
		w.mu.Unlock()
		client.Close()
		engine.Close()
		return
	}
	w.conns[client], w.conns[engine] = true, true
	w.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { w.pass(engine, client, w.look) })
	both.Go(func() { w.pass(client, engine, func([]byte) {}) })
	both.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, c := range []*net.UnixConn{client, engine} {
		c.Close()
		delete(w.conns, c)
	}
}

// pass copies, and passes the end of the input on.
func (w *wire) pass(to, from *net.UnixConn, look func([]byte)) {
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		if n > 0 {
			look(buf[:n])
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			_ = to.CloseWrite()
			return
		}
	}
}

// look finds the requests at which to stop. A request begins a chunk: the
// client sends one after the other.
func (w *wire) look(chunk []byte) {
	line, _, _ := bytes.Cut(chunk, []byte("\r\n"))
	w.mu.Lock()
	var hit *stop
	for i, s := range w.stops {
		if s.request.Match(line) {
			if s.skip--; s.skip >= 0 {
				continue
			}
			hit, w.stops = s, append(w.stops[:i:i], w.stops[i+1:]...)
			break
		}
	}
	w.mu.Unlock()
	if hit == nil {
		return
	}
	close(hit.reached)
	if hit.then != nil {
		hit.then()
		return
	}
	<-hit.resume
}
