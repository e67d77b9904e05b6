package monitor

import (
	"context"
	"errors"
	"time"
)

// The waits between tries to reach an engine: doubled from the first to the
// last. A retry on demand does not wait.
const (
	firstWait = time.Second
	lastWait  = time.Minute
)

// steadyAfter is how long a connection must last for the next failure to count
// as the first again.
const steadyAfter = 10 * time.Second

// watchEngine reaches the engine, follows its sessions until it goes away, and
// tries again, with growing waits.
func (m *Monitor) watchEngine(ctx context.Context, retry <-chan struct{}) {
	wait := firstWait
	for ctx.Err() == nil {
		started := time.Now()
		err := m.follow(ctx, retry)
		if ctx.Err() != nil {
			return
		}
		engine := m.sources.Explain(err)
		m.update(ctx, func(s *Snapshot) {
			s.Engine, s.Isolation, s.Sessions = engine, Isolation{}, nil
		})
		if time.Since(started) > steadyAfter {
			wait = firstWait
		}
		timer := time.NewTimer(wait)
		select {
		case <-ctx.Done():
		case <-retry:
			wait = firstWait
		case <-timer.C:
			wait = min(2*wait, lastWait)
		}
		timer.Stop()
	}
}

// follow shows one connection to the engine until it fails.
func (m *Monitor) follow(ctx context.Context, retry <-chan struct{}) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	conn, err := m.sources.Connect(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	traffic := make(chan struct{})
	go func() {
		defer close(traffic)
		conn.Traffic(ctx, func(e Event) { m.update(ctx, func(s *Snapshot) { m.hear(s, e) }) })
	}()
	defer func() {
		cancel()
		<-traffic
	}()
	// Watching begins before the list is made: nothing falls between them.
	changes, err := conn.Watch(ctx)
	if err != nil {
		return err
	}
	for {
		if err := m.look(ctx, conn); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-retry:
		case _, ok := <-changes:
			if !ok {
				return errGone
			}
			settle(changes)
		}
	}
}

// errGone ends a connection whose events have ended.
var errGone = errors.New("the engine has gone away")

// settle takes the changes that have come already: one look shows them all.
func settle(changes <-chan struct{}) {
	for {
		select {
		case _, ok := <-changes:
			if !ok {
				return // the next receive sees it
			}
		default:
			return
		}
	}
}

// look asks the engine and shows the answers together.
func (m *Monitor) look(ctx context.Context, conn Connection) error {
	engine, isolation, err := conn.Describe(ctx)
	if err != nil {
		return err
	}
	sessions, err := conn.Sessions(ctx)
	if err != nil {
		return err
	}
	update := conn.Update()
	m.update(ctx, func(s *Snapshot) {
		s.Engine, s.Isolation, s.Update = engine, isolation, update
		s.Sessions = remember(s.Sessions, sessions)
	})
	return nil
}

// remember keeps what the gateways told of sessions that are still there.
func remember(old, now []Session) []Session {
	known := make(map[string]Activity, len(old))
	for _, s := range old {
		known[s.Container] = s.Activity
	}
	out := make([]Session, len(now))
	for i, s := range now {
		s.Activity = known[s.Container]
		out[i] = s
	}
	return out
}
