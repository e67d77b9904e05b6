package engine

import (
	"context"
	"time"

	"github.com/moby/moby/client"
)

// Network describes a network of the engine.
type Network struct {
	ID      string
	Name    string
	Labels  map[string]string
	Created time.Time
	// Internal networks have no way out of the engine's machine.
	Internal bool
	// Options are those of the bridge driver, for CreateNetwork.
	Options map[string]string
}

// Networks lists the networks that carry all the labels.
func (e *Engine) Networks(ctx context.Context, labels map[string]string) ([]Network, error) {
	list, err := e.api.NetworkList(ctx, client.NetworkListOptions{Filters: labelFilter(labels)})
	if err != nil {
		return nil, e.fail(opListNetworks, "", err)
	}
	networks := make([]Network, 0, len(list.Items))
	for _, n := range list.Items {
		networks = append(networks, Network{
			ID: n.ID, Name: n.Name, Labels: n.Labels, Created: n.Created, Internal: n.Internal, Options: n.Options,
		})
	}
	return networks, nil
}

// CreateNetwork makes a bridge network and returns its id.
func (e *Engine) CreateNetwork(ctx context.Context, n Network) (string, error) {
	made, err := e.api.NetworkCreate(ctx, n.Name, client.NetworkCreateOptions{
		Driver: "bridge", Internal: n.Internal, Options: n.Options, Labels: n.Labels,
	})
	if err != nil {
		return "", e.fail(opCreateNetwork, n.Name, err)
	}
	return made.ID, nil
}

// RemoveNetwork removes a network. Errors: KindNotFound, and KindInUse while
// a container is on it.
func (e *Engine) RemoveNetwork(ctx context.Context, id string) error {
	_, err := e.api.NetworkRemove(ctx, id, client.NetworkRemoveOptions{})
	return e.fail(opRemoveNetwork, short(id), err)
}
