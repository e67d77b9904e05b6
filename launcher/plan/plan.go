package plan

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"dclaude/launcher/config"
	"dclaude/launcher/handoff"
	"dclaude/launcher/project"
)

// Where things lie inside a session. Users and the seed's scripts rely on
// these names (DESIGN.md 5).
const (
	Workspace = "/workspace"
	Home      = "/home/claude"
	State     = Home + "/.claude"
	ShownDir  = "/mnt"
)

// Image is the tag of the image that sessions run.
const Image = "claude-sandbox"

// SharedVolume is the state volume of state = "shared", the seed's only one.
const SharedVolume = "claude-data"

// Request is everything that a plan follows from.
type Request struct {
	Project  project.Project
	Settings config.Settings
	Host     Host
	// Session is the session's name, unique on its engine.
	Session string
	// Version is dclaude's own, for the label.
	Version string
	// Reach is what an allow-list is made of.
	Reach Reach
	// TTY says whether both ends of the session are a terminal.
	TTY bool
	// Args go to Claude after those of the settings.
	Args []string
	// Shown are folders of the host that the session sees read-only, by the name
	// that each has in ShownDir. They have been judged.
	Shown map[string]string
	// ClaudeHome is what the user has set up for Claude on the host; nil if none
	// of it comes along.
	ClaudeHome *ClaudeHome
	// Remedies are variables, as KEY=VALUE, that the image's Claude Code was
	// found to need under an isolation, by its kind.
	Remedies map[string][]string
}

// Host is what is known of the caller and of the engine.
type Host struct {
	OS       string // runtime.GOOS
	UID, GID int    // the caller's
	Engine   Engine
	// Environ is the caller's environment; a few names are passed on.
	Environ []string
}

// Engine is what is known of the engine that decides on a plan.
type Engine struct {
	Rootless bool
	UserNS   bool
	// Registered is the name of an OCI runtime that is registered with the
	// engine and proved to be gVisor; empty if there is none.
	Registered string
	// NoRegistered tells why Registered is empty, for the message.
	NoRegistered string
	// Nested says whether this engine can run the gVisor that dclaude carries.
	Nested bool
	// NoNested tells why not.
	NoNested string
	// AppArmor and SELinux say that the engine confines containers by them.
	AppArmor, SELinux bool
}

// Plan is a session before it exists: what the engine creates, what the init
// is told, and what the user should know.
type Plan struct {
	Session   string          `json:"session"`
	Project   string          `json:"project"`
	Isolation Isolation       `json:"isolation"`
	Network   string          `json:"network"`
	UID       int             `json:"uid"`
	GID       int             `json:"gid"`
	Volume    string          `json:"volume"`
	Container Container       `json:"container"`
	Handoff   handoff.Handoff `json:"handoff"`
	// Gateway is the way out of a session with an allow-list; nil for others.
	Gateway  *Gateway  `json:"gateway,omitempty"`
	Warnings []Warning `json:"warnings,omitempty"`
	// Review lists the project's files before and after; nil if nobody wants to
	// know.
	Review *Review `json:"-"`
}

// Warning is something that the user should know before the session starts.
type Warning struct {
	Text string `json:"text"`
	Hint string `json:"hint,omitempty"`
}

// Refusal is a plan that cannot be made as asked.
type Refusal struct {
	Text string
	Cure string
}

// Error says what was asked for and why it cannot be.
func (r *Refusal) Error() string { return r.Text }

// Hint says what to do instead.
func (r *Refusal) Hint() string { return r.Cure }

// Build decides on a session. It fails with a *Refusal when the settings ask
// for what cannot be had here, and never falls back from what was asked by
// name.
func Build(r Request) (Plan, error) {
	isolation, warnings, err := ChooseIsolation(r.Settings.Isolation, r.Host.Engine)
	if err != nil {
		return Plan{}, err
	}
	network, more := chooseNetwork(r.Settings, isolation)
	warnings = append(warnings, more...)
	uid, gid, more, err := chooseUser(r.Host, r.Project, isolation)
	if err != nil {
		return Plan{}, err
	}
	warnings = append(warnings, more...)

	p := Plan{
		Session:   r.Session,
		Project:   r.Project.Path,
		Isolation: isolation,
		Network:   r.Settings.Network,
		UID:       uid,
		GID:       gid,
		Volume:    Volume(r.Settings.State, r.Project),
		Warnings:  warnings,
	}
	p.Handoff = handoff.Handoff{
		UID: uid, GID: gid,
		Isolation:   handoff.Direct,
		Firewall:    r.Settings.Firewall,
		SkipPrompts: r.Settings.Permissions == "skip",
	}
	if r.Settings.Network == "allowlist" {
		if p.Gateway, err = gateway(r); err != nil {
			return Plan{}, err
		}
		p.Gateway.Late = isolation.Kind == "nested"
		p.Warnings = append(p.Warnings, unlimited(p.Gateway.Setup.Allow)...)
		p.Handoff.Gateway = p.Gateway.Setup.Address.String()
		p.Handoff.ManagedSettings = managedHooks(p.Gateway.Setup.Address)
	}
	p.Container = container(r, p, network)
	if err := r.ClaudeHome.join(&p); err != nil {
		return Plan{}, err
	}
	if isolation.Kind == "nested" {
		nest(&p, r)
	}
	if r.Settings.Review != "off" {
		p.Review = reviewOf(p, r.Host.Engine)
	}
	return p, nil
}

// Volume is the name of the state volume for a project.
func Volume(state string, p project.Project) string {
	if state == "shared" {
		return SharedVolume
	}
	return SharedVolume + "-" + p.Slug + "-" + p.Hash
}

// ContainerName is the engine's name for a session's container.
func ContainerName(session string) string { return "dclaude-" + session }

func container(r Request, p Plan, network string) Container {
	c := Container{
		Name:        ContainerName(r.Session),
		Image:       Image,
		Hostname:    r.Session,
		User:        "0:0", // the init's first stage; it becomes UID:GID
		Entrypoint:  entrypoint(),
		Command:     r.ClaudeHome.serve(command(r.Settings, r.Args)),
		Env:         environment(r, p.Isolation, p.Gateway.environment()),
		Labels:      labels(r, p),
		WorkingDir:  Workspace,
		TTY:         r.TTY,
		Runtime:     p.Isolation.Runtime,
		NetworkMode: network,
		CapAdd:      capabilities(r.Settings.Firewall),
		SecurityOpt: []string{"no-new-privileges"},
		Mounts: append([]Mount{
			{Kind: Bind, Source: r.Project.Path, Target: Workspace},
			{Kind: NamedVolume, Source: p.Volume, Target: State, Labels: volumeLabels(r)},
		}, shown(r)...),
		// The user's runtime folder, in which an API key is, is in memory.
		Tmpfs: map[string]string{"/run/user": "rw,nosuid,nodev,mode=0755,size=64m"},
		Limits: Limits{
			MemoryBytes: r.Settings.Memory,
			CPUs:        r.Settings.CPUs,
			Pids:        r.Settings.Pids,
		},
	}
	p.Gateway.admit(&c)
	return c
}

// shown are the mounts of the folders that a session may only read.
func shown(r Request) []Mount {
	var mounts []Mount
	for _, name := range slices.Sorted(maps.Keys(r.Shown)) {
		mounts = append(mounts, Mount{Kind: Bind, Source: r.Shown[name], Target: ShownDir + "/" + name, ReadOnly: true})
	}
	return mounts
}

// capabilities are what the init's first stage needs: to give files to the
// user, to become that user, and to empty the bounding set behind it. The
// firewall needs the network's as well. The session's own processes have none.
func capabilities(firewall bool) []string {
	caps := []string{"CHOWN", "SETGID", "SETPCAP", "SETUID"}
	if firewall {
		caps = append(caps, "NET_ADMIN", "NET_RAW")
	}
	return caps
}

func command(s config.Settings, args []string) []string {
	c := []string{"claude"}
	switch s.Permissions {
	case "skip":
		c = append(c, "--dangerously-skip-permissions")
	case "available":
		c = append(c, "--allow-dangerously-skip-permissions")
	}
	return append(append(c, s.ClaudeArgs...), args...)
}

// passedOn are the caller's variables that a session gets: how to draw, and
// what time it is. None steers a program or names a place on the host.
var passedOn = []string{"TERM", "COLORTERM", "NO_COLOR", "FORCE_COLOR", "TERM_PROGRAM", "TERM_PROGRAM_VERSION", "TZ"}

// environment is what a session's processes find, with what dclaude itself sets.
// The user's own word counts most.
func environment(r Request, i Isolation, own map[string]string) []string {
	set := maps.Clone(own)
	if set == nil {
		set = map[string]string{}
	}
	for _, kv := range r.Host.Environ {
		name, value, ok := strings.Cut(kv, "=")
		if ok && value != "" && slices.Contains(passedOn, name) && plain(value) {
			set[name] = value
		}
	}
	if !r.TTY {
		delete(set, "TERM")
	}
	for _, kv := range slices.Concat(r.Remedies[i.Kind], r.Settings.Env) {
		name, value, _ := strings.Cut(kv, "=")
		set[name] = value
	}
	var env []string
	for _, name := range slices.Sorted(maps.Keys(set)) {
		env = append(env, name+"="+set[name])
	}
	return env
}

// plain keeps odd values of the caller's own environment out of a session.
func plain(value string) bool {
	return len(value) <= 128 && !strings.ContainsFunc(value, func(c rune) bool { return c < ' ' || c > '~' })
}

// chooseUser decides on the numeric ids of the session's processes: those that
// make the project writable, and what it writes the caller's own.
func chooseUser(h Host, p project.Project, i Isolation) (uid, gid int, w []Warning, err error) {
	switch {
	case h.Engine.UserNS:
		return 0, 0, nil, &Refusal{
			Text: "the engine maps user ids (userns-remap), so no user in a container can write this folder",
			Cure: "use another engine or context, or turn userns-remap off in the engine's daemon.json",
		}
	case h.Engine.Rootless:
		// Id 0 in a rootless engine's container is the engine's own user.
		return 0, 0, nil, nil
	case h.OS != "linux" || h.UID != 0:
		return h.UID, h.GID, nil, nil
	case p.UID != 0:
		return p.UID, p.GID, nil, nil
	}
	if i.Kind == "nested" {
		return 0, 0, nil, nil // inside it is an ordinary user (guest.identify)
	}
	return 0, 0, []Warning{{
		Text: "the folder belongs to root, so Claude runs as root of the container, without any capability",
		Hint: "give the folder to an ordinary user (chown) to avoid this",
	}}, nil
}

// User is the numeric "uid:gid" that an exec in the session needs: the session's
// own, or root of the container around a nested one, which the guest program
// does not stay (guest.execute).
func (p Plan) User() string {
	if p.Isolation.Kind == "nested" {
		return "0:0"
	}
	return strconv.Itoa(p.UID) + ":" + strconv.Itoa(p.GID)
}

// String names the session for messages.
func (p Plan) String() string { return fmt.Sprintf("session %s on %q", p.Session, p.Project) }
