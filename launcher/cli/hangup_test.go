package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
	"testing"
	"time"
)

// hangUp sends this process the signal of a closed terminal, and reports whether
// a context ends of it.
func hangUp(t *testing.T, ctx context.Context) bool {
	t.Helper()
	if err := syscall.Kill(syscall.Getpid(), syscall.SIGHUP); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ctx.Done():
		return true
	case <-time.After(200 * time.Millisecond):
		return false
	}
}

func TestUntilHangup(t *testing.T) {
	a := new(app)
	ctx, stop := a.untilHangup(t.Context())
	defer stop()
	a.outlived.Store(true)
	if hangUp(t, ctx) {
		t.Error("ended while a window showed a session")
	}
	a.outlived.Store(false)
	if !hangUp(t, ctx) {
		t.Error("not ended by a closed terminal")
	}
}

func TestUntilHangupUnderNohup(t *testing.T) {
	signal.Ignore(syscall.SIGHUP)
	defer func() { // Reset alone leaves it ignored
		c := make(chan os.Signal, 1)
		signal.Notify(c, syscall.SIGHUP)
		signal.Stop(c)
	}()
	ctx, stop := new(app).untilHangup(t.Context())
	defer stop()
	if hangUp(t, ctx) {
		t.Error("ended by a signal that the caller has switched off")
	}
}
