package session

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"dclaude/launcher/engine"
)

type statsEngine struct {
	calls atomic.Int64
	stats func(id string, call int64) (engine.Stats, error)
}

func (e *statsEngine) Stats(_ context.Context, id string) (engine.Stats, error) {
	return e.stats(id, e.calls.Add(1))
}

func TestMeasure(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		e := &statsEngine{stats: func(id string, _ int64) (engine.Stats, error) {
			if id == "gone" {
				return engine.Stats{}, errors.New("no such container")
			}
			passed := time.Since(start)
			return engine.Stats{Read: time.Now(), CPU: passed * 3 / 2, MemoryBytes: 100, Pids: 7}, nil
		}}
		sessions := []Session{{ID: "a", State: "running"}, {ID: "gone", State: "running"}, {ID: "b", State: "created"}, {ID: "c", State: "paused"}}
		Measure(t.Context(), e, sessions, time.Second)
		if took := time.Since(start); took != time.Second {
			t.Errorf("all at once takes one interval, not %v", took)
		}
		for i, want := range []bool{true, false, false, true} {
			if (sessions[i].Usage != nil) != want {
				t.Errorf("session %d: %+v", i, sessions[i].Usage)
			}
		}
		if u := sessions[0].Usage; u.CPUPercent != 150 || u.MemoryBytes != 100 || u.Pids != 7 {
			t.Errorf("usage: %+v", u)
		}
	})
}

func TestMeasureGivesUp(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	e := &statsEngine{stats: func(string, int64) (engine.Stats, error) { return engine.Stats{}, nil }}
	if u := measure(ctx, e, "a", time.Hour); u != nil {
		t.Errorf("interrupted: %+v", u)
	}
	e = &statsEngine{stats: func(_ string, call int64) (engine.Stats, error) {
		if call == 2 {
			return engine.Stats{}, errors.New("ended")
		}
		return engine.Stats{}, nil
	}}
	if u := measure(t.Context(), e, "a", 0); u != nil {
		t.Errorf("ended in between: %+v", u)
	}
	if u := usageOf(engine.Stats{CPU: 5}, engine.Stats{CPU: 9}); u.CPUPercent != 0 {
		t.Errorf("two samples of one moment: %+v", u)
	}
}

func TestIdle(t *testing.T) {
	quiet, busy := &Usage{CPUPercent: 1}, &Usage{CPUPercent: 60}
	for name, c := range map[string]struct {
		s    Session
		last time.Duration
		want bool
	}{
		"long ago":     {Session{Usage: quiet}, 3 * time.Hour, true},
		"just now":     {Session{Usage: quiet}, time.Minute, false},
		"attached":     {Session{Usage: quiet, Attached: true}, 3 * time.Hour, false},
		"computing":    {Session{Usage: busy}, 3 * time.Hour, false},
		"not measured": {Session{}, 3 * time.Hour, false},
	} {
		if got := Idle(c.s, noon.Add(-c.last), noon, 2*time.Hour); got != c.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// execEngine answers an exec with a text and an exit code.
type execEngine struct {
	text string
	code int
	err  error
	got  engine.ExecRequest
}

func (e *execEngine) Exec(_ context.Context, _ string, r engine.ExecRequest) (int, error) {
	e.got = r
	if r.Stdout != nil {
		_, _ = r.Stdout.Write([]byte(e.text))
	}
	return e.code, e.err
}

func TestLastActivity(t *testing.T) {
	s := Session{Created: noon, User: "501:20"}
	for text, want := range map[string]time.Time{
		"0\n": noon, "5\n": noon, "-1\n": noon,
		"1767272400\n": noon.Add(time.Hour),
	} {
		e := &execEngine{text: text}
		if got, err := LastActivity(t.Context(), e, s); err != nil || !got.Equal(want) || e.got.User != "501:20" {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, e := range []*execEngine{{text: "soon"}, {text: "5", code: 1}, {err: errors.New("lost")}, {text: ""}} {
		if _, err := LastActivity(t.Context(), e, s); err == nil {
			t.Errorf("%+v: no error", e)
		}
	}
}
