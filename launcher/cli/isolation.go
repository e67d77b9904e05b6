package cli

import (
	"context"
	"sync"
	"time"

	"dclaude/assets"
	"dclaude/launcher/engine"
	"dclaude/launcher/plan"
	"dclaude/launcher/session"
)

// choice says which ways of isolation a decision needs to know about. A trial
// of one takes about a second, the first time.
type choice struct {
	registered, nested bool
	// best is content with the first that works.
	best bool
}

// everyWay is for who wants to know all there is to know.
var everyWay = choice{registered: true, nested: true}

func choiceOf(setting string) choice {
	switch setting {
	case "runc":
		return choice{}
	case "runsc":
		return choice{registered: true}
	case "nested":
		return choice{nested: true}
	}
	return choice{registered: true, nested: true, best: true}
}

// facts finds out which isolations this engine has, as far as the choice
// depends on it, and why not the others.
func (a *app) facts(ctx context.Context, e *engine.Engine, info engine.Info, imageID string, c choice) (plan.Engine, error) {
	facts := plan.Engine{
		Rootless: info.Rootless,
		UserNS:   info.UserNS,
		AppArmor: info.AppArmor,
		SELinux:  info.SELinux,
	}
	var err error
	if c.registered {
		facts.Registered, facts.NoRegistered, err = a.probes(e).Registered(ctx, e, info, imageID)
		if err != nil || (c.best && facts.Registered != "") {
			return facts, err
		}
	}
	if c.nested {
		facts.NoNested, err = a.tryNested(ctx, e, info, imageID, facts)
		facts.Nested = err == nil && facts.NoNested == ""
	}
	return facts, err
}

// tryNested returns why this engine cannot run the gVisor that dclaude carries,
// "" if it can.
func (a *app) tryNested(ctx context.Context, e *engine.Engine, info engine.Info, imageID string, facts plan.Engine) (string, error) {
	if _, err := assets.Runsc(info.Arch); err != nil {
		return "nested gVisor: " + err.Error() + ". " + hintOf(err), nil
	}
	if why := plan.NestedForbidden(facts); why != "" {
		return why, nil
	}
	container, letter := plan.NestedProbe(facts, version)
	why, err := a.probes(e).Nested(ctx, e, info, imageID, container, letter)
	if why != "" {
		why = plan.NestedFailed(facts, why)
	}
	return why, err
}

func (a *app) probes(e *engine.Engine) session.Probes {
	return session.Probes{Dir: a.engineDir(e), Name: func() string { return sessionName("probe") }}
}

// lookTime is what a list gives the sessions that nobody has looked at yet,
// because their window was closed before.
const lookTime = 5 * time.Second

// lookAt observes what is not observed yet, all at the same time. What cannot be
// stays unobserved and is shown so.
func (a *app) lookAt(ctx context.Context, e *engine.Engine, sessions []session.Session) {
	ctx, cancel := context.WithTimeout(ctx, lookTime)
	defer cancel()
	var looking sync.WaitGroup
	for i, s := range sessions {
		if s.Kernel != "" || s.State != "running" {
			continue
		}
		looking.Go(func() {
			if err := a.observe(ctx, e, live{name: s.Name, id: s.ID, user: s.User}); err != nil {
				return
			}
			if rec, err := a.records(e).Load(s.Name, s.ID); err == nil {
				sessions[i].Kernel = rec.Kernel
			}
		})
	}
	looking.Wait()
}
