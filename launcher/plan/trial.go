package plan

import "dclaude/launcher/handoff"

// guestProgram is the init's path in the image.
const guestProgram = "/usr/local/bin/dclaude-guest"

// Trial is a container like that of a session under an isolation, with nothing
// of anybody's in it and no network, that runs a command and ends; and what its
// init is told. What works in it works in sessions. image is an image's name.
func Trial(i Isolation, e Engine, image, version string, command []string) (Container, handoff.Handoff) {
	uid, gid := 501, 20
	if e.Rootless {
		uid, gid = 0, 0 // as chooseUser decides
	}
	own := map[string]string{LabelRole: RoleHandoff}
	c := Container{
		Image:       image,
		Hostname:    "trial",
		User:        "0:0",
		Command:     command,
		Labels:      map[string]string{LabelRole: RoleProbe, LabelVersion: version},
		WorkingDir:  Workspace,
		Runtime:     i.Runtime,
		NetworkMode: "none",
		SecurityOpt: []string{"no-new-privileges"},
		CapAdd:      capabilities(false),
		Mounts: []Mount{
			{Kind: OwnVolume, Target: Workspace, Labels: own},
			{Kind: OwnVolume, Target: State, Labels: own},
			{Kind: OwnVolume, Target: handoff.Dir, Labels: own},
		},
	}
	h := handoff.Handoff{UID: uid, GID: gid, Isolation: handoff.Direct, SkipPrompts: true}
	if i.Kind == "nested" {
		nestContainer(&c, e, uid, gid, false)
		h.Isolation = handoff.Nested
	}
	return c, h
}

// NestedProbe is a trial of nested gVisor that prints the kernel string of the
// sandbox.
func NestedProbe(e Engine, version string) (Container, handoff.Handoff) {
	return Trial(Isolation{Kind: "nested"}, e, Image, version, []string{guestProgram, "kernel"})
}
