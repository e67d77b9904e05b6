package credentials

import (
	"context"
	"time"

	"dclaude/creds"
	"dclaude/creds/watch"
	"dclaude/launcher/session"
)

const (
	// retryRefresh is how long a login that could not be renewed is left alone.
	retryRefresh = 5 * time.Minute
	// retryInject is the first pause before a session that did not take its
	// login is tried again; the pauses double up to retryInjectMost.
	retryInject     = 5 * time.Second
	retryInjectMost = 5 * time.Minute
	// glance is the longest that a time is waited for without a look at the
	// clock: timers stand still while a computer sleeps.
	glance = time.Minute
)

// Notice tells of one thing that Keep has seen or done.
type Notice struct {
	// Change is what happened to the host's login, and State how it is now. The
	// first Notice has NoChange and tells how it is.
	Change creds.Change
	State  creds.State
	// Results are of the sessions that were looked after, if any were.
	Results []Result
	// Err is why the login was not renewed, or the sessions not looked after.
	Err error
}

// Keep watches the host's login until ctx ends, gives each new token to the
// running sessions that live on it, and has the login renewed shortly before it
// ends while there are any. It calls notify, one call at a time, for whatever it
// has seen or done. Several processes may do this at once.
func (k Keeper) Keep(ctx context.Context, notify func(Notice)) {
	ctx, cancel := context.WithCancel(ctx)
	events := watch.Watch(ctx, k.Host)
	l := loop{keeper: k, notify: notify, renewed: make(chan error, 1)}
	defer func() {
		cancel()
		for range events { // until the watcher has ended
		}
		if l.renewing {
			<-l.renewed //nolint:errcheck // it was told while it mattered
		}
	}()
	l.run(ctx, events)
}

// loop is the state of one Keep.
type loop struct {
	keeper    Keeper
	notify    func(Notice)
	state     creds.State
	renewing  bool
	renewed   chan error
	nextRenew time.Time     // not before, after the last time
	pause     time.Duration // before the next try to inject; 0 when all is done
	nextTry   time.Time
}

func (l *loop) run(ctx context.Context, events <-chan watch.Event) {
	for {
		timer := time.NewTimer(l.wait(time.Now()))
		select {
		case <-ctx.Done():
		case e, ok := <-events:
			if ok {
				l.state = e.State
				l.hand(ctx, e.Change)
			}
		case err := <-l.renewed:
			l.renewing = false
			l.nextRenew = time.Now().Add(glance) // until the watcher has seen it
			if err != nil {
				l.nextRenew = time.Now().Add(retryRefresh)
				l.tell(ctx, Notice{State: l.state, Err: err})
			}
		case <-timer.C:
		}
		timer.Stop()
		if ctx.Err() != nil {
			return
		}
		now := time.Now()
		if l.pause > 0 && !now.Before(l.nextTry) {
			l.hand(ctx, creds.NoChange)
		}
		l.renew(ctx, now)
	}
}

func (l *loop) tell(ctx context.Context, n Notice) {
	if ctx.Err() == nil {
		l.notify(n)
	}
}

// hand gives the sessions what they should have. After a sign-out there is
// nothing to give; they keep their token for as long as it works.
func (l *loop) hand(ctx context.Context, change creds.Change) {
	n := Notice{Change: change, State: l.state}
	if l.state.Err == nil {
		n.Results, n.Err = l.keeper.injectHost(ctx)
	}
	failed := n.Err != nil
	for _, r := range n.Results {
		failed = failed || r.Err != nil
	}
	if failed {
		l.pause = min(max(2*l.pause, retryInject), retryInjectMost)
		l.nextTry = time.Now().Add(l.pause)
	} else {
		l.pause = 0
	}
	l.tell(ctx, n)
}

// injectHost looks after the sessions that live on the host's login.
func (k Keeper) injectHost(ctx context.Context) ([]Result, error) {
	sessions, err := k.onHost(ctx)
	if err != nil {
		return nil, err
	}
	return k.Inject(ctx, sessions, false), nil
}

func (k Keeper) onHost(ctx context.Context) ([]session.Session, error) {
	sessions, err := session.List(ctx, k.Engine)
	if err != nil {
		return nil, err
	}
	var on []session.Session
	for _, s := range sessions {
		if s.State == "running" && creds.Source(s.Login) == creds.SourceHost {
			on = append(on, s)
		}
	}
	return on, nil
}

// renew starts to renew the login if that is due and somebody lives on it.
func (l *loop) renew(ctx context.Context, now time.Time) {
	if l.renewing || now.Before(l.nextRenew) || !l.state.Credential.RefreshDue(now) {
		return
	}
	l.renewing = true
	go func() {
		on, err := l.keeper.onHost(ctx)
		if err == nil && len(on) > 0 {
			_, err = l.keeper.Refresh(ctx, retryRefresh)
		}
		l.renewed <- err
	}()
}

// wait is how long there is nothing to do unless something happens.
func (l *loop) wait(now time.Time) time.Duration {
	wait := time.Duration(1<<63 - 1)
	until := func(at time.Time) { wait = min(wait, max(at.Sub(now), 0)) }
	if l.pause > 0 {
		until(l.nextTry)
	}
	c := l.state.Credential
	if !l.renewing && c.Refreshable && !c.Expires.IsZero() {
		due := c.Expires.Add(1 - creds.RefreshWithin)
		if due.Before(l.nextRenew) {
			due = l.nextRenew
		}
		until(due)
		wait = min(wait, glance)
	}
	return wait
}
