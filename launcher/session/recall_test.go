package session

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"

	"dclaude/launcher/engine"
)

// askedEngine answers when it is let.
type askedEngine struct {
	info    engine.Info
	err     error
	answers chan struct{}
}

func (a *askedEngine) Info(ctx context.Context) (engine.Info, error) {
	select {
	case <-a.answers:
		return a.info, a.err
	case <-ctx.Done():
		return engine.Info{}, ctx.Err()
	}
}

func answering(info engine.Info) *askedEngine {
	a := &askedEngine{info: info, answers: make(chan struct{})}
	close(a.answers)
	return a
}

func TestRecall(t *testing.T) {
	path := filepath.Join(t.TempDir(), "engines", "info.json")
	first := engine.Info{ID: "one", Arch: "amd64", Runtimes: []string{"runc", "runsc"}, UserNS: true, CPUs: 2}
	r, err := RecallInfo(t.Context(), answering(first), path)
	if err != nil || r.Info.ID != "one" {
		t.Fatalf("first: %+v, %v", r, err)
	}
	if err := errors.Join(r.Confirm(), r.Confirm()); err != nil {
		t.Errorf("what it has just said: %v", err)
	}

	// The second does not wait, and is confirmed.
	slow := &askedEngine{info: first, answers: make(chan struct{})}
	if r, err = RecallInfo(t.Context(), slow, path); err != nil || !r.Info.UserNS || len(r.Info.Runtimes) != 2 {
		t.Fatalf("remembered: %+v, %v", r, err)
	}
	close(slow.answers)
	if err := r.Confirm(); err != nil {
		t.Errorf("the same answer: %v", err)
	}

	// The third engine is another, and so the fourth time it is known.
	changed := first
	changed.Runtimes = []string{"runc"}
	if r, err = RecallInfo(t.Context(), answering(changed), path); err != nil {
		t.Fatal(err)
	}
	if err := r.Confirm(); !errors.Is(err, ErrChanged) {
		t.Errorf("another answer: %v", err)
	}
	if r, err = RecallInfo(t.Context(), answering(changed), path); err != nil || len(r.Info.Runtimes) != 1 || r.Confirm() != nil {
		t.Errorf("after that: %+v, %v", r, err)
	}
}

func TestRecallOfAnEngineThatFails(t *testing.T) {
	path := filepath.Join(t.TempDir(), "info.json")
	lost := answering(engine.Info{})
	lost.err = failure(engine.KindConnectionLost)
	if _, err := RecallInfo(t.Context(), lost, path); !engine.IsKind(err, engine.KindConnectionLost) {
		t.Errorf("unknown: %v", err)
	}
	if _, err := RecallInfo(t.Context(), answering(engine.Info{ID: "one"}), path); err != nil {
		t.Fatal(err)
	}
	r, err := RecallInfo(t.Context(), lost, path)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Confirm(); !engine.IsKind(err, engine.KindConnectionLost) {
		t.Errorf("known: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	r, err = RecallInfo(ctx, &askedEngine{answers: make(chan struct{})}, path)
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := r.Confirm(); !errors.Is(err, context.Canceled) {
		t.Errorf("interrupted: %v", err)
	}
}

// A damaged memory is none.
func TestRecallOfADamagedFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "info.json")
	for _, text := range []string{"", "{", `{"ID":1}`, "{}", "null"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		r, err := RecallInfo(t.Context(), answering(engine.Info{ID: "one"}), path)
		if err != nil || r.Info.ID != "one" || r.Confirm() != nil {
			t.Errorf("%q: %+v, %v", text, r, err)
		}
	}
}
