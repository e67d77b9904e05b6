package session

import (
	"testing"

	"dclaude/launcher/engine"
	"dclaude/launcher/plan"
)

func TestFindOffline(t *testing.T) {
	gatewayOf := func(name, state string) engine.Container {
		return engine.Container{State: state, Labels: map[string]string{plan.LabelRole: plan.RoleGateway, plan.LabelSession: name}}
	}
	g := &gateways{fail: map[string]error{}, sessions: []engine.Container{gatewayOf("has", "running"), gatewayOf("dead", "exited")}}
	sessions := []Session{
		{Name: "has", State: "running", Network: "allowlist"},
		{Name: "dead", State: "running", Network: "allowlist"},
		{Name: "none", State: "paused", Network: "allowlist"},
		{Name: "open", State: "running", Network: "open"},
		{Name: "starting", State: "created", Network: "allowlist"},
	}
	if err := FindOffline(t.Context(), g, sessions); err != nil {
		t.Fatal(err)
	}
	for _, s := range sessions {
		if want := s.Name == "dead" || s.Name == "none"; s.Offline != want {
			t.Errorf("%s: offline is %t", s.Name, s.Offline)
		}
	}
	g.fail["list"] = failure(engine.KindUnreachable)
	if err := FindOffline(t.Context(), g, sessions); !engine.IsKind(err, engine.KindUnreachable) {
		t.Errorf("%v", err)
	}
}
