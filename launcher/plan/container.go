package plan

import "net/netip"

// Container is what the engine is asked to create, in words that belong to no
// engine library. Build fills it; package engine carries it out.
type Container struct {
	Name     string `json:"name"`
	Image    string `json:"image"`
	Hostname string `json:"hostname"`
	User     string `json:"user"` // numeric "uid:gid"
	// Entrypoint replaces the image's own; nil keeps it.
	Entrypoint []string          `json:"entrypoint,omitempty"`
	Command    []string          `json:"command"`
	Env        []string          `json:"env"` // KEY=VALUE, never a secret
	Labels     map[string]string `json:"labels"`
	WorkingDir string            `json:"workingDir"`
	TTY        bool              `json:"tty"`
	// Runtime is the engine's name of an OCI runtime; empty is its default.
	Runtime     string `json:"runtime,omitempty"`
	NetworkMode string `json:"networkMode,omitempty"`
	// Endpoint puts the container on a network of ours, in place of
	// NetworkMode.
	Endpoint *Endpoint `json:"endpoint,omitempty"`
	// Resolver is the only name server that the engine's own passes questions
	// on to; not valid for those of the engine's machine.
	Resolver netip.Addr `json:"resolver,omitzero"`
	// KeepOutput has the engine keep the latest of the container's output.
	KeepOutput bool     `json:"keepOutput,omitempty"`
	CapAdd     []string `json:"capAdd,omitempty"` // everything else is dropped
	// Seccomp names the seccomp profile: SeccompNested, or empty for the
	// engine's own default.
	Seccomp string `json:"seccomp,omitempty"`
	// SecurityOpt holds the engine's other security options.
	SecurityOpt []string `json:"securityOpt,omitempty"`
	ReadOnly    bool     `json:"readOnly,omitempty"`
	Mounts      []Mount  `json:"mounts"`
	// Tmpfs maps a path in the container to mount options.
	Tmpfs  map[string]string `json:"tmpfs,omitempty"`
	Limits Limits            `json:"limits"`
}

// SeccompNested is the profile of package seccomp, for a container that nests
// gVisor.
const SeccompNested = "nested"

// Endpoint is a container's place on a network: the network's name and a fixed
// address.
type Endpoint struct {
	Network string     `json:"network"`
	Address netip.Addr `json:"address"`
}

// MountKind tells where a mount's content comes from.
type MountKind string

// The kinds of mounts that a session has.
const (
	// Bind mounts a folder of the host.
	Bind MountKind = "bind"
	// NamedVolume mounts a volume of the engine that outlives the container.
	NamedVolume MountKind = "volume"
)

// Mount is one mount of a container.
type Mount struct {
	Kind     MountKind         `json:"kind"`
	Source   string            `json:"source,omitempty"` // host path or volume name
	Target   string            `json:"target"`
	ReadOnly bool              `json:"readOnly,omitempty"`
	Labels   map[string]string `json:"labels,omitempty"` // of a volume made for it
}

// Limits bounds what a session may take. Zero leaves the engine's default.
type Limits struct {
	MemoryBytes int64   `json:"memoryBytes,omitempty"`
	CPUs        float64 `json:"cpus,omitempty"`
	Pids        int64   `json:"pids,omitempty"`
}
