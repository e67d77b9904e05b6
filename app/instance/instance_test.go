package instance

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// dir is a folder with a short path, for a socket.
func dir(t *testing.T) string {
	t.Helper()
	d, err := os.MkdirTemp("", "in-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(d) })
	return filepath.Join(d, "run")
}

func first(t *testing.T, d string, handle func(Request) error) *First {
	t.Helper()
	f, err := Start(d)
	if err != nil || f == nil {
		t.Fatalf("%v, %v", f, err)
	}
	done := make(chan struct{})
	go func() { defer close(done); f.Serve(handle) }()
	t.Cleanup(func() { f.Close(); <-done })
	return f
}

func TestSecondStartHandsOver(t *testing.T) {
	d := dir(t)
	got := make(chan Request, 10)
	first(t, d, func(r Request) error {
		if slices.Contains(r.Paths, "/refused") {
			return errors.New("folder \"/refused\" is refused")
		}
		got <- r
		return nil
	})
	for range 3 {
		if f, err := Start(d); f != nil || err != nil {
			t.Fatalf("a second first: %v, %v", f, err)
		}
	}
	paths := []string{"/a b", "/new\nline", "/ü"}
	if err := Send(t.Context(), d, Request{Paths: paths}); err != nil {
		t.Fatal(err)
	}
	if r := <-got; !slices.Equal(r.Paths, paths) {
		t.Errorf("%q", r.Paths)
	}
	if err := Send(t.Context(), d, Request{Paths: []string{"/refused"}}); err == nil || !strings.Contains(err.Error(), "is refused") {
		t.Errorf("%v", err)
	}
	if err := Send(t.Context(), d, Request{Paths: []string{"relative"}}); err == nil {
		t.Error("a relative path was taken")
	}
	if info, err := os.Stat(filepath.Join(d, socketName)); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("socket: %v, %v", info.Mode(), err)
	}
}

// After a crash the socket is still there; the lock is not.
func TestStaleSocket(t *testing.T) {
	d := dir(t)
	if err := os.MkdirAll(d, 0o700); err != nil {
		t.Fatal(err)
	}
	l, err := net.Listen("unix", filepath.Join(d, socketName))
	if err != nil {
		t.Fatal(err)
	}
	l.(*net.UnixListener).SetUnlinkOnClose(false)
	l.Close()
	first(t, d, func(Request) error { return nil })
	if err := Send(t.Context(), d, Request{}); err != nil {
		t.Error(err)
	}
}

func TestFoldersThatOthersCanEnter(t *testing.T) {
	for name, make := range map[string]func(string) error{
		"open":   func(d string) error { return errors.Join(os.MkdirAll(d, 0o700), os.Chmod(d, 0o755)) },
		"a link": func(d string) error { return errors.Join(os.MkdirAll(d+"2", 0o700), os.Symlink(d+"2", d)) },
		"a file": func(d string) error {
			return errors.Join(os.MkdirAll(filepath.Dir(d), 0o700), os.WriteFile(d, nil, 0o600))
		},
		"too long": nil,
	} {
		d := dir(t)
		if make == nil {
			d = filepath.Join(d, strings.Repeat("x", 100))
		} else if err := make(d); err != nil {
			t.Fatal(err)
		}
		f, err := Start(d)
		var e *Error
		if f != nil || !errors.As(err, &e) || e.Hint() == "" {
			t.Errorf("%s: %v, %v", name, f, err)
		}
	}
}

// Of many that start at once, exactly one is the first.
func TestRace(t *testing.T) {
	d := dir(t)
	var mu sync.Mutex
	var firsts []*First
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			f, err := Start(d)
			if err != nil {
				t.Error(err)
			}
			if f != nil {
				mu.Lock()
				firsts = append(firsts, f)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if len(firsts) != 1 {
		t.Fatalf("%d firsts", len(firsts))
	}
	if err := firsts[0].Close(); err != nil {
		t.Error(err)
	}
	first(t, d, func(Request) error { return nil })
}

// Junk, silence and haste of others do not stop the first.
func TestBadClients(t *testing.T) {
	d := dir(t)
	f := first(t, d, func(Request) error { return nil })
	for _, junk := range []string{"", "junk\n", `{"paths":`, strings.Repeat("x", 100_000)} {
		conn, err := net.Dial("unix", f.path)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(conn, junk)
		conn.Close()
	}
	if err := Send(t.Context(), d, Request{}); err != nil {
		t.Error(err)
	}
}

func TestNobodyListens(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := Send(ctx, dir(t), Request{}); err == nil {
		t.Error("no error")
	}
}
