package cli

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"dclaude/launcher/engine"
	"dclaude/launcher/plan"
	"dclaude/launcher/review"
	"dclaude/launcher/session"
	"dclaude/launcher/tty"
)

// The values of the setting review.
const (
	reviewOff  = "off"
	reviewFull = "full"
)

// listDelay keeps the list of the project's files out of the way of Claude's
// start, for who looks at it. What the session changes until then is told by its
// change time (package review).
const listDelay = 2 * time.Second

// listBefore lists, beside a session that is starting, what its project holds:
// after a delay, or as soon as somebody waits for it. The returned function waits
// for its end. Without the list there will be no review, and the user is told so
// then.
func (a *app) listBefore(ctx context.Context, e *engine.Engine, run plan.Plan, started time.Time, delay time.Duration) (wait func() error) {
	if run.Review == nil {
		return func() error { return nil }
	}
	hurry := make(chan struct{})
	list := sync.OnceValue(func() error {
		select {
		case <-time.After(delay):
		case <-hurry:
		}
		p := session.ReviewPlan{Container: run.Review.Container, Handoff: run.Review.Handoff, Started: started}
		manifest, _, err := p.List(ctx, e, sessionName("review"))
		if err == nil {
			err = a.records(e).SaveReview(run.Session, p, manifest)
		}
		return err
	})
	go func() { _ = list() }() // whoever waits gets the error
	stop := sync.OnceFunc(func() { close(hurry) })
	return func() error {
		stop()
		return list()
	}
}

func (a *app) warnNotListed(err error) {
	a.out.warn("the project's files could not be listed, so there will be no review: "+err.Error(), "")
}

// reviewed compares a session's project with what it was, and says what the
// user should know. The session must have ended. A review that fails is a
// warning: the session is over either way.
func (a *app) reviewed(ctx context.Context, e *engine.Engine, l live) {
	if l.review == reviewOff || a.unwatched(e, l.name, l.id) {
		return
	}
	var err error
	if l.listed != nil {
		err = l.listed()
	}
	var result review.Result
	if err == nil {
		result, err = a.compare(ctx, e, l.name)
	}
	if err != nil {
		a.notReviewed(l.name, err)
		return
	}
	a.sayReview(result, l.review)
}

// unwatched tells of a session that was started without a review.
func (a *app) unwatched(e *engine.Engine, name, id string) bool {
	rec, err := a.records(e).Load(name, id)
	return err == nil && rec.NoReview
}

func (a *app) notReviewed(name string, err error) {
	a.out.warn("what session "+name+" changed was not looked at: "+err.Error(), lookYourself)
}

const (
	lookYourself = "look at the project before you use git, an editor or a build tool there"
	lookThere    = "look at them before you use git, an editor or a build tool there"
)

func (a *app) compare(ctx context.Context, e *engine.Engine, name string) (review.Result, error) {
	p, before, err := a.records(e).LoadReview(name)
	if err != nil {
		return review.Result{}, err
	}
	_, after, err := p.List(ctx, e, sessionName("review"))
	if err != nil {
		return review.Result{}, err
	}
	return review.Compare(before, after), nil
}

// maxRisky and maxListed bound how many changes are named.
const (
	maxRisky  = 5
	maxListed = 500
)

func (a *app) sayReview(r review.Result, mode string) {
	risky := r.Risky()
	text := countText(r)
	if r.Incomplete {
		text += "; the project is too large to be looked at in full"
	}
	if len(risky) == 0 {
		a.out.say("%s", text)
	} else {
		lines := []string{fmt.Sprintf("%s; %s can run code on this machine, or mislead programs here:", text, these(len(risky)))}
		shown := len(risky)
		if mode != reviewFull {
			shown = min(shown, maxRisky)
		}
		for _, c := range risky[:min(shown, maxListed)] {
			lines = append(lines, changeText(c))
		}
		if more := len(risky) - len(lines) + 1; more > 0 {
			lines = append(lines, fmt.Sprintf("and %d more", more))
		}
		hint := lookThere
		if mode != reviewFull {
			hint += "; --review full lists all"
		}
		a.out.warn(strings.Join(lines, "\n"), hint)
	}
	if mode != reviewFull {
		return
	}
	rest := r.Changes[len(risky):]
	for _, c := range rest[:min(len(rest), maxListed)] {
		a.out.say("  %s", changeText(c))
	}
	if more := len(rest) - maxListed; more > 0 {
		a.out.say("  and %d more", more)
	}
}

func these(n int) string {
	if n == 1 {
		return "one of them"
	}
	return fmt.Sprintf("%d of them", n)
}

// countText is a review in half a line.
func countText(r review.Result) string {
	added, changed, removed := r.Count()
	if added+changed+removed == 0 {
		return "the session changed nothing in the project"
	}
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{{added, "new"}, {changed, "changed"}, {removed, "removed"}} {
		if p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	return "files in the project: " + strings.Join(parts, ", ")
}

// changeText is one change. Names are shown, not obeyed: a session made them.
func changeText(c review.Change) string {
	text := fmt.Sprintf("%-8s %s", c.What, tty.Visible(string(c.Path), 100))
	if c.Risk != "" {
		text += " (" + c.Risk
		for _, run := range c.Runs {
			name, _, _ := strings.Cut(run, " ")
			text += ", " + tty.Visible(name, 60)
		}
		text += ")"
	}
	return text
}

// reviewsAtOnce bounds the containers that the end of many sessions starts.
const reviewsAtOnce = 4

// reviewAll reviews sessions that were stopped. Those that a window showed are
// left to that window's process.
func (a *app) reviewAll(ctx context.Context, e *engine.Engine, sessions []session.Session, mode string) {
	if mode == reviewOff {
		return
	}
	type outcome struct {
		result review.Result
		err    error
	}
	outcomes := make([]outcome, len(sessions))
	slots := make(chan struct{}, reviewsAtOnce)
	var all sync.WaitGroup
	for i, s := range sessions {
		if s.Attached || a.unwatched(e, s.Name, s.ID) {
			continue
		}
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			outcomes[i].result, outcomes[i].err = a.compare(ctx, e, s.Name)
		})
	}
	all.Wait()
	for i, s := range sessions {
		o := outcomes[i]
		switch {
		case s.Attached, o.err == nil && len(o.result.Changes) == 0:
		case o.err != nil:
			a.notReviewed(s.Name, o.err)
		default:
			a.out.say("session %s on %s:", s.Name, tty.Visible(s.Project, 80))
			a.sayReview(o.result, mode)
		}
	}
}
