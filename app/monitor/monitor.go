// Package monitor watches the engine, the sessions, the login and the gateways,
// and makes one immutable Snapshot of them after each change. It is driven by
// events and by timers set for the moment at which something will change; one
// check of the wall clock a minute backs them up, since timers stand still
// while a computer sleeps and clocks are set. What it watches are functions and
// small interfaces that the composition root fills in.
package monitor

import (
	"context"
	"slices"
	"sync"
	"time"
)

// wallCheck is how often the wall clock is looked at.
const wallCheck = time.Minute

// Monitor makes snapshots. Use New.
type Monitor struct {
	sources Sources
	publish func(Snapshot)
	now     func() time.Time
	updates chan func(*Snapshot)
	wake    chan struct{}
	restart chan struct{}
}

// New returns a monitor that calls publish with each new snapshot, the first
// one at once. publish runs on the goroutine of Run; changes that come while it
// works are put together. now is the wall clock.
func New(sources Sources, now func() time.Time, publish func(Snapshot)) *Monitor {
	return &Monitor{
		sources: sources,
		publish: publish,
		now:     func() time.Time { return now().Round(0) }, // wall clock only
		updates: make(chan func(*Snapshot), 64),
		wake:    make(chan struct{}, 1),
		restart: make(chan struct{}, 1),
	}
}

// Check has the monitor look at everything again soon: the computer woke up,
// the engine's socket has appeared, or the user asks.
func (m *Monitor) Check() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

// Restart has the monitor ask for the engine and the login anew: the settings
// that say which ones have changed.
func (m *Monitor) Restart() {
	select {
	case m.restart <- struct{}{}:
	default:
	}
}

// Run watches until ctx ends.
func (m *Monitor) Run(ctx context.Context) {
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()
	retry := make(chan struct{}, 1)
	workers.Go(func() {
		for ctx.Err() == nil {
			m.watch(ctx, retry)
		}
	})
	m.loop(ctx, retry)
}

// watch follows the engine and the login until ctx ends or Restart is called.
func (m *Monitor) watch(ctx context.Context, retry <-chan struct{}) {
	ctx, cancel := context.WithCancel(ctx)
	var workers sync.WaitGroup
	defer workers.Wait()
	defer cancel()
	if m.sources.Connect != nil {
		workers.Go(func() { m.watchEngine(ctx, retry) })
	}
	if m.sources.Appears != nil {
		workers.Go(func() { m.sources.Appears(ctx, m.Check) })
	}
	if m.sources.Logins != nil {
		workers.Go(func() {
			m.sources.Logins(ctx, func(l Login) { m.update(ctx, func(s *Snapshot) { s.Login = l }) })
		})
	}
	select {
	case <-m.restart:
	case <-ctx.Done():
	}
}

// loop owns the state.
func (m *Monitor) loop(ctx context.Context, retry chan<- struct{}) {
	tick := time.NewTicker(wallCheck)
	defer tick.Stop()
	due := time.NewTimer(0) // of the next change that is known in advance
	defer due.Stop()
	<-due.C
	var state, shown Snapshot
	first := true
	for {
		if m.sources.Program != nil {
			state.Program = m.sources.Program()
		}
		state.At = m.now()
		if first || !state.equal(shown) || minuteOf(state.At) != minuteOf(shown.At) || m.passed(shown, state.At) {
			m.publish(state.copy())
			shown, first = state.copy(), false
		}
		if next := nextChange(state); !next.IsZero() {
			due.Reset(max(next.Sub(state.At), time.Millisecond))
		}
		select {
		case <-ctx.Done():
			return
		case change := <-m.updates:
			change(&state)
			m.drain(&state)
		case <-tick.C:
		case <-due.C:
		case <-m.wake:
			select {
			case retry <- struct{}{}:
			default:
			}
		}
	}
}

// drain takes the changes that are there already, so that a burst of them is
// one snapshot.
func (m *Monitor) drain(state *Snapshot) {
	for {
		select {
		case change := <-m.updates:
			change(state)
		default:
			return
		}
	}
}

// update hands a change to the loop.
func (m *Monitor) update(ctx context.Context, change func(*Snapshot)) {
	select {
	case m.updates <- change:
	case <-ctx.Done():
	}
}

// hear takes in an event of a gateway. A session that ended says nothing.
func (m *Monitor) hear(s *Snapshot, e Event) {
	switch e.Kind {
	case HostBlocked:
		h := BlockedHost{Host: e.Host, Port: e.Port, Session: e.Session, Last: m.now()}
		for _, session := range s.Sessions {
			if session.Name == e.Session {
				h.Project = session.Project
			}
		}
		s.Blocked = s.Blocked.add(h)
	case HostAllowed:
		s.Blocked = s.Blocked.without(e)
	case ClaudeWaits, ClaudeFinished:
		activity := ActivityWaiting
		if e.Kind == ClaudeFinished {
			activity = ActivityFinished
		}
		s.Sessions = slices.Clone(s.Sessions)
		for i := range s.Sessions {
			if s.Sessions[i].Name == e.Session {
				s.Sessions[i].Activity = activity
			}
		}
	}
}

// passed reports whether one of the moments of nextChange lies between what is
// shown and now.
func (m *Monitor) passed(shown Snapshot, now time.Time) bool {
	return shown.Login.Expired(shown.At) != shown.Login.Expired(now) || shown.Login.Expiring(shown.At) != shown.Login.Expiring(now)
}

// nextChange is when a snapshot will look different by the clock alone; zero
// when it will not.
func nextChange(s Snapshot) time.Time {
	if s.Login.State != LoginPresent || s.Login.Expires.IsZero() {
		return time.Time{}
	}
	for _, at := range []time.Time{s.Login.Expires.Add(-ExpiringWithin).Add(time.Nanosecond), s.Login.Expires} {
		if at.After(s.At) {
			return at
		}
	}
	return time.Time{}
}

// minuteOf numbers the minutes: what is shown counts in them.
func minuteOf(t time.Time) int64 { return t.Unix() / 60 }

// copy returns a snapshot that shares nothing with the state.
func (s Snapshot) copy() Snapshot {
	s.Sessions = slices.Clone(s.Sessions)
	s.Blocked.Hosts = slices.Clone(s.Blocked.Hosts)
	return s
}
