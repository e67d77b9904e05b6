package engine

import (
	"context"
	"fmt"
	"net/netip"
	"slices"

	"dclaude/launcher/plan"
	"dclaude/launcher/seccomp"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/api/types/mount"
	"github.com/moby/moby/api/types/network"
	"github.com/moby/moby/client"
)

// Create makes the container that a plan describes and returns its id. The
// container removes itself when it ends, its anonymous volumes with it. Every
// capability is dropped but those that the plan adds, nothing is logged, and
// no core file is written. A bind whose source does not exist is an error of
// KindMount; the engine never creates it. Other errors: KindNoImage,
// KindNameConflict, KindUnknownRuntime.
func (e *Engine) Create(ctx context.Context, c plan.Container) (string, error) {
	options, err := createOptions(c)
	if err != nil {
		return "", e.fail(opCreate, c.Name, err)
	}
	made, err := e.api.ContainerCreate(ctx, options)
	if err != nil {
		return "", e.fail(opCreate, c.Name, err)
	}
	return made.ID, nil
}

func createOptions(c plan.Container) (client.ContainerCreateOptions, error) {
	security, err := securityOpt(c)
	if err != nil {
		return client.ContainerCreateOptions{}, err
	}
	return client.ContainerCreateOptions{
		Name: c.Name,
		Config: &container.Config{
			Image:        c.Image,
			Hostname:     c.Hostname,
			User:         c.User,
			Entrypoint:   c.Entrypoint,
			Cmd:          c.Command,
			Env:          c.Env,
			Labels:       c.Labels,
			WorkingDir:   c.WorkingDir,
			Tty:          c.TTY,
			AttachStdin:  true,
			AttachStdout: true,
			AttachStderr: true,
			OpenStdin:    true,
			// With a terminal the session outlives its window, so its input
			// stays open when the client goes. Without one the end of the
			// caller's input has to arrive as the end of the command's.
			StdinOnce: !c.TTY,
		},
		HostConfig:       hostConfig(c, security),
		NetworkingConfig: networking(c),
	}, nil
}

// networking puts a container at its fixed address. The network need not be
// there before the container is started.
func networking(c plan.Container) *network.NetworkingConfig {
	if c.Endpoint == nil {
		return nil
	}
	return &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{
		c.Endpoint.Network: {IPAMConfig: &network.EndpointIPAMConfig{IPv4Address: c.Endpoint.Address}},
	}}
}

// securityOpt adds the seccomp profile that a plan names, as the text of the
// profile itself, which the docker CLI reads from a file and sends so too.
func securityOpt(c plan.Container) ([]string, error) {
	switch c.Seccomp {
	case "":
		return c.SecurityOpt, nil
	case plan.SeccompNested:
		profile, err := seccomp.Profile()
		if err != nil {
			return nil, err
		}
		return append(slices.Clip(c.SecurityOpt), "seccomp="+profile), nil
	}
	return nil, fmt.Errorf("there is no seccomp profile %q", c.Seccomp)
}

func hostConfig(c plan.Container, security []string) *container.HostConfig {
	off := false
	host := &container.HostConfig{
		AutoRemove:     true,
		Init:           &off,
		LogConfig:      container.LogConfig{Type: "none"},
		NetworkMode:    container.NetworkMode(c.NetworkMode),
		IpcMode:        container.IPCModePrivate,
		CapDrop:        []string{"ALL"},
		CapAdd:         c.CapAdd,
		SecurityOpt:    security,
		Runtime:        c.Runtime,
		ReadonlyRootfs: c.ReadOnly,
		Tmpfs:          c.Tmpfs,
		Resources:      resources(c.Limits),
	}
	if c.Endpoint != nil {
		host.NetworkMode = container.NetworkMode(c.Endpoint.Network)
	}
	if c.Resolver.IsValid() {
		host.DNS = []netip.Addr{c.Resolver}
		host.DNSSearch = []string{"."} // none of the engine's machine
		host.DNSOptions = []string{"timeout:1", "attempts:1"}
	}
	if c.KeepOutput {
		host.LogConfig = boundedLog()
	}
	for _, m := range c.Mounts {
		host.Mounts = append(host.Mounts, mountOf(m))
	}
	return host
}

// boundedLog has the engine keep the latest few megabytes, and rotate them.
func boundedLog() container.LogConfig {
	return container.LogConfig{Type: "json-file", Config: map[string]string{"max-size": "2m", "max-file": "3"}}
}

// resources turns limits into the engine's units. A limit of memory is one of
// memory and swap together.
func resources(l plan.Limits) container.Resources {
	r := container.Resources{
		Memory:     l.MemoryBytes,
		MemorySwap: l.MemoryBytes,
		NanoCPUs:   int64(l.CPUs * 1e9),
		Ulimits:    []*container.Ulimit{{Name: "core"}},
	}
	if l.Pids != 0 {
		r.PidsLimit = &l.Pids
	}
	return r
}

// mountOf uses the structured form of mounts: the text form splits at colons,
// which are legal in a path, and creates a missing source as root.
func mountOf(m plan.Mount) mount.Mount {
	out := mount.Mount{Source: m.Source, Target: m.Target, ReadOnly: m.ReadOnly}
	switch m.Kind {
	case plan.Bind:
		out.Type = mount.TypeBind
		out.BindOptions = &mount.BindOptions{Propagation: mount.PropagationRPrivate}
	case plan.NamedVolume:
		out.Type = mount.TypeVolume
		out.VolumeOptions = &mount.VolumeOptions{Labels: m.Labels}
	default:
		// The engine refuses a kind that it does not know.
		out.Type = mount.Type(m.Kind)
	}
	return out
}
