package session

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"

	"dclaude/launcher/engine"
	"dclaude/launcher/plan"
	"dclaude/launcher/registries"
)

// FileReader is what looking into an image needs of an engine.
type FileReader interface {
	creator
	ReadFile(ctx context.Context, id, path string, limit int64) ([]byte, error)
}

// registryList is where the image keeps what its tools fetch packages from.
const registryList = "/etc/claude-code/registries"

// maxRegistryList bounds that list, in bytes.
const maxRegistryList = 64 << 10

// imageList is what is remembered of the image that was looked into last.
type imageList struct {
	Image string `json:"image"`
	List  string `json:"list"`
}

// ImageRegistries returns the package registries that the tools in an image
// name. It looks once, into a container that never runs, and remembers in a
// folder of the user's. name is for that container.
func ImageRegistries(ctx context.Context, e FileReader, imageID, dir, name string) ([]registries.Source, error) {
	path := filepath.Join(dir, "registries.json")
	var have imageList
	if b, err := os.ReadFile(path); err == nil && json.Unmarshal(b, &have) == nil && have.Image == imageID {
		return registries.Parse([]byte(have.List)), nil
	}
	list, err := lookInto(ctx, e, name)
	if err != nil {
		return nil, err
	}
	b, err := json.Marshal(imageList{Image: imageID, List: string(list)})
	if err == nil {
		err = writeFile(path, b)
	}
	return registries.Parse(list), err
}

func lookInto(ctx context.Context, e FileReader, name string) (list []byte, err error) {
	c := plan.Container{
		Name: plan.ContainerName(name), Image: plan.Image, User: "65534:65534", NetworkMode: "none",
		Labels: map[string]string{plan.LabelRole: plan.RoleProbe},
	}
	id, err := create(ctx, e, c)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, remove(ctx, e, id, c.Name)) }()
	list, err = e.ReadFile(ctx, id, registryList, maxRegistryList)
	if engine.IsKind(err, engine.KindNotFound) {
		return nil, nil // an image of somebody's own, without a list
	}
	return list, err
}
