package session

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"dclaude/launcher/engine"
	"dclaude/launcher/plan"
)

// Lister is what finding sessions needs of an engine.
type Lister interface {
	Containers(ctx context.Context, labels map[string]string) ([]engine.Container, error)
}

// Session is one that the engine has, as its labels tell.
type Session struct {
	Name      string    `json:"name"`
	Project   string    `json:"project"`
	State     string    `json:"state"` // the engine's word: created, running, exited, ...
	Created   time.Time `json:"created"`
	Isolation string    `json:"isolation"` // planned
	// Kernel is the kernel string that was observed in the session; empty
	// when nobody has looked yet.
	Kernel  string `json:"kernel,omitempty"`
	Network string `json:"network"`
	// Offline tells that the session should have a gateway and has none (see
	// FindOffline).
	Offline bool   `json:"offline,omitempty"`
	User    string `json:"user"` // numeric "uid:gid"
	TTY     bool   `json:"tty"`
	// Login is the credentials.source that the session was started with.
	Login string `json:"login"`
	ID    string `json:"id"` // the container's
	// Attached tells whether some window shows the session.
	Attached bool `json:"attached"`
	// TokenEnds is when the token ends that the session was handed last; zero if
	// it was handed none, or one that does not say.
	TokenEnds time.Time `json:"tokenEnds,omitzero"`
	// Usage is what the session takes now; nil if it was not measured.
	Usage *Usage `json:"usage,omitempty"`
}

// ExecUser is the user as whom the guest program is started beside the session.
// A nested session is entered by the container's root, who gives that up on the
// way (package guest); any other by its own user.
func (s Session) ExecUser() string {
	if s.Isolation == "nested" {
		return "0:0"
	}
	return s.User
}

// Running tells whether the session's processes exist.
func (s Session) Running() bool { return s.State == "running" || s.State == "paused" }

// List returns all sessions, oldest first.
func List(ctx context.Context, e Lister) ([]Session, error) {
	containers, err := e.Containers(ctx, map[string]string{plan.LabelRole: plan.RoleSandbox})
	if err != nil {
		return nil, err
	}
	sessions := make([]Session, 0, len(containers))
	for _, c := range containers {
		if ended(c.State) {
			continue // it is being removed, or waits for Clean
		}
		sessions = append(sessions, Session{
			Name:      c.Labels[plan.LabelSession],
			Project:   c.Labels[plan.LabelProject],
			State:     c.State,
			Created:   c.Created,
			Isolation: c.Labels[plan.LabelIsolation],
			Network:   c.Labels[plan.LabelNetwork],
			User:      c.Labels[plan.LabelUser],
			TTY:       c.Labels[plan.LabelTTY] == "true",
			Login:     c.Labels[plan.LabelLogin],
			ID:        c.ID,
		})
	}
	slices.SortFunc(sessions, func(a, b Session) int {
		return cmp.Or(a.Created.Compare(b.Created), cmp.Compare(a.Name, b.Name))
	})
	return sessions, nil
}

// NoMatch says that a name fits no session, or more than one.
type NoMatch struct {
	Name    string
	Matches []string // empty when none fits
	Have    []string
}

// Error says which.
func (n *NoMatch) Error() string {
	switch {
	case n.Name == "" && len(n.Matches) == 0:
		return "no session is running"
	case n.Name == "":
		return "several sessions are running: " + strings.Join(n.Matches, ", ")
	case len(n.Matches) == 0:
		return fmt.Sprintf("no session is called %q", n.Name)
	}
	return fmt.Sprintf("%q fits several sessions: %s", n.Name, strings.Join(n.Matches, ", "))
}

// Hint names what there is.
func (n *NoMatch) Hint() string {
	switch {
	case len(n.Matches) > 0:
		return "name one of them"
	case len(n.Have) > 0:
		return "there is " + strings.Join(n.Have, ", ") + "; see dclaude ls"
	}
	return "start one with: dclaude FOLDER"
}

// Pick finds the one session that a user means: by name, by the start of a
// name, or by the path of its project. An empty name means the only one.
func Pick(sessions []Session, name, projectPath string) (Session, error) {
	for _, s := range sessions {
		if s.Name == name && name != "" {
			return s, nil
		}
	}
	var fit []Session
	for _, s := range sessions {
		if name == "" || strings.HasPrefix(s.Name, name) || (projectPath != "" && s.Project == projectPath) {
			fit = append(fit, s)
		}
	}
	if len(fit) == 1 {
		return fit[0], nil
	}
	return Session{}, &NoMatch{Name: name, Matches: names(fit), Have: names(sessions)}
}

func names(sessions []Session) []string {
	var n []string
	for _, s := range sessions {
		n = append(n, s.Name)
	}
	return n
}
