// Package instance makes sure that one menu-bar app runs for a user, and hands
// the folders that a second start was given to the first. They meet in a folder
// that only the user can enter.
package instance

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"github.com/gofrs/flock"
)

// Request is what a second start asks of the first.
type Request struct {
	// Paths are absolute; none means: show yourself.
	Paths []string `json:"paths"`
}

// answer is what it gets back.
type answer struct {
	Error string `json:"error,omitempty"`
}

const (
	lockName   = "menubar.lock"
	socketName = "menubar.sock"
	// maxRequest bounds a request, in bytes; maxSocket the path of a socket,
	// which macOS limits to 104 bytes with a zero.
	maxRequest = 1 << 20
	maxSocket  = 103
	// talkTime is what one exchange may take, meetTime how long a second start
	// waits for the first to listen.
	talkTime = 10 * time.Second
	meetTime = 5 * time.Second
)

// Error says that the instances cannot meet.
type Error struct {
	Err  error
	hint string
}

// Error implements error.
func (e *Error) Error() string { return "cannot tell whether the app is running: " + e.Err.Error() }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *Error) Hint() string { return e.hint }

// First is the one that runs.
type First struct {
	lock     *flock.Flock
	listener net.Listener
	path     string
}

// Start makes this process the first, or finds out that another one is: then
// it returns nil and no error. dir is private to the user, and made if need be.
func Start(dir string) (*First, error) {
	if err := private(dir); err != nil {
		return nil, &Error{Err: err, hint: "the folder must be yours and closed to others: chmod 700 '" + dir + "'"}
	}
	path := filepath.Join(dir, socketName)
	if len(path) > maxSocket {
		return nil, &Error{Err: fmt.Errorf("the path of the socket is too long: %s", path), hint: "set XDG_RUNTIME_DIR to a folder of yours with a shorter path"}
	}
	lock := flock.New(filepath.Join(dir, lockName), flock.SetPermissions(0o600))
	got, err := lock.TryLock()
	if err != nil {
		return nil, &Error{Err: err}
	}
	if !got {
		return nil, nil //nolint:nilnil // neither the first nor an error, as documented
	}
	// Who holds the lock is alone: a socket that is there has lost its owner.
	if err := os.Remove(path); err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, errors.Join(&Error{Err: err}, lock.Unlock())
	}
	listener, err := net.Listen("unix", path) //nolint:noctx // listening on a path does not wait
	if err != nil {
		return nil, errors.Join(&Error{Err: err}, lock.Unlock())
	}
	if err := os.Chmod(path, 0o600); err != nil {
		return nil, errors.Join(&Error{Err: err}, listener.Close(), lock.Unlock())
	}
	return &First{lock: lock, listener: listener, path: path}, nil
}

// private makes dir, and makes sure that nobody else can put anything there.
func private(dir string) error {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	info, err := os.Lstat(dir)
	if err != nil {
		return err
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !info.IsDir() || !ok || int(st.Uid) != os.Getuid() || info.Mode().Perm()&0o077 != 0 {
		return fmt.Errorf("the folder %s is open to others", dir)
	}
	return nil
}

// Serve hands each request to handle, one at a time, until Close.
func (f *First) Serve(handle func(Request) error) {
	for {
		conn, err := f.listener.Accept()
		if err != nil {
			return
		}
		serve(conn, handle)
	}
}

func serve(conn net.Conn, handle func(Request) error) {
	defer func() { _ = conn.Close() }()
	if err := conn.SetDeadline(time.Now().Add(talkTime)); err != nil {
		return
	}
	var r Request
	var a answer
	err := json.NewDecoder(io.LimitReader(conn, maxRequest)).Decode(&r)
	if err == nil {
		err = check(r)
	}
	if err == nil {
		err = handle(r)
	}
	if err != nil {
		a.Error = err.Error()
	}
	_ = json.NewEncoder(conn).Encode(a) // who does not wait for it does not care
}

func check(r Request) error {
	for _, p := range r.Paths {
		if !filepath.IsAbs(p) {
			return fmt.Errorf("%q is not an absolute path", p)
		}
	}
	return nil
}

// Close lets another process be the first.
func (f *First) Close() error {
	return errors.Join(f.listener.Close(), f.lock.Unlock())
}

// Send hands a request to the first instance and returns what it says. It
// waits a little for one that has only just started.
func Send(ctx context.Context, dir string, r Request) error {
	ctx, cancel := context.WithTimeout(ctx, talkTime)
	defer cancel()
	conn, err := meet(ctx, filepath.Join(dir, socketName))
	if err != nil {
		return &Error{Err: err, hint: "end the app that hangs, and start it again"}
	}
	defer func() { _ = conn.Close() }()
	if deadline, ok := ctx.Deadline(); ok {
		if err := conn.SetDeadline(deadline); err != nil {
			return err
		}
	}
	var a answer
	if err := json.NewEncoder(conn).Encode(r); err != nil {
		return &Error{Err: err}
	}
	if err := json.NewDecoder(io.LimitReader(conn, maxRequest)).Decode(&a); err != nil {
		return &Error{Err: fmt.Errorf("the app that is running does not answer: %w", err), hint: "end it, and start it again"}
	}
	if a.Error != "" {
		return errors.New(a.Error)
	}
	return nil
}

// meet connects to an instance that may not listen yet.
func meet(ctx context.Context, path string) (net.Conn, error) {
	var dialer net.Dialer
	deadline := time.Now().Add(meetTime)
	for {
		conn, err := dialer.DialContext(ctx, "unix", path)
		if err == nil || time.Now().After(deadline) {
			return conn, err
		}
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-time.After(50 * time.Millisecond):
		}
	}
}
