package session

import (
	"context"
	"errors"
	"fmt"
	"time"

	"dclaude/launcher/engine"
	"dclaude/launcher/plan"
)

// cleanupTime is what undoing a failed start may take, after the caller's own
// context has ended.
const cleanupTime = 10 * time.Second

// creator is what making a container, or nothing at all, needs of an engine.
type creator interface {
	Create(ctx context.Context, c plan.Container) (id string, err error)
	Remove(ctx context.Context, id string) error
}

// create makes a container. When it fails there is none: who gives up on a
// request to the engine does not stop it, so an interrupted create waits a
// little for the answer, and removes what was made.
func create(ctx context.Context, e creator, c plan.Container) (string, error) {
	waiting, cancel := linger(ctx, cleanupTime)
	defer cancel()
	id, err := e.Create(waiting, c)
	switch {
	case err == nil && ctx.Err() == nil:
		return id, nil
	case err == nil:
		err = ctx.Err()
	case waiting.Err() != nil, engine.IsKind(err, engine.KindConnectionLost):
		id = c.Name // it may have been made although the answer did not come
	default:
		return "", err
	}
	return "", errors.Join(err, remove(ctx, e, id, c.Name))
}

// remove undoes a create, also when ctx has ended.
func remove(ctx context.Context, e interface {
	Remove(ctx context.Context, id string) error
}, id, name string) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
	defer cancel()
	if err := e.Remove(ctx, id); err != nil {
		return &LeftBehind{Container: name, Err: err}
	}
	return nil
}

// LeftBehind is a container that could not be removed when its start was
// undone.
type LeftBehind struct {
	Container string
	Err       error
}

// Error names the container, and says how it goes.
func (l *LeftBehind) Error() string {
	return fmt.Sprintf("container %s may be left behind; dclaude ls shows it then, and dclaude stop removes it: %v", l.Container, l.Err)
}

// Unwrap returns why it could not be removed.
func (l *LeftBehind) Unwrap() error { return l.Err }

// linger returns a context that ends a while after ctx has.
func linger(ctx context.Context, while time.Duration) (context.Context, context.CancelFunc) {
	long, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.NewTimer(while)
		defer timer.Stop()
		select {
		case <-timer.C:
			cancel()
		case <-long.Done():
		}
	})
	return long, func() {
		stop()
		cancel()
	}
}
