package session

import (
	"context"
	"errors"
	"net"
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

// startSteps are the calls of a start that works.
func startSteps() []step {
	return []step{
		{call: "create dclaude-s"},
		{call: "fill id-1 " + handoff.Dir + "/" + handoff.File},
		{call: "attach id-1 tty=true"},
		{call: "wait id-1"},
		{call: "start id-1"},
	}
}

func TestStart(t *testing.T) {
	f := newFake(t, startSteps()...)
	ours, theirs := net.Pipe()
	defer theirs.Close()
	f.stream, f.exit = engine.NewStream(ours, true), engine.Exit{Code: 7}
	running, err := Start(t.Context(), f, somePlan(), false)
	if err != nil {
		t.Fatal(err)
	}
	if running.ID != fakeID || running.Stream != f.stream || running.Plan.Session != "s" {
		t.Errorf("running: %+v", running)
	}
	if exit := <-running.Exit; exit.Code != 7 {
		t.Errorf("exit: %+v", exit)
	}
	if f.filled.Mode != 0o600 || f.filled.UID != 0 || !strings.Contains(string(f.filled.Data), "the login") {
		t.Errorf("handoff: mode %v, owner %d", f.filled.Mode, f.filled.UID)
	}
}

func TestStartDetached(t *testing.T) {
	steps := startSteps()
	f := newFake(t, append(steps[:2], steps[3:]...)...)
	if running, err := Start(t.Context(), f, somePlan(), true); err != nil || running.Stream != nil {
		t.Errorf("got %+v, %v", running, err)
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
			running, err := Start(t.Context(), newFake(t, steps...), somePlan(), false)
			if running != nil || !engine.IsKind(err, engine.KindDiskFull) {
				t.Errorf("got %+v, %v", running, err)
			}
		})
	}
}

func TestStartClosesItsStreamWhenItFails(t *testing.T) {
	steps := append(startSteps(), step{call: "remove id-1"})
	steps[4].err = failure(engine.KindRuntimeFailed)
	f := newFake(t, steps...)
	ours, theirs := net.Pipe()
	f.stream = engine.NewStream(ours, true)
	if _, err := Start(t.Context(), f, somePlan(), false); !engine.IsKind(err, engine.KindRuntimeFailed) {
		t.Error(err)
	}
	if _, err := theirs.Read(make([]byte, 1)); err == nil {
		t.Error("the stream is still open")
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
			if _, err := Start(ctx, newFake(t, steps...), somePlan(), false); !errors.Is(err, context.Canceled) {
				t.Errorf("got %v", err)
			}
		})
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
		if _, err := Start(ctx, f, somePlan(), false); !errors.Is(err, context.Canceled) {
			t.Errorf("got %v", err)
		}
	})
}

func TestStartTellsWhatMayBeLeft(t *testing.T) {
	f := newFake(t,
		step{call: "create dclaude-s", err: failure(engine.KindConnectionLost)},
		step{call: "remove dclaude-s", err: failure(engine.KindUnreachable)})
	_, err := Start(t.Context(), f, somePlan(), false)
	if !engine.IsKind(err, engine.KindConnectionLost) || !strings.Contains(err.Error(), "container dclaude-s may be left behind") {
		t.Errorf("got %v", err)
	}
}

func TestStartRefusesAHandoffThatNoInitTakes(t *testing.T) {
	p := somePlan()
	p.Handoff.Isolation = "none"
	if _, err := Start(t.Context(), newFake(t), p, false); err == nil {
		t.Error("no error, and no call")
	}
}
