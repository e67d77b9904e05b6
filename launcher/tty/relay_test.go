package tty

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// container is the far end of a Conn: the test writes its output and reads its
// input.
type container struct {
	*io.PipeReader // the near end's reads
	*io.PipeWriter // and writes
	output         *io.PipeWriter
	received       syncBuffer
	drained        chan struct{}
}

func newContainer() *container {
	c := &container{drained: make(chan struct{})}
	c.PipeReader, c.output = io.Pipe()
	var in *io.PipeReader
	in, c.PipeWriter = io.Pipe()
	go func() {
		defer close(c.drained)
		_, _ = io.Copy(&c.received, in)
	}()
	return c
}

func (c *container) CloseWrite() error { return c.PipeWriter.Close() }

func (c *container) Close() error {
	_ = c.PipeReader.CloseWithError(os.ErrClosed)
	return c.PipeWriter.Close()
}

// syncBuffer may be read while it is written.
type syncBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
	err error
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		return 0, b.err
	}
	return b.buf.Write(p)
}

func (b *syncBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

// window is a terminal of which a test sets everything.
type window struct {
	mu              sync.Mutex
	cols, rows      uint
	err             error
	resized, hungUp chan os.Signal
	owed            int
}

func newWindow() *window {
	return &window{cols: 80, rows: 24, resized: make(chan os.Signal, 1), hungUp: make(chan os.Signal, 1), owed: -1}
}

func (w *window) Size() (uint, uint, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.cols, w.rows, w.err
}

func (w *window) set(cols, rows uint, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.cols, w.rows, w.err = cols, rows, err
}

func (w *window) Resized() <-chan os.Signal { return w.resized }
func (w *window) HungUp() <-chan os.Signal  { return w.hungUp }
func (w *window) Owe(n int)                 { w.owed = n }

// keyboard is an input whose reads can be given up.
type keyboard struct {
	*io.PipeReader
	typing *io.PipeWriter
}

func newKeyboard() keyboard {
	r, w := io.Pipe()
	return keyboard{r, w}
}

func (k keyboard) Cancel() { _ = k.CloseWithError(ErrCanceled) }

func (k keyboard) types(s string) { _, _ = io.WriteString(k.typing, s) }

// desk is a relay with all around it.
type desk struct {
	t    *testing.T
	keys keyboard
	win  *window
	box  *container
	out  syncBuffer
	done chan struct{}
	res  Result
	err  error
}

// sit starts a relay in a bubble, changed by the given function.
func sit(ctx context.Context, t *testing.T, change func(*RelayOptions)) *desk {
	d := &desk{t: t, keys: newKeyboard(), win: newWindow(), box: newContainer(), done: make(chan struct{})}
	o := RelayOptions{In: d.keys, Out: &d.out, Conn: d.box, Window: d.win}
	if change != nil {
		change(&o)
	}
	go func() {
		defer close(d.done)
		d.res, d.err = Relay(ctx, o)
	}()
	synctest.Wait()
	return d
}

func (d *desk) ends(want End) {
	d.t.Helper()
	<-d.done
	<-d.box.drained
	if d.res.End != want {
		d.t.Errorf("the relay has %v (%v), want %v", d.res.End, d.err, want)
	}
}

func (d *desk) prints(s string) { _, _ = io.WriteString(d.box.output, s); synctest.Wait() }

func TestRelayEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := sit(t.Context(), t, nil)
		d.keys.types("hello\r")
		d.prints("one\x1b]52;c;AAAA\a two\x1b[?1049h\x1b[5n\x1b[5n")
		if got, want := d.out.String(), "one two\x1b[?1049h\x1b[5n\x1b[5n"; got != want {
			t.Errorf("printed %q, want %q", got, want)
		}
		d.keys.types("\x1b[0n")
		d.prints("\x1b]0;cut")
		d.box.output.Close()
		d.ends(Ended)
		if d.err != nil || d.box.received.String() != "hello\r\x1b[0n" {
			t.Errorf("received %q, %v", d.box.received.String(), d.err)
		}
		if !strings.HasSuffix(d.out.String(), "\x1b[5n\x1b[?1049l") {
			t.Errorf("modes are left: %q", d.out.String())
		}
		if d.win.owed != 1 {
			t.Errorf("%d answers are owed, want 1", d.win.owed)
		}
	})
}

func TestRelayDetach(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := sit(t.Context(), t, nil)
		d.prints("\x1b[?1049h\x1b[?2004;1002h\x1b[?25l\x1b[>1u")
		d.keys.types("text" + raw)
		d.keys.types(raw + "ls\r")
		d.ends(Detached)
		if got := d.box.received.String(); got != "text" || d.err != nil {
			t.Errorf("received %q, %v", got, d.err)
		}
		if _, err := d.box.output.Write([]byte("late")); err == nil {
			t.Error("the connection is still open")
		}
		if want := "\x1b[?1049h\x1b[>1u\x1b[?25l\x1b[?1002h\x1b[?2004h"; d.res.Modes != want {
			t.Errorf("modes %q, want %q", d.res.Modes, want)
		}

		again := sit(t.Context(), t, func(o *RelayOptions) { o.Modes = d.res.Modes + "\x1b[5i\x1b]52;c;AAAA\a" })
		if got := again.out.String(); got != d.res.Modes {
			t.Errorf("set again: %q", got)
		}
		again.keys.types(kitty + kitty)
		again.ends(Detached)
		if again.res.Modes != d.res.Modes {
			t.Errorf("modes after all: %q", again.res.Modes)
		}
	})
}

// TestRelayKeys: what is held for the chord comes with its time.
func TestRelayKeys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := sit(t.Context(), t, nil)
		step := func(types string, after time.Duration, want string) {
			t.Helper()
			if types != "" {
				d.keys.types(types)
			}
			time.Sleep(after) // of the bubble's clock
			synctest.Wait()
			if got := d.box.received.String(); got != want {
				t.Errorf("%v after %q: received %q, want %q", after, types, got, want)
			}
		}
		step("\x1b", 0, "\x1b")
		step("\x1b[", 0, "\x1b")
		step("", keyWindow, "\x1b\x1b[")
		step(raw, chordWindow-1, "\x1b\x1b[")
		step("", 1, "\x1b\x1b["+raw)
		step(raw, 0, "\x1b\x1b["+raw)
		step("x", 0, "\x1b\x1b["+raw+raw+"x")
		all := d.box.received.String()
		step(raw, chordWindow/2, all)
		step("\x1b[<35;1;1M", chordWindow/2, all+raw+"\x1b[<35;1;1M") // does not put it off
		d.keys.types(raw)
		d.keys.typing.Close()
		d.ends(HungUp)
		if got := d.box.received.String(); !strings.HasSuffix(got, "M"+raw) {
			t.Errorf("what was held is lost at the end: %q", got)
		}
	})
}

func TestRelayHungUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := sit(t.Context(), t, nil)
		d.win.hungUp <- syscall.SIGHUP
		d.ends(HungUp)

		d = sit(t.Context(), t, nil)
		d.out.mu.Lock()
		d.out.err = syscall.EIO
		d.out.mu.Unlock()
		d.prints("x")
		d.ends(HungUp)
		if d.err != nil {
			t.Error(d.err)
		}
	})
}

func TestRelayCanceled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := errors.New("stopped")
		ctx, cancel := context.WithCancelCause(t.Context())
		d := sit(ctx, t, nil)
		cancel(stop)
		d.ends(Canceled)
		if !errors.Is(d.err, stop) {
			t.Error(d.err)
		}
	})
}

func TestRelayBroken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := sit(t.Context(), t, nil)
		d.box.output.CloseWithError(syscall.ECONNRESET)
		d.ends(Broken)
		var e *Error
		if !errors.As(d.err, &e) || !errors.Is(d.err, syscall.ECONNRESET) || !strings.Contains(e.Hint(), "attach") {
			t.Errorf("%v", d.err)
		}
		if got, want := e.Error(), "connection to the session: connection reset by peer"; got != want {
			t.Errorf("%q, want %q", got, want)
		}
	})
}

// TestRelayDeaf: a container that takes no input can still be left.
func TestRelayDeaf(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := sit(t.Context(), t, nil)
		_ = d.box.CloseWrite()
		d.keys.types("text")
		d.keys.types("more")
		d.prints("still here")
		d.keys.types(raw + raw)
		d.ends(Detached)
		if got := d.out.String(); got != "still here" {
			t.Errorf("printed %q", got)
		}
	})
}

// stuck is a terminal that takes nothing until let go.
type stuck struct {
	free chan struct{}
	syncBuffer
}

func (s *stuck) Write(p []byte) (int, error) {
	<-s.free
	return s.syncBuffer.Write(p)
}

// TestRelayStuck: a terminal that takes nothing does not keep the relay, and
// gets nothing any more once it moves.
func TestRelayStuck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		out := &stuck{free: make(chan struct{})}
		d := sit(ctx, t, func(o *RelayOptions) { o.Out = out })
		d.prints("first")
		start := time.Now()
		cancel()
		d.ends(Canceled)
		if took := time.Since(start); took != grace {
			t.Errorf("it took %v", took)
		}
		close(out.free)
		synctest.Wait()
		if got := out.String(); got != "first" {
			t.Errorf("printed %q", got)
		}
	})
}

func TestRelayWithoutCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r, w := io.Pipe()
		d := sit(t.Context(), t, func(o *RelayOptions) { o.In = r })
		d.box.output.Close()
		d.ends(Ended) // though the read still waits
		w.Close()

		d = sit(t.Context(), t, func(o *RelayOptions) { o.In = nil })
		d.box.output.Close()
		d.ends(Ended)
	})
}

// TestRelayPanic: a panic in a part unwinds the caller, whose defers restore the
// terminal.
func TestRelayPanic(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		box := newContainer()
		defer func() {
			<-box.drained
			if p := fmt.Sprint(recover()); !strings.Contains(p, "boom") || !strings.Contains(p, "resize.go") {
				t.Errorf("recovered %v", p)
			}
		}()
		_, _ = Relay(t.Context(), RelayOptions{
			In: newKeyboard(), Out: io.Discard, Conn: box, Window: newWindow(),
			Resize: func(context.Context, uint, uint) error { panic("boom") },
		})
		t.Error("no panic")
	})
}

func TestEndString(t *testing.T) {
	for e, want := range map[End]string{Broken: "broken", Ended: "ended", Detached: "detached", HungUp: "hung up", Canceled: "canceled"} {
		if e.String() != want {
			t.Errorf("%d is %q, want %q", e, e, want)
		}
	}
}
