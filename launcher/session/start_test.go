package session

import (
	"context"
	"errors"
	"io"
	"net"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"dclaude/launcher/engine"
	"dclaude/launcher/handoff"
	"dclaude/launcher/plan"
)

func somePlan() plan.Plan {
	return plan.Plan{
		Session:   "s",
		Container: plan.Container{Name: "dclaude-s", TTY: true},
		Handoff:   handoff.Handoff{UID: 501, GID: 20, Isolation: handoff.Direct, Credentials: "the login"},
	}
}

// initStream is the stream of a container whose init does what a test says, on
// its end of it.
func initStream(t *testing.T, tty bool, does func(conn net.Conn)) *engine.Stream {
	t.Helper()
	ours, theirs := net.Pipe()
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		defer theirs.Close()
		does(theirs)
	}()
	t.Cleanup(func() {
		ours.Close()
		<-ended
	})
	return engine.NewStream(ours, tty)
}

// asks is an init on a terminal. It keeps what it is told.
func asks(told *handoff.Handoff) func(net.Conn) {
	return func(conn net.Conn) {
		_, _ = io.WriteString(conn, handoff.Ask)
		*told, _ = handoff.Receive(conn)
		_, _ = io.WriteString(conn, handoff.Taken+"the session")
	}
}

// startSteps are the calls of a start that works.
func startSteps() []step {
	return []step{
		{call: "create dclaude-s"},
		{call: "attach id-1 tty=true"},
		{call: "wait id-1"},
		{call: "start id-1"},
	}
}

func TestStart(t *testing.T) {
	f := newFake(t, startSteps()...)
	var told handoff.Handoff
	f.stream, f.exit = initStream(t, true, asks(&told)), engine.Exit{Code: 7}
	running, err := Start(t.Context(), f, somePlan(), StartOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if running.ID != fakeID || running.Stream != f.stream || running.Plan.Session != "s" {
		t.Errorf("running: %+v", running)
	}
	if exit := <-running.Exit; exit.Code != 7 {
		t.Errorf("exit: %+v", exit)
	}
	shown, err := io.ReadAll(running.Stream)
	if told.Credentials != "the login" || string(shown) != "the session" || err != nil {
		t.Errorf("told %+v, shown %q, %v", told, shown, err)
	}
}

func TestStartDetached(t *testing.T) {
	f := newFake(t, startSteps()...)
	var told handoff.Handoff
	f.stream = initStream(t, true, asks(&told))
	running, err := Start(t.Context(), f, somePlan(), StartOptions{Detached: true})
	if err != nil || running.Stream != nil {
		t.Errorf("got %+v, %v", running, err)
	}
	if told.Credentials != "the login" {
		t.Errorf("told %+v when it was left", told)
	}
	if _, err := f.stream.Write([]byte("x")); err == nil {
		t.Error("the stream is still open")
	}
}

// Without a terminal nobody asks, and the session's own input follows.
func TestStartWithoutATerminal(t *testing.T) {
	p := somePlan()
	p.Container.TTY = false
	steps := startSteps()
	steps[1].call = "attach id-1 tty=false"
	f := newFake(t, steps...)
	var told handoff.Handoff
	var input []byte
	read := make(chan struct{})
	f.stream = initStream(t, false, func(conn net.Conn) {
		defer close(read)
		told, _ = handoff.Receive(conn)
		input = make([]byte, 5)
		_, _ = io.ReadFull(conn, input)
	})
	running, err := Start(t.Context(), f, p, StartOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(running.Stream, "input"); err != nil {
		t.Fatal(err)
	}
	if <-read; told.Credentials != "the login" || string(input) != "input" {
		t.Errorf("told %+v, then %q", told, input)
	}
}

// A container that says something else than its init does is given nothing,
// and what it said is there to be read.
func TestStartOfAContainerThatFails(t *testing.T) {
	for _, says := range []string{"", "dclaude: error: ", handoff.Ask[:3], handoff.Ask[:3] + "x"} {
		f := newFake(t, startSteps()...)
		var got []byte
		gone := make(chan struct{})
		f.stream = initStream(t, true, func(conn net.Conn) {
			defer close(gone)
			_, _ = io.WriteString(conn, says)
			if len(says) > 3 { // it lives on, and listens
				got, _ = io.ReadAll(conn)
			}
		})
		running, err := Start(t.Context(), f, somePlan(), StartOptions{})
		if err != nil {
			t.Fatalf("%q: %v", says, err)
		}
		shown := make([]byte, len(says))
		if _, err := io.ReadFull(running.Stream, shown); err != nil || string(shown) != says {
			t.Errorf("%q: shown %q, %v", says, shown, err)
		}
		running.Stream.Close()
		if <-gone; len(got) > 0 {
			t.Errorf("%q was given %q", says, got)
		}
	}
}

// An init that cannot use what it was given says so, to whoever reads on.
func TestStartOfAnInitThatRefuses(t *testing.T) {
	const words = "dclaude: error: in the container: no"
	f := newFake(t, startSteps()...)
	f.stream = initStream(t, true, func(conn net.Conn) {
		_, _ = io.WriteString(conn, handoff.Ask)
		_, _ = handoff.Receive(conn)
		_, _ = io.WriteString(conn, words)
	})
	running, err := Start(t.Context(), f, somePlan(), StartOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if shown, err := io.ReadAll(running.Stream); string(shown) != words || err != nil {
		t.Errorf("shown %q, %v", shown, err)
	}
}

// Whichever step fails, what was made before is removed, and nothing else is
// tried.
func TestStartThatFailsLeavesNothing(t *testing.T) {
	for i, s := range startSteps() {
		if strings.HasPrefix(s.call, "wait") {
			continue // its failure is the session's, which a start does not wait for
		}
		t.Run(s.call, func(t *testing.T) {
			steps := startSteps()[:i+1]
			steps[i].err = failure(engine.KindDiskFull)
			if i > 0 {
				steps = append(steps, step{call: "remove id-1"})
			}
			f := newFake(t, steps...)
			f.stream = initStream(t, true, func(net.Conn) {})
			running, err := Start(t.Context(), f, somePlan(), StartOptions{})
			if running != nil || !engine.IsKind(err, engine.KindDiskFull) {
				t.Errorf("got %+v, %v", running, err)
			}
		})
	}
}

func TestStartClosesItsStreamWhenItFails(t *testing.T) {
	steps := append(startSteps(), step{call: "remove id-1"})
	steps[3].err = failure(engine.KindRuntimeFailed)
	f := newFake(t, steps...)
	ours, theirs := net.Pipe()
	f.stream = engine.NewStream(ours, true)
	if _, err := Start(t.Context(), f, somePlan(), StartOptions{}); !engine.IsKind(err, engine.KindRuntimeFailed) {
		t.Error(err)
	}
	if _, err := theirs.Read(make([]byte, 1)); err == nil {
		t.Error("the stream is still open")
	}
}

// What is not confirmed is not started.
func TestStartUnconfirmed(t *testing.T) {
	steps := slices.Concat(startSteps()[:3], []step{{call: "remove id-1"}})
	f := newFake(t, steps...)
	f.stream = initStream(t, true, func(net.Conn) {})
	_, err := Start(t.Context(), f, somePlan(), StartOptions{Confirm: func() error { return ErrChanged }})
	if !errors.Is(err, ErrChanged) {
		t.Errorf("got %v", err)
	}
}

// An interrupt in any step ends like a failure. The engine is at work on a
// request that nobody waits for any more, so a create is seen to its end.
func TestStartInterrupted(t *testing.T) {
	for i, s := range startSteps() {
		t.Run(s.call, func(t *testing.T) {
			ctx, interrupt := context.WithCancel(t.Context())
			steps := startSteps()
			steps[i].do = func(ctx context.Context) error {
				interrupt()
				return nil // the engine was faster
			}
			if i == 0 {
				steps = steps[:1]
			}
			steps = append(steps, step{call: "remove id-1"})
			f := newFake(t, steps...)
			f.stream = initStream(t, true, asks(new(handoff.Handoff)))
			if _, err := Start(ctx, f, somePlan(), StartOptions{}); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		})
	}
}

// Nor does an init that never asks, or never reads, hold an interrupt up.
func TestStartInterruptedBeforeTheHandoff(t *testing.T) {
	for _, says := range []string{"", handoff.Ask} {
		ctx, interrupt := context.WithCancel(t.Context())
		f := newFake(t, append(startSteps(), step{call: "remove id-1"})...)
		ended := make(chan struct{})
		f.stream = initStream(t, true, func(conn net.Conn) {
			_, _ = io.WriteString(conn, says)
			interrupt()
			<-ended
		})
		if _, err := Start(ctx, f, somePlan(), StartOptions{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%q: got %v", says, err)
		}
		close(ended)
	}
}

// An engine that hangs does not hold an interrupt up for ever. What it may
// have made is removed by its name.
func TestStartInterruptedInAnEngineThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, interrupt := context.WithCancel(t.Context())
		f := newFake(t, step{call: "create dclaude-s", do: func(ctx context.Context) error {
			interrupt()
			<-ctx.Done()
			return ctx.Err()
		}}, step{call: "remove dclaude-s"})
		if _, err := Start(ctx, f, somePlan(), StartOptions{}); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestStartTellsWhatMayBeLeft(t *testing.T) {
	f := newFake(t,
		step{call: "create dclaude-s", err: failure(engine.KindConnectionLost)},
		step{call: "remove dclaude-s", err: failure(engine.KindUnreachable)})
	_, err := Start(t.Context(), f, somePlan(), StartOptions{})
	if !engine.IsKind(err, engine.KindConnectionLost) || !strings.Contains(err.Error(), "container dclaude-s may be left behind") {
		t.Errorf("got %v", err)
	}
}

func TestStartRefusesAHandoffThatNoInitTakes(t *testing.T) {
	p := somePlan()
	p.Handoff.Isolation = "none"
	if _, err := Start(t.Context(), newFake(t), p, StartOptions{}); err == nil {
		t.Error("no error, and no call")
	}
}
