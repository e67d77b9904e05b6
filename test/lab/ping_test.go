package lab

import (
	"context"
	"errors"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"testing"
)

// fakeEngine answers pings at a socket, with that status.
func fakeEngine(t *testing.T, status int) (host string) {
	t.Helper()
	socket := filepath.Join(t.TempDir(), "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/_ping" {
			t.Errorf("asked for %s", r.URL.Path)
		}
		w.WriteHeader(status)
	})}
	done := make(chan struct{})
	go func() { _ = server.Serve(listener); close(done) }()
	t.Cleanup(func() { _ = server.Close(); <-done })
	return "unix://" + socket
}

func TestPing(t *testing.T) {
	if err := ping(t.Context(), fakeEngine(t, http.StatusOK)); err != nil {
		t.Error(err)
	}
	if err := ping(t.Context(), fakeEngine(t, http.StatusInternalServerError)); err == nil || !strings.Contains(err.Error(), "500") {
		t.Errorf("of a broken engine: %v", err)
	}
	for _, host := range []string{"unix://" + filepath.Join(t.TempDir(), "none"), "tcp://127.0.0.1:1", ""} {
		if answers(t.Context(), host) {
			t.Errorf("%q answers", host)
		}
	}
}

func TestAwaitEngine(t *testing.T) {
	if err := awaitEngine(t.Context(), fakeEngine(t, http.StatusOK), nil); err != nil {
		t.Error(err)
	}
	nowhere := "unix://" + filepath.Join(t.TempDir(), "none")
	ended := make(chan error, 1)
	ended <- errors.New("exit status 1")
	if err := awaitEngine(t.Context(), nowhere, ended); err == nil || !strings.Contains(err.Error(), "exit status 1") {
		t.Errorf("of an engine that ended: %v", err)
	}
	ended <- nil
	if err := awaitEngine(t.Context(), nowhere, ended); err == nil {
		t.Error("an engine that ended well before it answered counts as up")
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := awaitEngine(ctx, nowhere, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("after a cancel: %v", err)
	}
}

func TestTailOfFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	if got := tailOfFile(path); !strings.Contains(got, "no such file") {
		t.Errorf("of a missing file: %q", got)
	}
	write(t, path, "a\n\nb\n")
	if got := tailOfFile(path); got != "a\nb" {
		t.Errorf("got %q", got)
	}
}
