package session

import (
	"context"
	"errors"

	"dclaude/launcher/engine"
	"dclaude/launcher/plan"
)

// Starter is what a start needs of an engine.
type Starter interface {
	GatewayMaker
	Wait(ctx context.Context, id string) <-chan engine.Exit
}

// Running is a container that was started and has perhaps ended since.
type Running struct {
	ID   string
	Plan plan.Plan
	// Stream is the session's terminal, or its three standard streams. It is
	// nil for a session that was started detached.
	Stream *engine.Stream
	// Exit yields one value when the session has ended.
	Exit <-chan engine.Exit
}

// StartOptions say how a plan is started.
type StartOptions struct {
	// Detached leaves the session without a window.
	Detached bool
	// Confirm is asked before the session's container is started, and an error
	// of it ends the start; nil for no question.
	Confirm func() error
}

// Start creates a plan's container, attaches to it, starts it, and gives its
// init the handoff; at the same time it makes the session's way out. When
// anything fails, or ctx ends, what was made until then is removed again.
func Start(ctx context.Context, e Starter, p plan.Plan, o StartOptions) (_ *Running, err error) {
	letter, err := p.Handoff.Frame()
	if err != nil {
		return nil, err
	}
	way := open(ctx, e, p.Gateway)
	defer func() {
		if err != nil {
			err = errors.Join(err, way.undo(ctx))
		}
	}()
	id, err := create(ctx, e, p.Container)
	if err != nil {
		return nil, err
	}
	r := &Running{ID: id, Plan: p}
	defer func() {
		if err != nil {
			err = errors.Join(err, discard(ctx, e, r))
		}
	}()
	if r.Stream, err = e.Attach(ctx, id, engine.AttachOptions{TTY: p.Container.TTY}); err != nil {
		return nil, err
	}
	// The wait outlives the start: it must not end with the start's context.
	r.Exit = e.Wait(context.WithoutCancel(ctx), id)
	if err = way.awaitNetwork(ctx); err != nil {
		return nil, err
	}
	if o.Confirm != nil {
		if err = o.Confirm(); err != nil {
			return nil, err
		}
	}
	if err = e.Start(ctx, id); err != nil {
		return nil, err
	}
	way.begin()
	if err = hand(ctx, r.Stream, p.Container.TTY, letter); err != nil {
		return nil, err
	}
	if o.Detached {
		r.Stream.Close()
		r.Stream = nil
	}
	if err = way.await(ctx); err != nil {
		return nil, err
	}
	// Who gave up while the engine was at it wants no session.
	if err = ctx.Err(); err != nil {
		return nil, err
	}
	return r, nil
}

// discard removes a container whose session does not come about.
func discard(ctx context.Context, e Starter, r *Running) error {
	if r.Stream != nil {
		r.Stream.Close()
	}
	return remove(ctx, e, r.ID, r.Plan.Container.Name)
}
