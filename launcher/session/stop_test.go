package session

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"dclaude/launcher/engine"
)

// stopEngine answers by the id of the container, and notes the calls.
type stopEngine struct {
	mu     sync.Mutex
	calls  []string
	stop   map[string]error
	remove map[string]error
	hang   string // the call that never returns by itself
}

func (e *stopEngine) note(ctx context.Context, call string) error {
	e.mu.Lock()
	e.calls = append(e.calls, call)
	hang := e.hang != "" && strings.HasPrefix(call, e.hang)
	e.mu.Unlock()
	if hang {
		<-ctx.Done()
		return ctx.Err()
	}
	return nil
}

func (e *stopEngine) Stop(ctx context.Context, id string, _ time.Duration) error {
	if err := e.note(ctx, "stop "+id); err != nil {
		return err
	}
	return e.stop[id]
}

func (e *stopEngine) Kill(ctx context.Context, id, signal string) error {
	return e.note(ctx, "kill "+id+" "+signal)
}

func (e *stopEngine) Remove(ctx context.Context, id string) error {
	if err := e.note(ctx, "remove "+id); err != nil {
		return err
	}
	return e.remove[id]
}

func TestStopAsksThenRemoves(t *testing.T) {
	gone := &engine.Error{Kind: engine.KindNotFound, Err: errors.New("no such container")}
	broken := errors.New("could not kill")
	for name, c := range map[string]struct {
		session Session
		stop    error
		want    []string
	}{
		"running":       {Session{ID: "a", State: "running"}, nil, []string{"stop a", "remove a"}},
		"paused":        {Session{ID: "a", State: "paused"}, nil, []string{"stop a", "remove a"}},
		"ended by then": {Session{ID: "a", State: "running"}, gone, []string{"stop a", "remove a"}},
		"never started": {Session{ID: "a", State: "created"}, nil, []string{"remove a"}},
		"ended":         {Session{ID: "a", State: "exited"}, nil, []string{"remove a"}},
		"hung":          {Session{ID: "a", State: "running"}, broken, []string{"stop a", "kill a KILL", "remove a"}},
	} {
		e := &stopEngine{stop: map[string]error{"a": c.stop}}
		if err := Stop(t.Context(), e, []Session{c.session}); err != nil || !slices.Equal(e.calls, c.want) {
			t.Errorf("%s: %q, %v", name, e.calls, err)
		}
	}
}

// An engine that never answers does not hold the command up for ever, and the
// error says what is left to do.
func TestStopOfASessionThatCannotBeKilled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := &stopEngine{hang: "stop"}
		if err := Stop(t.Context(), e, []Session{{ID: "a", Name: "s", State: "running"}}); err != nil {
			t.Errorf("killed in the end: %v", err)
		}
		if !slices.Equal(e.calls, []string{"stop a", "kill a KILL", "remove a"}) {
			t.Errorf("calls: %q", e.calls)
		}
		e = &stopEngine{hang: "remove"}
		err := Stop(t.Context(), e, []Session{{ID: "a", Name: "s", State: "running"}})
		var stuck *Stuck
		if !errors.As(err, &stuck) || stuck.Session != "s" || stuck.Hint() == "" || !strings.Contains(err.Error(), "session s hangs") || !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
}

func TestStopNamesEachFailure(t *testing.T) {
	e := &stopEngine{remove: map[string]error{"a": errors.New("first"), "c": errors.New("third")}}
	err := Stop(t.Context(), e, []Session{{ID: "a"}, {ID: "b"}, {ID: "c"}})
	if err == nil || !strings.Contains(err.Error(), "first") || !strings.Contains(err.Error(), "third") {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e = &stopEngine{hang: "stop"}
	_ = Stop(ctx, e, []Session{{ID: "a", State: "running"}})
	if slices.Contains(e.calls, "kill a KILL") {
		t.Error("an interrupted stop goes on to kill")
	}
}
