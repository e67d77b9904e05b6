package cli

import (
	"context"
	"errors"
	"sync"
	"time"

	"dclaude/launcher/config"
	"dclaude/launcher/engine"
	"dclaude/launcher/project"
	"dclaude/launcher/session"
	"dclaude/launcher/tty"
)

// errDeclined ends a launch that the user called off at a question.
var errDeclined = &hintedError{errors.New("nothing was started"), ""}

// offer looks for sessions that the project has already, and asks whether to go
// back to one or to start another. It asks only where somebody can answer and
// an attached session is what the command line means; else another is started.
// The returned session has a name if the user wants to go back to it.
func (a *app) offer(ctx context.Context, e *engine.Engine, s config.Settings, p project.Project, args []string) (session.Session, error) {
	if s.New || s.Detach || len(args) > 0 || !isTerminal(a.sys.In) || !isTerminal(a.sys.Out) {
		return session.Session{}, nil
	}
	sessions, err := a.observed(ctx, e)
	if err != nil {
		return session.Session{}, err
	}
	var there []session.Session
	for _, one := range sessions {
		if one.Project == p.Path && one.TTY && one.Running() {
			there = append(there, one)
		}
	}
	if len(there) == 0 {
		return session.Session{}, nil
	}
	a.out.say("%s has %s already:", tty.Visible(p.Path, 80), plural(len(there), "session"))
	picked, ok, err := a.choose(ctx, there, "start another one (--new does not ask)")
	if err == nil && !ok {
		err = errDeclined
	}
	return picked, err
}

// sweep tells of sessions that ended unseen, such as by a restart of the
// engine, and forgets them.
func (a *app) sweep(e *engine.Engine, before []session.Record, live []session.Session) {
	gone, err := a.records(e).Sweep(before, live)
	for _, rec := range gone {
		a.closeGateway(context.Background(), e, rec.Session)
		folder := ""
		if rec.Project != "" {
			folder = " on " + tty.Visible(rec.Project, 80)
		}
		a.out.say("session %s%s has ended while no window showed it: by itself, or with the engine", tty.Visible(rec.Session, 40), folder)
	}
	if err != nil {
		a.out.warn("records of ended sessions stay behind: "+err.Error(), "")
	}
}

// tidyMeanwhile is tidy beside a launch. The returned function waits for it: it
// may have something to say, and a session's screen is no place for that.
func (a *app) tidyMeanwhile(ctx context.Context, e *engine.Engine) (wait func()) {
	var tidying sync.WaitGroup
	tidying.Go(func() { a.tidy(ctx, e) })
	return tidying.Wait
}

// tidy tells of sessions that ended unseen, and removes what they, probes and
// killed launches left on the engine. A launch does not fail with it: doctor
// tells of what stays.
func (a *app) tidy(ctx context.Context, e *engine.Engine) {
	_, err := a.observed(ctx, e)
	removed := 0
	if err == nil {
		removed, err = session.Clean(ctx, e, time.Now())
	}
	if err == nil {
		_, err = session.CleanNetworks(ctx, e, time.Now())
	}
	switch {
	case ctx.Err() != nil:
	case err != nil:
		a.out.warn("left-overs of earlier sessions stay: "+err.Error(), hintOf(err))
	case removed > 0:
		a.out.say("removed %s of earlier sessions", plural(removed, "left-over"))
	}
}
