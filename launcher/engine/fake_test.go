package engine

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// fakeEngine speaks just enough of the engine's API for one test, on a unix
// socket. It fails the test on a call that was not expected next, and on one
// that never came.
type fakeEngine struct {
	t      *testing.T
	server *httptest.Server
	socket string

	mu    sync.Mutex
	calls []call
	pings int
	// header is added to the answer to a ping.
	header map[string]string
}

// call is one expected request and the answer to it.
type call struct {
	// want is the method and the path, without the version of the API.
	want string
	// check looks at the request; may be nil.
	check func(t *testing.T, r *http.Request)
	// status and body are the answer; a status of 0 is 200.
	status int
	body   string
	// handle answers in place of status and body.
	handle http.HandlerFunc
}

// fakeVersion is the API that the fake speaks.
const fakeVersion = "1.41"

// fake starts a fake engine that expects the calls in their order.
func fake(t *testing.T, calls ...call) *fakeEngine {
	t.Helper()
	f := &fakeEngine{t: t, calls: calls, header: map[string]string{
		"Api-Version": fakeVersion, "Ostype": "linux", "Server": "Docker/20.10.24 (linux)",
	}}
	f.socket = socketIn(t)
	listener, err := net.Listen("unix", f.socket)
	if err != nil {
		t.Fatal(err)
	}
	f.server = &httptest.Server{Listener: listener, Config: &http.Server{Handler: http.HandlerFunc(f.serve)}}
	f.server.Start()
	t.Cleanup(f.finish)
	return f
}

// socketIn returns a path for a socket, which has to be shorter than what
// t.TempDir returns on some systems.
func socketIn(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "eng")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return filepath.Join(dir, "s")
}

func (f *fakeEngine) finish() {
	f.server.CloseClientConnections()
	f.server.Close()
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, c := range f.calls {
		f.t.Errorf("the call %s never came", c.want)
	}
}

func (f *fakeEngine) serve(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/_ping" {
		f.mu.Lock()
		f.pings++
		f.mu.Unlock()
		for key, value := range f.header {
			w.Header().Set(key, value)
		}
		return
	}
	next, ok := f.next(r.Method + " " + r.URL.Path)
	if !ok {
		http.Error(w, "unexpected", http.StatusTeapot)
		return
	}
	if next.check != nil {
		next.check(f.t, r)
	}
	if next.handle != nil {
		next.handle(w, r)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	if next.status != 0 {
		w.WriteHeader(next.status)
	}
	_, _ = io.WriteString(w, next.body)
}

// next takes the expected call off the list if it is the one that came.
func (f *fakeEngine) next(got string) (call, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.calls) == 0 {
		f.t.Errorf("unexpected call %s", got)
		return call{}, false
	}
	c := f.calls[0]
	method, path, _ := cutSpace(c.want)
	if got != c.want && got != method+" /v"+fakeVersion+path {
		f.t.Errorf("call %s came, want %s", got, c.want)
		return call{}, false
	}
	f.calls = f.calls[1:]
	return c, true
}

func cutSpace(s string) (before, after string, ok bool) {
	for i := range s {
		if s[i] == ' ' {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

// endpoint is where the fake listens.
func (f *fakeEngine) endpoint() Endpoint {
	return Endpoint{Host: "unix://" + f.socket, configDir: filepath.Dir(f.socket)}
}

// engine connects to the fake.
func (f *fakeEngine) engine() *Engine {
	f.t.Helper()
	e, err := Connect(f.t.Context(), f.endpoint())
	if err != nil {
		f.t.Fatal(err)
	}
	f.t.Cleanup(e.Close)
	return e
}

// connected is a connection to a fake that expects these calls.
func connected(t *testing.T, calls ...call) *Engine {
	t.Helper()
	return fake(t, calls...).engine()
}

// refuse is an answer of the engine that says no.
func refuse(want string, status int, message string) call {
	text, err := json.Marshal(map[string]string{"message": message})
	if err != nil {
		panic(err)
	}
	return call{want: want, status: status, body: string(text)}
}

// query checks parameters of a request.
func query(want map[string]string) func(*testing.T, *http.Request) {
	return func(t *testing.T, r *http.Request) {
		t.Helper()
		for key, value := range want {
			if got := r.URL.Query().Get(key); got != value {
				t.Errorf("parameter %s is %q, want %q", key, got, value)
			}
		}
	}
}

// upgrade answers a request by handing its connection to talk, as the engine
// does for streams.
func upgrade(want string, talk func(conn net.Conn, in *bufio.Reader)) call {
	return call{want: want, handle: func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		conn, buf, err := w.(http.Hijacker).Hijack()
		if err != nil {
			panic(err)
		}
		defer conn.Close()
		fmt.Fprintf(conn, "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: %s\r\n\r\n", r.Header.Get("Upgrade"))
		talk(conn, buf.Reader)
	}}
}
