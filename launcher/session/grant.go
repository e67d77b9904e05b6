package session

import (
	"context"
	"errors"
	"fmt"

	"dclaude/launcher/egress"
)

// Scope says for what a change of the policy holds.
type Scope string

// The scopes, from the shortest.
const (
	Once          Scope = "once"    // one connection of one session
	ThisSession   Scope = "session" // one session, to its end
	ThisProject   Scope = "project" // a project, its running sessions among it
	AllFromNowOn  Scope = "always"  // every project
	allowlistMode       = "allowlist"
)

// Keeper keeps changes for longer than a session (package grants).
type Keeper interface {
	Change(project string, c egress.Change) error
}

// Granter is what a change needs of an engine.
type Granter interface {
	Lister
	Executor
}

// Grant is a change of what sessions may reach.
type Grant struct {
	// Deny forbids the rules instead of allowing them.
	Deny  bool
	Rules []string
	Scope Scope
	// Session is the one that is meant, with the first two scopes.
	Session string
	// Project is the path of the one that is meant, with ThisProject.
	Project string
}

// Change is what a gateway is told of it.
func (g Grant) Change() egress.Change {
	switch {
	case g.Deny:
		return egress.Change{Op: egress.OpDeny, Rules: g.Rules}
	case g.Scope == Once:
		return egress.Change{Op: egress.OpOnce, Rules: g.Rules}
	}
	return egress.Change{Op: egress.OpAllow, Rules: g.Rules}
}

// Apply carries a change out: it is kept, if it is to last, and every running
// session that it concerns has it at once. It returns the names of those. A
// session whose gateway does not answer does not keep the others from it.
func Apply(ctx context.Context, e Granter, keep Keeper, g Grant) (reached []string, err error) {
	c := g.Change()
	switch g.Scope {
	case Once, ThisSession:
		if _, err := ChangePolicy(ctx, e, g.Session, c); err != nil {
			return nil, err
		}
		return []string{g.Session}, nil
	case ThisProject:
		err = keep.Change(g.Project, c)
	case AllFromNowOn:
		err = keep.Change("", c)
	default:
		err = fmt.Errorf("unknown scope %q", g.Scope)
	}
	if err != nil {
		return nil, err
	}
	sessions, err := List(ctx, e)
	if err != nil {
		return nil, err
	}
	for _, s := range sessions {
		if s.Network != allowlistMode || !s.Running() || (g.Scope == ThisProject && s.Project != g.Project) {
			continue
		}
		if _, failure := ChangePolicy(ctx, e, s.Name, c); failure != nil {
			err = errors.Join(err, failure)
			continue
		}
		reached = append(reached, s.Name)
	}
	return reached, err
}
