package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dclaude/launcher/engine"
)

// stopGrace is how long a session may take to end by itself before it is
// killed. Claude saves its conversation as it goes.
const stopGrace = 5 * time.Second

// Stopper is what ending a session needs of an engine.
type Stopper interface {
	Stop(ctx context.Context, id string, grace time.Duration) error
	Kill(ctx context.Context, id, signal string) error
	Remove(ctx context.Context, id string) error
}

// Stop ends sessions, all at the same time, and removes what is left of them.
// One that has gone in the meantime counts as ended. The error names every
// session that is still there.
func Stop(ctx context.Context, e Stopper, sessions []Session) error {
	results := make(chan error, len(sessions))
	for _, s := range sessions {
		go func() { results <- end(ctx, e, s) }()
	}
	var failed error
	for range sessions {
		failed = errors.Join(failed, <-results)
	}
	return failed
}

// patience is what the engine may take over its own grace before it counts as
// unable to stop a session.
const patience = 15 * time.Second

// end asks first, and kills what does not listen. Whatever came of that, what
// counts in the end is that the container can be removed.
func end(ctx context.Context, e Stopper, s Session) error {
	if !ended(s.State) && s.State != "created" {
		asked, cancel := context.WithTimeout(ctx, stopGrace+patience)
		err := e.Stop(asked, s.ID, stopGrace)
		cancel()
		if err != nil && !gone(err) && ctx.Err() == nil {
			killed, cancel := context.WithTimeout(ctx, patience)
			_ = e.Kill(killed, s.ID, "KILL") // the removal tells what became of it
			cancel()
		}
	}
	removed, cancel := context.WithTimeout(ctx, 2*patience)
	defer cancel()
	err := e.Remove(removed, s.ID)
	if err != nil && removed.Err() != nil && ctx.Err() == nil {
		return &Stuck{Session: s.Name, Err: err}
	}
	return err
}

// Stuck is a session that the engine cannot end.
type Stuck struct {
	Session string
	Err     error
}

// Error names the session.
func (s *Stuck) Error() string {
	return fmt.Sprintf("session %s hangs: the engine could not even kill it", s.Session)
}

// Unwrap returns the engine's error.
func (s *Stuck) Unwrap() error { return s.Err }

// Hint says what ends it.
func (s *Stuck) Hint() string { return "restart the engine, then run dclaude stop again" }

// gone says that it ended first: containers of sessions go by themselves.
func gone(err error) bool {
	return engine.IsKind(err, engine.KindNotFound) || engine.IsKind(err, engine.KindNotRunning)
}
