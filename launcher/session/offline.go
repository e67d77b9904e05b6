package session

import (
	"context"

	"dclaude/launcher/plan"
)

// FindOffline marks those of the sessions that run with an allow-list and have
// no gateway that runs: they reach nothing until it is made again.
func FindOffline(ctx context.Context, e Lister, sessions []Session) error {
	gateways, err := e.Containers(ctx, map[string]string{plan.LabelRole: plan.RoleGateway})
	if err != nil {
		return err
	}
	has := map[string]bool{}
	for _, g := range gateways {
		if g.Running() {
			has[g.Labels[plan.LabelSession]] = true
		}
	}
	for i, s := range sessions {
		sessions[i].Offline = s.Running() && s.Network == allowlistMode && !has[s.Name]
	}
	return nil
}
