package engine

import (
	"context"
	"time"

	"github.com/moby/moby/client"
)

// Volume describes a volume of the engine.
type Volume struct {
	Name    string
	Labels  map[string]string
	Created time.Time
}

// Volumes lists the volumes that carry all the labels.
func (e *Engine) Volumes(ctx context.Context, labels map[string]string) ([]Volume, error) {
	list, err := e.api.VolumeList(ctx, client.VolumeListOptions{Filters: labelFilter(labels)})
	if err != nil {
		return nil, e.fail(opListVolumes, "", err)
	}
	volumes := make([]Volume, 0, len(list.Items))
	for _, v := range list.Items {
		if !carries(v.Labels, labels) {
			continue
		}
		volumes = append(volumes, Volume{Name: v.Name, Labels: v.Labels, Created: parseTime(v.CreatedAt)})
	}
	return volumes, nil
}

// CreateVolume makes a volume. One of that name that exists is left as it is,
// with the labels it has, and is no error.
func (e *Engine) CreateVolume(ctx context.Context, name string, labels map[string]string) error {
	_, err := e.api.VolumeCreate(ctx, client.VolumeCreateOptions{Name: name, Labels: labels})
	return e.fail(opCreateVolume, name, err)
}

// RemoveVolume removes a volume and what is in it. Errors: KindNotFound, and
// KindInUse while a container has it.
func (e *Engine) RemoveVolume(ctx context.Context, name string) error {
	_, err := e.api.VolumeRemove(ctx, name, client.VolumeRemoveOptions{})
	return e.fail(opRemoveVolume, name, err)
}
