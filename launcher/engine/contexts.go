package engine

import (
	"path/filepath"
	"slices"

	"github.com/docker/cli/cli/context/docker"
	"github.com/docker/cli/cli/context/store"
)

// contextStore is where the docker CLI keeps its contexts.
func (r *resolver) contextStore() *store.ContextStore {
	return store.New(filepath.Join(r.configDir, "contexts"), store.NewConfig(nil,
		store.EndpointTypeGetter(docker.DockerEndpoint, func() any { return &docker.EndpointMeta{} })))
}

// Contexts returns the names of the docker CLI's contexts, sorted, its default
// among them.
func Contexts(opts EndpointOptions) ([]string, error) {
	r, err := newResolver(opts)
	if err != nil {
		return nil, err
	}
	all, err := r.contextStore().List()
	if err != nil {
		return nil, err
	}
	names := []string{defaultContext}
	for _, m := range all {
		names = append(names, m.Name)
	}
	slices.Sort(names)
	return names, nil
}
