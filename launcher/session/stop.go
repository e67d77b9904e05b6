package session

import (
	"context"
	"errors"
	"time"

	"dclaude/launcher/engine"
)

// stopGrace is how long a session may take to end by itself before it is
// killed. Claude saves its conversation as it goes.
const stopGrace = 5 * time.Second

// Stopper is what ending a session needs of an engine.
type Stopper interface {
	Stop(ctx context.Context, id string, grace time.Duration) error
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

func end(ctx context.Context, e Stopper, s Session) error {
	if s.State == "running" || s.State == "paused" || s.State == "restarting" {
		if err := e.Stop(ctx, s.ID, stopGrace); err != nil && !gone(err) {
			return err
		}
	}
	return e.Remove(ctx, s.ID)
}

// gone says that it ended first: containers of sessions go by themselves.
func gone(err error) bool {
	return engine.IsKind(err, engine.KindNotFound) || engine.IsKind(err, engine.KindNotRunning)
}
