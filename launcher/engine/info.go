package engine

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"github.com/moby/moby/client"
)

// Info describes an engine.
type Info struct {
	ID            string // Podman tells a new one each time: where it is has to do instead
	Product       string // for people, with a version where the engine tells one
	ServerVersion string
	APIVersion    string // as agreed upon for this connection
	OS            string // "linux"
	Arch          string // as Go names it: "amd64", "arm64"
	// Runtimes holds the names of the OCI runtimes, sorted.
	Runtimes []string
	// Programs says what stands behind each of these names.
	Programs        map[string]string
	DefaultRuntime  string
	SecurityOptions []string
	Rootless        bool
	UserNS          bool // the engine remaps user ids (userns-remap)
	AppArmor        bool // the engine confines containers by it
	SELinux         bool // likewise
	CgroupVersion   string
	CPUs            int
	MemoryBytes     int64
	StorageDriver   string
	KernelVersion   string
	HasBuildKit     bool
}

// Info asks the engine about itself. It takes one call, and one more where
// that tells the version of the product.
func (e *Engine) Info(ctx context.Context) (Info, error) {
	result, err := e.api.Info(ctx, client.InfoOptions{})
	if err != nil {
		return Info{}, e.fail(opInfo, "", err)
	}
	raw := result.Info
	info := Info{
		ID:              raw.ID,
		Product:         e.product,
		ServerVersion:   raw.ServerVersion,
		APIVersion:      e.api.ClientVersion(),
		OS:              raw.OSType,
		Arch:            goArch(raw.Architecture),
		Runtimes:        slices.Sorted(maps.Keys(raw.Runtimes)),
		DefaultRuntime:  raw.DefaultRuntime,
		SecurityOptions: raw.SecurityOptions,
		Rootless:        hasSecurityOption(raw.SecurityOptions, "rootless"),
		UserNS:          hasSecurityOption(raw.SecurityOptions, "userns"),
		AppArmor:        hasSecurityOption(raw.SecurityOptions, "apparmor"),
		SELinux:         hasSecurityOption(raw.SecurityOptions, "selinux"),
		CgroupVersion:   raw.CgroupVersion,
		CPUs:            raw.NCPU,
		MemoryBytes:     raw.MemTotal,
		StorageDriver:   raw.Driver,
		KernelVersion:   raw.KernelVersion,
		HasBuildKit:     e.hasBuildKit(),
	}
	// Podman says so itself, whatever the machine is called that it runs on.
	if p := productOfInfo(raw.OperatingSystem, raw.Name); p != "" && e.product != Podman {
		info.Product = p
	}
	if info.Product == Podman {
		info.ID = e.endpoint.Host
	}
	info.Programs = make(map[string]string, len(raw.Runtimes)) // not nil: it is compared with one that was read
	for name, r := range raw.Runtimes {
		program, err := json.Marshal(r.Runtime)
		if err != nil {
			return Info{}, e.fail(opInfo, name, err)
		}
		info.Programs[name] = string(program)
	}
	if info.Product == DockerDesktop {
		info.Product = e.desktopVersion(ctx)
	}
	return info, nil
}

// desktopVersion returns what Docker Desktop calls itself, for instance
// "Docker Desktop 4.44.0 (201307)".
func (e *Engine) desktopVersion(ctx context.Context) string {
	v, err := e.api.ServerVersion(ctx, client.ServerVersionOptions{})
	if err != nil || !strings.HasPrefix(v.Platform.Name, DockerDesktop) {
		return DockerDesktop
	}
	return v.Platform.Name
}

// KeepsHostOff reports whether the engine can make networks that its own machine
// is not on, which an allow-list takes. Podman cannot (5.8).
func (i Info) KeepsHostOff() bool { return i.Product != Podman }

// hasBuildKit reports whether the engine contains BuildKit: Docker's does
// since 18.09 for Linux containers, Podman's does not.
func (e *Engine) hasBuildKit() bool {
	return e.product != Podman && e.osType != "windows"
}

// hasSecurityOption looks for an option in the engine's list, whose entries
// read "name=seccomp,profile=default".
func hasSecurityOption(options []string, name string) bool {
	for _, option := range options {
		first, _, _ := strings.Cut(option, ",")
		if strings.TrimPrefix(first, "name=") == name {
			return true
		}
	}
	return false
}

// goArch translates the kernel's name of an architecture to Go's.
func goArch(machine string) string {
	switch machine {
	case "x86_64":
		return "amd64"
	case "aarch64":
		return "arm64"
	}
	return machine
}
