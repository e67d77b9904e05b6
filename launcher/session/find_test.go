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

// lister answers one question, for all sandboxes.
type lister struct {
	t     *testing.T
	found []engine.Container
	err   error
}

func (l lister) Containers(_ context.Context, labels map[string]string) ([]engine.Container, error) {
	if len(labels) != 1 || labels[plan.LabelRole] != plan.RoleSandbox {
		l.t.Errorf("asks for %v", labels)
	}
	return l.found, l.err
}

func container(name string, created time.Time) engine.Container {
	return engine.Container{ID: "id-" + name, State: "running", Created: created, Labels: map[string]string{
		plan.LabelSession: name, plan.LabelProject: "/p/" + name, plan.LabelIsolation: "runsc",
		plan.LabelNetwork: "open", plan.LabelUser: "501:20", plan.LabelTTY: "true",
	}}
}

func TestListReadsTheLabelsOldestFirst(t *testing.T) {
	now := time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)
	got, err := List(t.Context(), lister{t: t, found: []engine.Container{
		container("c", now), container("b", now), container("a", now.Add(time.Hour)),
	}})
	if err != nil || !slices.Equal(names(got), []string{"b", "c", "a"}) {
		t.Fatalf("got %v, %v", names(got), err)
	}
	s := got[0]
	if s.ID != "id-b" || s.Project != "/p/b" || s.State != "running" || s.Isolation != "runsc" || s.Network != "open" ||
		s.User != "501:20" || !s.TTY || !s.Created.Equal(now) {
		t.Errorf("got %+v", s)
	}
	if got, err := List(t.Context(), lister{t: t}); err != nil || got == nil || len(got) != 0 {
		t.Errorf("without sessions: %#v, %v, which is no list in JSON", got, err)
	}
	lost := failure(engine.KindConnectionLost)
	if _, err := List(t.Context(), lister{t: t, err: lost}); !errors.Is(err, lost) {
		t.Errorf("got %v", err)
	}
}

func TestPick(t *testing.T) {
	all := []Session{
		{Name: "web-b2c3", Project: "/p/web"},
		{Name: "web-b2c3x", Project: "/p/web"},
		{Name: "api-d4f5", Project: "/p/api"},
	}
	for _, tt := range []struct {
		name, path string
		from       []Session
		want       string // a name, or the error
		hint       string
	}{
		{"web-b2c3", "", all, "web-b2c3", ""}, // whole, though it is the start of another
		{"api", "", all, "api-d4f5", ""},
		{"../api", "/p/api", all, "api-d4f5", ""},
		{"", "", all[2:], "api-d4f5", ""},
		{"", "", nil, "no session is running", "start one with: dclaude FOLDER"},
		{"", "", all[1:], "several sessions are running: web-b2c3x, api-d4f5", "name one of them"},
		{"web", "", all, `"web" fits several sessions: web-b2c3, web-b2c3x`, "name one of them"},
		{"/p/web", "/p/web", all, `"/p/web" fits several sessions: web-b2c3, web-b2c3x`, "name one of them"},
		{"x", "/p/x", all[2:], `no session is called "x"`, "there is api-d4f5; see dclaude ls"},
		{"x", "/p/x", nil, `no session is called "x"`, "start one with: dclaude FOLDER"},
	} {
		got, err := Pick(tt.from, tt.name, tt.path)
		if err == nil {
			if got.Name != tt.want {
				t.Errorf("%q: got %s, want %s", tt.name, got.Name, tt.want)
			}
			continue
		}
		var none *NoMatch
		if !errors.As(err, &none) || err.Error() != tt.want || none.Hint() != tt.hint {
			t.Errorf("%q: got %q (%q), want %q (%q)", tt.name, err, none.Hint(), tt.want, tt.hint)
		}
	}
}
