package plan

import (
	"errors"
	"slices"
	"testing"

	"dclaude/launcher/handoff"
)

// What looks after a state volume has that and no more: not the project, not a
// network, and the other volume only to read.
func TestUpkeep(t *testing.T) {
	nested := Engine{Nested: true, NoRegistered: "not there"}
	for name, e := range map[string]Engine{"runsc": {Registered: "runsc"}, "nested": nested, "runc": {}} {
		for _, job := range []Job{Forget, Import} {
			r := request()
			r.Host.Engine = e
			u, err := NewUpkeep(job, r.Project, r.Settings, r.Host, "v1")
			if err != nil {
				t.Fatal(err)
			}
			c := u.Container
			if c.NetworkMode != "none" || !slices.Equal(c.Command, []string{guestProgram, string(job)}) || u.Handoff.UID != 501 || u.Handoff.GID != 20 || u.Handoff.SkipPrompts {
				t.Errorf("%s: %+v, %+v", name, c, u.Handoff)
			}
			if (u.Handoff.Isolation == handoff.Nested) != (name == "nested") || (c.Runtime == "runsc") != (name == "runsc") || (len(u.Warnings) > 0) != (name == "runc") {
				t.Errorf("%s: runtime %q, handoff for %q, %v", name, c.Runtime, u.Handoff.Isolation, u.Warnings)
			}
			var state, old bool
			for _, m := range c.Mounts {
				switch {
				case m.Kind == Bind:
					t.Errorf("%s: a folder of the host: %+v", name, m)
				case m.Target == State:
					state = m.Kind == NamedVolume && m.Source == "claude-data-my-project-0123456789" && m.Labels[LabelRole] == RoleState
				case m.Source == SharedVolume:
					old = m.ReadOnly && m.Target == "/mnt/claude-data"
				}
			}
			if !state || old != (job == Import) {
				t.Errorf("%s, %s: %+v", name, job, c.Mounts)
			}
		}
	}
	r := request()
	r.Settings.Isolation = "gvisor"
	r.Host.Engine = Engine{}
	var refusal *Refusal
	if _, err := NewUpkeep(Forget, r.Project, r.Settings, r.Host, "v1"); !errors.As(err, &refusal) {
		t.Errorf("it fell back: %v", err)
	}
	r = request()
	r.Host.Engine.UserNS = true
	if _, err := NewUpkeep(Forget, r.Project, r.Settings, r.Host, "v1"); !errors.As(err, &refusal) {
		t.Errorf("no ids fit: %v", err)
	}
}
