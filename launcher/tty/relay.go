package tty

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"sync"
	"sync/atomic"
	"time"
)

// grace is how long Relay waits, at the end, for a write to a terminal that
// takes nothing.
const grace = time.Second

// Conn is the stream of a container: its output is read, its input written.
// Close must end a Read and a Write that wait.
type Conn interface {
	io.ReadWriteCloser
	// CloseWrite ends the container's input, not its output.
	CloseWrite() error
}

// Window is what Relay needs of a [Terminal] beside its input and output.
type Window interface {
	// Size returns the size in cells.
	Size() (cols, rows uint, err error)
	// Resized receives at each change of the size.
	Resized() <-chan os.Signal
	// HungUp receives when the terminal is gone.
	HungUp() <-chan os.Signal
	// Owe takes how many answers to CSI 5 n are still to come.
	Owe(answers int)
}

// RelayOptions says what Relay joins.
type RelayOptions struct {
	// In is what the user types, or a pipe; nil is no input. If it has a method
	// Cancel, as [Input] has, Relay calls that at the end and no read is left
	// behind. Without one a read that waits goes on waiting.
	In io.Reader
	// Out is the terminal, unfiltered; or what [Output] returned.
	Out io.Writer
	// Conn is closed at the end.
	Conn Conn
	// Window is nil for a session without a terminal.
	Window Window
	// Resize sets the size of the container's terminal. It gives up with its
	// context. Its errors are of no consequence: it is tried again, and what
	// became of the container is told by the stream.
	Resize func(ctx context.Context, cols, rows uint) error
	// Redraw is for a program that is running already: it is given another size
	// for a moment, so that it paints its screen anew.
	Redraw bool
	// Modes are [Result.Modes] of the relay before, to be set again.
	Modes string
	// Clipboard lets the session set the clipboard.
	Clipboard bool
	// Demux reads a multiplexed stream and writes it to its destinations. With
	// it Out is not used. Only without a Window.
	Demux func(io.Reader) error
}

// End says why a relay ended.
type End uint8

// The ends of a relay.
const (
	Broken   End = iota // the connection broke; the session may still run
	Ended               // the container closed its output: the session is over
	Detached            // the user typed the detach chord; the session runs on
	HungUp              // the terminal is gone; the session runs on
	Canceled            // the context is done; the session runs on
)

func (e End) String() string {
	return [...]string{"broken", "ended", "detached", "hung up", "canceled"}[e]
}

// Result says how a relay ended.
type Result struct {
	End End
	// Modes brings the next terminal into the modes that the session relies on,
	// which it will not set again: mouse, paste, keyboard, alternate screen.
	Modes string
}

// Relay joins a terminal to a container until one of them ends, the user types
// the detach chord, or ctx is done. Output is filtered; when Relay returns,
// nothing more is written to Out. It neither sets raw mode nor restores the
// terminal: the caller does, the latter with defer.
//
// Without a Window it copies In to the container, closes the container's input
// when In ends, and copies the output, until that ends.
//
// The error is an *[Error], the cause of ctx, or nil; it goes with Broken and
// Canceled, and with Ended when the input could not be read to its end. A panic
// in any part of the relay is raised in the caller's goroutine.
func Relay(ctx context.Context, o RelayOptions) (Result, error) {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r := &relay{RelayOptions: o, ends: make(chan outcome, 8), gate: &gate{w: o.Out}}
	r.start(ctx)

	var hungUp <-chan os.Signal
	if o.Window != nil {
		hungUp = o.Window.HungUp()
	}
	var out outcome
	select {
	case out = <-r.ends:
	case <-hungUp:
		out = outcome{end: HungUp}
	case <-ctx.Done():
		out = outcome{end: Canceled, err: context.Cause(ctx)}
	}
	cancel()
	return r.finish(out)
}

// outcome is what ended one part of a relay, and with it the whole.
type outcome struct {
	end   End
	err   error
	panic any
}

type relay struct {
	RelayOptions
	filter   *Filter
	gate     *gate
	scanner  DetachScanner
	ends     chan outcome
	parts    sync.WaitGroup
	inputErr atomic.Pointer[Error]
}

func (r *relay) start(ctx context.Context) {
	if r.Window == nil {
		r.part(r.pipeInput)
		r.part(r.pipeOutput)
		return
	}
	r.filter = NewFilter(r.gate, FilterOptions{Clipboard: r.Clipboard})
	r.part(r.output)
	r.part(func() { r.resizes(ctx) })
	if r.In != nil {
		chunks, failed := make(chan []byte), make(chan error, 1)
		read := func() { readChunks(ctx, r.In, chunks, failed) }
		if _, ok := r.In.(canceler); ok {
			r.part(read)
		} else {
			go read()
		}
		r.part(func() { r.input(ctx, chunks, failed) })
	}
}

type canceler interface{ Cancel() }

// part runs f until the relay ends. A panic in it would end the process before
// anybody could restore the terminal, so it is taken to the caller.
func (r *relay) part(f func()) {
	r.parts.Go(func() {
		defer func() {
			if p := recover(); p != nil {
				r.end(outcome{panic: fmt.Sprintf("%v\n%s", p, debug.Stack())})
			}
		}()
		f()
	})
}

// end reports the end of a part. Only the first counts; the rest finds room in
// the channel or goes.
func (r *relay) end(o outcome) {
	select {
	case r.ends <- o:
	default:
	}
}

// finish stops all parts and closes what they used.
func (r *relay) finish(out outcome) (Result, error) {
	_ = r.Conn.Close()
	if c, ok := r.In.(canceler); ok {
		c.Cancel()
	}
	stopped := r.stopped()
	result := Result{End: out.end}
	if r.filter != nil && stopped {
		result.Modes = r.filter.Modes()
		_ = r.filter.Close()
		r.Window.Owe(max(r.filter.StatusRequests()-r.scanner.Replies(), 0))
	}
	r.gate.shut.Store(true)
	if out.panic != nil {
		panic(out.panic)
	}
	if e := r.inputErr.Load(); e != nil && out.err == nil {
		out.err = e
	}
	return result, out.err
}

// stopped waits for the parts and reports whether they have all ended. One that
// has not is writing to a terminal that takes nothing.
func (r *relay) stopped() bool {
	done := make(chan struct{})
	go func() {
		r.parts.Wait()
		close(done)
	}()
	limit := time.NewTimer(grace)
	defer limit.Stop()
	select {
	case <-done:
		return true
	case <-limit.C:
		return false
	}
}

// gate is the way to the terminal, until it is shut.
type gate struct {
	w    io.Writer
	shut atomic.Bool
}

func (g *gate) Write(p []byte) (int, error) {
	if g.shut.Load() {
		return 0, os.ErrClosed
	}
	return g.w.Write(p)
}

// broken is the outcome of a connection that failed.
func broken(err error) outcome {
	if errors.Is(err, io.EOF) {
		return outcome{end: Ended}
	}
	return outcome{end: Broken, err: &Error{
		What: "connection to the session", Err: err,
		hint: "the session may still be running: dclaude ls shows it, dclaude attach returns to it",
	}}
}
