package plan

import (
	"fmt"

	"dclaude/launcher/handoff"
)

// guestProgram is the init's path in the image.
const guestProgram = "/usr/local/bin/dclaude-guest"

// entrypoint is the init as the launcher starts it: it waits for its handoff.
func entrypoint() []string { return []string{guestProgram, "session"} }

// emptyDir are the options of what a container without a project or state of
// anybody's has in their place: memory that belongs to its user. (The mode is
// the image's, whatever is asked for: runc takes it from the folder below.) It
// may not forbid what a mount of nested gVisor's allows, so "exec".
func emptyDir(uid, gid int) string { return fmt.Sprintf("exec,size=64m,uid=%d,gid=%d", uid, gid) }

// Trial is a container like that of a session under an isolation, with nothing
// of anybody's in it and no network, that runs a command and ends; and what its
// init is told. What works in it works in sessions. image is an image's name.
func Trial(i Isolation, e Engine, image, version string, command []string) (Container, handoff.Handoff) {
	uid, gid := 501, 20
	if e.Rootless {
		uid, gid = 0, 0 // as chooseUser decides
	}
	c := Container{
		Image:       image,
		Hostname:    "trial",
		User:        "0:0",
		Entrypoint:  entrypoint(),
		Command:     command,
		Labels:      map[string]string{LabelRole: RoleProbe, LabelVersion: version},
		WorkingDir:  Workspace,
		Runtime:     i.Runtime,
		NetworkMode: "none",
		SecurityOpt: []string{"no-new-privileges"},
		CapAdd:      capabilities(false),
		Tmpfs:       map[string]string{},
	}
	h := handoff.Handoff{UID: uid, GID: gid, Isolation: handoff.Direct, SkipPrompts: true}
	if i.Kind == "nested" {
		nestContainer(&c, e, uid, gid, false)
		h.Isolation = handoff.Nested
	}
	c.Tmpfs[Workspace], c.Tmpfs[State] = emptyDir(uid, gid), emptyDir(uid, gid)
	return c, h
}

// NestedProbe is a trial of nested gVisor that prints the kernel string of the
// sandbox.
func NestedProbe(e Engine, version string) (Container, handoff.Handoff) {
	return Trial(Isolation{Kind: "nested"}, e, Image, version, []string{guestProgram, "kernel"})
}
