package session

import (
	"context"
	"errors"
	"time"

	"dclaude/launcher/engine"
	"dclaude/launcher/plan"
)

// Cleaner is what clearing up needs of an engine.
type Cleaner interface {
	Lister
	Remove(ctx context.Context, id string) error
}

// staleAfter is the age from which a container that never started, or that was
// made for a moment, was forgotten by whoever made it. A launch that is under
// way, on a slow machine, is younger.
const staleAfter = 10 * time.Minute

// Leftovers finds what dclaude made on an engine and no longer needs: containers
// of sessions that ended without going away, or that never started, and those of
// probes and other short work that outlived it. now is by the clock of this
// machine.
func Leftovers(ctx context.Context, e Cleaner, now time.Time) (containers []engine.Container, err error) {
	all, err := e.Containers(ctx, map[string]string{plan.LabelRole: ""})
	if err != nil {
		return nil, err
	}
	for _, c := range all {
		if leftover(c, now) {
			containers = append(containers, c)
		}
	}
	return containers, nil
}

func leftover(c engine.Container, now time.Time) bool {
	old := now.Sub(c.Created) > staleAfter
	switch c.Labels[plan.LabelRole] {
	case plan.RoleSandbox:
		return ended(c.State) || (c.State == "created" && old)
	case plan.RoleProbe, plan.RoleReview:
		return ended(c.State) || old
	case plan.RoleGateway:
		// A running one ends with its session; one that never ran may have
		// neither session nor network (CleanNetworks), where an engine went
		// away and came back in the middle of a launch.
		return c.State == "created" && old
	}
	return false
}

// ended tells whether a container in that state has nothing more to do.
// "removing" is the engine's own business.
func ended(state string) bool { return state == "exited" || state == "dead" }

// Clean removes left-overs and returns how many went.
func Clean(ctx context.Context, e Cleaner, now time.Time) (removed int, err error) {
	containers, err := Leftovers(ctx, e, now)
	if err != nil {
		return 0, err
	}
	for _, c := range containers {
		if failure := e.Remove(ctx, c.ID); failure != nil {
			err = errors.Join(err, failure)
			continue
		}
		removed++
	}
	return removed, err
}
