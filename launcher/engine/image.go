package engine

import (
	"context"
	"time"

	"github.com/moby/moby/client"
)

// Image describes an image of the engine.
type Image struct {
	ID      string
	Labels  map[string]string
	Size    int64 // bytes
	Created time.Time
	Tags    []string
	// Arch is the architecture as Go names it. Lists leave it empty.
	Arch string
}

// Image looks up an image by tag or id. A missing one is KindNoImage.
func (e *Engine) Image(ctx context.Context, ref string) (Image, error) {
	found, err := e.api.ImageInspect(ctx, ref)
	if err != nil {
		return Image{}, e.fail(opImage, ref, err)
	}
	image := Image{
		ID:      found.ID,
		Size:    found.Size,
		Created: parseTime(found.Created),
		Tags:    found.RepoTags,
		Arch:    found.Architecture,
	}
	if found.Config != nil {
		image.Labels = found.Config.Labels
	}
	return image, nil
}

// Images lists the images that carry all the labels.
func (e *Engine) Images(ctx context.Context, labels map[string]string) ([]Image, error) {
	list, err := e.api.ImageList(ctx, client.ImageListOptions{Filters: labelFilter(labels)})
	if err != nil {
		return nil, e.fail(opListImages, "", err)
	}
	images := make([]Image, 0, len(list.Items))
	for _, i := range list.Items {
		if !carries(i.Labels, labels) {
			continue
		}
		images = append(images, Image{
			ID: i.ID, Labels: i.Labels, Size: i.Size, Created: time.Unix(i.Created, 0), Tags: i.RepoTags,
		})
	}
	return images, nil
}

// Tag gives an image one more name.
func (e *Engine) Tag(ctx context.Context, ref, tag string) error {
	_, err := e.api.ImageTag(ctx, client.ImageTagOptions{Source: ref, Target: tag})
	return e.fail(opTagImage, ref, err)
}

// RemoveImage takes a name from an image and removes it with the last one. An
// image that a container uses is KindInUse.
func (e *Engine) RemoveImage(ctx context.Context, ref string) error {
	_, err := e.api.ImageRemove(ctx, ref, client.ImageRemoveOptions{PruneChildren: true})
	return e.fail(opRemoveImage, ref, err)
}

// carries is what labelFilter asks for, judged once more: Podman also gives what
// carries one of several labels (seen with its events, 5.8.6).
func carries(attributes, labels map[string]string) bool {
	for name, value := range labels {
		if have, ok := attributes[name]; !ok || value != "" && have != value {
			return false
		}
	}
	return true
}

// labelFilter asks for things that carry all the labels; an empty value asks
// for the key alone.
func labelFilter(labels map[string]string) client.Filters {
	filters := make(client.Filters)
	for key, value := range labels {
		if value != "" {
			key += "=" + value
		}
		filters.Add("label", key)
	}
	return filters
}

// parseTime reads the engine's times; what cannot be read is the zero time.
func parseTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return time.Time{}
	}
	return t
}
