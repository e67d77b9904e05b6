package session

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"dclaude/launcher/engine"
	"dclaude/launcher/plan"
)

// cleanEngine has containers, and remembers what was removed.
type cleanEngine struct {
	containers []engine.Container
	fail       map[string]error
	removed    []string
}

func (c *cleanEngine) Containers(_ context.Context, labels map[string]string) ([]engine.Container, error) {
	if _, ok := labels[plan.LabelRole]; !ok || len(labels) != 1 {
		return nil, errors.New("asked for more than what is ours")
	}
	return c.containers, c.fail["list"]
}

func (c *cleanEngine) Remove(_ context.Context, id string) error { return c.take(id) }

func (c *cleanEngine) take(what string) error {
	if err := c.fail[what]; err != nil {
		return err
	}
	c.removed = append(c.removed, what)
	return nil
}

func made(id, role, state string, age time.Duration) engine.Container {
	return engine.Container{ID: id, State: state, Created: noon.Add(-age), Labels: map[string]string{plan.LabelRole: role}}
}

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

func TestCleanRemovesWhatNobodyNeeds(t *testing.T) {
	e := &cleanEngine{containers: []engine.Container{
		made("running", plan.RoleSandbox, "running", 100*time.Hour),
		made("removing", plan.RoleSandbox, "removing", time.Hour),
		made("ended", plan.RoleSandbox, "exited", time.Minute),
		made("dead", plan.RoleSandbox, "dead", time.Minute),
		made("starting", plan.RoleSandbox, "created", 9*time.Minute),
		made("never-started", plan.RoleSandbox, "created", 11*time.Minute),
		made("probing", plan.RoleProbe, "running", time.Minute),
		made("hung-probe", plan.RoleProbe, "running", time.Hour),
		made("ended-probe", plan.RoleProbe, "exited", time.Second),
		made("review", plan.RoleReview, "created", time.Hour),
		made("gateway", plan.RoleGateway, "exited", time.Hour),
		made("gateway-of-a-launch", plan.RoleGateway, "created", time.Minute),
		made("gateway-of-none", plan.RoleGateway, "created", time.Hour),
	}}
	removed, err := Clean(t.Context(), e, noon)
	want := []string{"ended", "dead", "never-started", "hung-probe", "ended-probe", "review", "gateway-of-none"}
	if err != nil || removed != len(want) || !slices.Equal(e.removed, want) {
		t.Errorf("removed %d %q, %v", removed, e.removed, err)
	}
}

func TestCleanReportsAnEngineThatFails(t *testing.T) {
	for _, call := range []string{"list", "x"} {
		e := &cleanEngine{fail: map[string]error{call: errors.New("lost")}}
		if call == "x" {
			e.containers = []engine.Container{made("x", plan.RoleProbe, "exited", 0)}
		}
		if n, err := Clean(t.Context(), e, noon); n != 0 || err == nil {
			t.Errorf("%s fails: %d, %v", call, n, err)
		}
	}
}
