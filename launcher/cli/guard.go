package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"dclaude/launcher/egress"
	"dclaude/launcher/engine"
	"dclaude/launcher/plan"
	"dclaude/launcher/session"
)

// maxRevivals bounds how often one window brings a gateway back.
const maxRevivals = 5

// guard watches over the gateway of a session that a window shows. A gateway
// that dies leaves its session offline; it is made again, and the user is told
// when the screen is theirs again, by the function that is returned.
func (a *app) guard(ctx context.Context, e *engine.Engine, l live) (stop func()) {
	var told []func()
	unwatch := a.watchGateway(ctx, e, l, func(text, hint string) {
		told = append(told, func() { a.out.warn(text, hint) })
	})
	return func() {
		unwatch()
		for _, tell := range told {
			tell()
		}
	}
}

// watchGateway brings the gateway of a session back when it dies, and one that
// died before, until stop is called. It tells of it through warn, from one
// goroutine, and not after stop has returned.
func (a *app) watchGateway(ctx context.Context, e *engine.Engine, l live, warn func(text, hint string)) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		events, broken := e.Events(ctx, map[string]string{plan.LabelRole: plan.RoleGateway, plan.LabelSession: l.name})
		watch(ctx, events, broken, l.redraw, func() bool { return a.bringBack(ctx, e, l, warn) }, warn)
	}()
	return func() {
		cancel()
		<-done
	}
}

// watch calls bringBack at each death of a gateway, and atOnce for one that may
// have died before. bringBack returns whether it had to do something, which it has
// maxRevivals times and no more: a gateway that cannot live dies each time.
func watch(ctx context.Context, events <-chan engine.Event, broken <-chan error, atOnce bool, bringBack func() bool, warn func(text, hint string)) {
	tried := 0
	if atOnce && bringBack() {
		tried++
	}
	for {
		select {
		case event, ok := <-events:
			if !ok {
				events = nil // broken says why
			}
			switch {
			case event.Action != "die":
			case tried == maxRevivals:
				warn(fmt.Sprintf("the session is offline: its gateway has died more than %d times", maxRevivals), "dclaude net restart makes it again, dclaude net log -f shows why it dies")
				return
			case bringBack():
				tried++
			}
		case err := <-broken:
			if err != nil && ctx.Err() == nil {
				warn("the session's gateway is no longer watched: "+err.Error(), "")
			}
			return
		case <-ctx.Done():
			return
		}
	}
}

// bringBack makes a gateway that does not run again, and tells of it. It returns
// whether it had to.
func (a *app) bringBack(ctx context.Context, e *engine.Engine, l live, warn func(text, hint string)) (tried bool) {
	at := clock(time.Now())
	revived, err := a.revive(ctx, e, l.name, l.id, missing)
	switch {
	case ctx.Err() != nil:
	case err != nil:
		warn("the session is offline since its gateway died, at "+at+" or before: "+err.Error(), hintOf(err))
		return true
	case revived:
		warn("the session's gateway had died and was started again at "+at, "")
		return true
	}
	return false
}

// revival says which gateways are made again.
type revival bool

const (
	missing revival = false // those that do not run
	every   revival = true
)

// revive makes the gateway of a running session again, as it was when the last
// change of its policy was made. It does nothing for a session that has ended,
// or that never had one. Several windows and commands take turns at it, and who
// comes second finds it done.
func (a *app) revive(ctx context.Context, e *engine.Engine, name, id string, which revival) (bool, error) {
	unlock, err := a.records(e).Lock(ctx, name)
	if err != nil {
		return false, err
	}
	defer unlock()
	if running, err := runs(ctx, e, id); err != nil || !running {
		return false, err
	}
	if which == missing {
		if there, err := runs(ctx, e, plan.GatewayName(name)); err != nil || there {
			return false, err
		}
	}
	record, err := a.records(e).Load(name, id)
	if err != nil || record.Gateway == nil {
		return false, err
	}
	networks, err := e.Networks(ctx, nil)
	if err != nil {
		return false, err
	}
	out, err := egressNetwork(networks)
	if err != nil {
		return false, err
	}
	g := plan.GatewayOf(*record.Gateway, out, record.Project, version)
	up, _ := upstreamOf(a.sys.Environ)
	g.Setup.Upstream, g.Setup.NoUpstream = up.url, up.direct
	return true, session.Revive(ctx, e, g)
}

// runs tells whether the processes of a container exist.
func runs(ctx context.Context, e *engine.Engine, id string) (bool, error) {
	details, err := e.Inspect(ctx, id)
	if engine.IsKind(err, engine.KindNotFound) {
		return false, nil
	}
	return err == nil && details.Running(), err
}

// noteGateway puts into a record what its gateway would have to be told again.
func noteGateway(r *session.Record, g *plan.Gateway) {
	if g == nil {
		return
	}
	setup := g.Setup
	setup.Upstream, setup.NoUpstream = "", nil // perhaps a password; known from the environment
	r.Gateway = &setup
}

// noteChange puts a change of the policy into the records of the sessions that
// have it.
func (a *app) noteChange(e *engine.Engine, sessions []session.Session, reached []string, c egress.Change) error {
	var failed error
	for _, s := range sessions {
		for _, name := range reached {
			if s.Name != name {
				continue
			}
			failed = errors.Join(failed, a.records(e).Update(s.Name, s.ID, func(r *session.Record) {
				if r.Gateway == nil {
					return
				}
				policy, err := r.Gateway.Policy()
				if err != nil {
					return
				}
				if live, err := (egress.Live{Policy: policy}).Apply(c); err == nil {
					r.Gateway.Allow, r.Gateway.Deny = egress.Strings(live.Allow), egress.Strings(live.Deny)
				}
			}))
		}
	}
	return failed
}

func (a *app) netRestartCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "restart [NAME]",
		Short: "Make a session's gateway again",
		Long:  "Make the gateway of a running session again, with the policy that it had: for one that has died while no window showed the session, which is offline since then. Open connections end.",
		Args:  usage(cobra.MaximumNArgs(1)),

		ValidArgsFunction: a.completeSession,
		RunE: func(cmd *cobra.Command, args []string) error {
			e, s, err := a.sessionNamed(cmd, args)
			if err != nil {
				return err
			}
			defer e.Close()
			revived, err := a.revive(cmd.Context(), e, s.Name, s.ID, every)
			if err == nil && !revived {
				err = &hintedError{fmt.Errorf("session %s has no gateway that could be made again", s.Name), "only sessions with an allow-list have one, and only this user's records know what it was told"}
			}
			if err != nil {
				return err
			}
			a.out.say("session %s has a new gateway", s.Name)
			return nil
		},
	}
	addEngineFlags(cmd)
	return cmd
}
