package engine

import (
	"context"
	"strings"
	"time"

	"github.com/moby/moby/api/types/container"
	"github.com/moby/moby/client"
)

// Container describes a container as lists show it.
type Container struct {
	ID      string
	Name    string
	Image   string
	ImageID string
	Labels  map[string]string
	// State is the engine's word: "created", "running", "paused", "exited",
	// "removing" or "dead".
	State string
	// Status is a phrase for people, such as "Up 2 hours". Inspect leaves it
	// empty.
	Status  string
	Created time.Time
}

// Running reports whether the container's processes exist.
func (c Container) Running() bool {
	return c.State == string(container.StateRunning) || c.State == string(container.StatePaused)
}

// Details is what Inspect knows beyond the list.
type Details struct {
	Container
	Runtime   string
	Pid       int // on the engine's machine; 0 if it does not run
	TTY       bool
	ExitCode  int
	OOMKilled bool
	// StartedAt is zero for a container that was never started.
	StartedAt time.Time
	Mounts    []MountPoint
	// Networks maps the name of each network to the container's address on it.
	Networks map[string]string
}

// MountPoint is a mount that a container has.
type MountPoint struct {
	Type     string // "bind", "volume" or "tmpfs"
	Name     string // of a volume
	Source   string // on the engine's machine
	Target   string
	ReadOnly bool
}

// Containers lists the containers that carry all the labels, stopped ones
// included. An empty label value matches any.
func (e *Engine) Containers(ctx context.Context, labels map[string]string) ([]Container, error) {
	list, err := e.api.ContainerList(ctx, client.ContainerListOptions{All: true, Filters: labelFilter(labels)})
	if err != nil {
		return nil, e.fail(opList, "", err)
	}
	containers := make([]Container, 0, len(list.Items))
	for _, c := range list.Items {
		if !carries(c.Labels, labels) {
			continue
		}
		item := Container{
			ID: c.ID, Image: c.Image, ImageID: c.ImageID, Labels: c.Labels,
			State: string(c.State), Status: c.Status, Created: time.Unix(c.Created, 0),
		}
		if len(c.Names) > 0 {
			item.Name = strings.TrimPrefix(c.Names[0], "/")
		}
		containers = append(containers, item)
	}
	return containers, nil
}

// Inspect looks up one container by name or id. A missing one is
// KindNotFound.
func (e *Engine) Inspect(ctx context.Context, id string) (Details, error) {
	found, err := e.api.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
	if err != nil {
		return Details{}, e.fail(opInspect, short(id), err)
	}
	c := found.Container
	d := Details{Container: Container{
		ID: c.ID, Name: strings.TrimPrefix(c.Name, "/"), ImageID: c.Image, Created: parseTime(c.Created),
	}}
	if c.Config != nil {
		d.Image, d.Labels, d.TTY = c.Config.Image, c.Config.Labels, c.Config.Tty
	}
	if c.HostConfig != nil {
		d.Runtime = c.HostConfig.Runtime
	}
	if s := c.State; s != nil {
		d.State, d.Pid, d.ExitCode, d.OOMKilled = string(s.Status), s.Pid, s.ExitCode, s.OOMKilled
		// The engine writes year 1 for "never".
		d.StartedAt = parseTime(s.StartedAt)
	}
	for _, m := range c.Mounts {
		d.Mounts = append(d.Mounts, MountPoint{
			Type: string(m.Type), Name: m.Name, Source: m.Source, Target: m.Destination, ReadOnly: !m.RW,
		})
	}
	d.Networks = addresses(c.NetworkSettings)
	return d, nil
}

// Describe returns all that the engine tells of a container, as JSON: what
// `docker inspect` shows to everybody who may use the engine.
func (e *Engine) Describe(ctx context.Context, id string) ([]byte, error) {
	found, err := e.api.ContainerInspect(ctx, id, client.ContainerInspectOptions{})
	if err != nil {
		return nil, e.fail(opInspect, short(id), err)
	}
	return found.Raw, nil
}

func addresses(settings *container.NetworkSettings) map[string]string {
	found := make(map[string]string)
	if settings == nil {
		return found
	}
	for name, n := range settings.Networks {
		if n != nil {
			found[name] = ""
			if n.IPAddress.IsValid() {
				found[name] = n.IPAddress.String()
			}
		}
	}
	return found
}
