package plan

import "dclaude/launcher/handoff"

// Review is a container that lists what the project of a session holds. It is
// isolated as the session is, sees the project and nothing else, cannot write
// it, and reaches nothing.
type Review struct {
	Container Container
	// Handoff is what its init is told; nil if it has none.
	Handoff *handoff.Handoff
}

func reviewOf(p Plan, e Engine) *Review {
	c := Container{
		Image:       Image,
		Hostname:    "review",
		Labels:      map[string]string{LabelRole: RoleReview, LabelSession: p.Session, LabelVersion: p.Container.Labels[LabelVersion]},
		WorkingDir:  Workspace,
		Runtime:     p.Isolation.Runtime,
		NetworkMode: "none",
		SecurityOpt: []string{"no-new-privileges"},
		Mounts:      []Mount{{Kind: Bind, Source: p.Project, Target: Workspace, ReadOnly: true}},
	}
	if p.Isolation.Kind != "nested" {
		c.User = p.User()
		c.Entrypoint = []string{guestProgram, "manifest"}
		return &Review{Container: c}
	}
	c.User = "0:0"
	c.Entrypoint, c.Command = entrypoint(), []string{guestProgram, "manifest"}
	c.Env = nestedEnv(nil)
	c.Seccomp = SeccompNested
	c.SecurityOpt = append(c.SecurityOpt, confinement(e)...)
	c.CapAdd = nestedCapabilities(p.UID, p.GID, false)
	c.ReadOnly = true
	c.Tmpfs = nestedTmpfs()
	c.Tmpfs[State] = emptyDir(p.UID, p.GID)
	return &Review{Container: c, Handoff: &handoff.Handoff{UID: p.UID, GID: p.GID, Isolation: handoff.Nested}}
}
