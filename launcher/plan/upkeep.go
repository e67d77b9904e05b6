package plan

import (
	"dclaude/launcher/config"
	"dclaude/launcher/handoff"
	"dclaude/launcher/project"
)

// Upkeep is a container that looks after a project's state volume while no
// session does: isolated as a session would be, as its user, with no network and
// without the project. The volume is as hostile as its sessions were.
type Upkeep struct {
	Container Container
	Handoff   handoff.Handoff
	Warnings  []Warning
}

// Job is what an Upkeep does.
type Job string

// The jobs.
const (
	// Forget removes the conversations.
	Forget Job = "forget"
	// Import copies those of the seed's one volume.
	Import Job = "import"
)

// NewUpkeep plans a job on the state volume of a project. It fails as Build does.
func NewUpkeep(job Job, p project.Project, s config.Settings, h Host, version string) (Upkeep, error) {
	i, warnings, err := ChooseIsolation(s.Isolation, h.Engine)
	if err != nil {
		return Upkeep{}, err
	}
	uid, gid, more, err := chooseUser(h, p, i)
	if err != nil {
		return Upkeep{}, err
	}
	c, letter := Trial(i, h.Engine, Image, version, []string{guestProgram, string(job)})
	letter.UID, letter.GID, letter.SkipPrompts = uid, gid, false
	c.Hostname = string(job)
	c.Labels[LabelProject] = p.Path
	if i.Kind == "nested" {
		c.CapAdd = nestedCapabilities(uid, gid, false)
	}
	c.Tmpfs[Workspace] = emptyDir(uid, gid)
	delete(c.Tmpfs, State)
	c.Mounts = []Mount{{Kind: NamedVolume, Source: Volume(s.State, p), Target: State, Labels: volumeLabels(Request{Project: p, Settings: s, Version: version})}}
	if job == Import {
		c.Mounts = append(c.Mounts, Mount{Kind: NamedVolume, Source: SharedVolume, Target: ShownDir + "/" + handoff.ImportName, ReadOnly: true})
	}
	return Upkeep{Container: c, Handoff: letter, Warnings: append(warnings, more...)}, nil
}
