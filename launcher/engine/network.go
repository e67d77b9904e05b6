package engine

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"time"

	"github.com/moby/moby/api/types/network"
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
	// Subnets are its ranges of addresses. CreateNetwork leaves the choice to
	// the engine when there is none.
	Subnets []netip.Prefix
	// NoHost, for CreateNetwork, keeps the engine's machine off the network: its
	// bridge gets no address, so that no service there can be reached.
	NoHost bool
}

// Networks lists the networks that carry all the labels.
func (e *Engine) Networks(ctx context.Context, labels map[string]string) ([]Network, error) {
	list, err := e.api.NetworkList(ctx, client.NetworkListOptions{Filters: labelFilter(labels)})
	if err != nil {
		return nil, e.fail(opListNetworks, "", err)
	}
	networks := make([]Network, 0, len(list.Items))
	for _, n := range list.Items {
		if !carries(n.Labels, labels) {
			continue
		}
		networks = append(networks, Network{
			ID: n.ID, Name: n.Name, Labels: n.Labels, Created: n.Created, Internal: n.Internal, Options: n.Options,
			Subnets: subnets(n.IPAM),
		})
	}
	return networks, nil
}

func subnets(ipam network.IPAM) []netip.Prefix {
	var found []netip.Prefix
	for _, c := range ipam.Config {
		if c.Subnet.IsValid() {
			found = append(found, c.Subnet)
		}
	}
	return found
}

// CreateNetwork makes a bridge network, without IPv6, and returns its id. A
// subnet that overlaps one that the engine knows is KindAddressInUse, and
// NoHost with an engine that cannot do it is KindUnsupported; nothing stays.
func (e *Engine) CreateNetwork(ctx context.Context, n Network) (string, error) {
	if n.NoHost && e.product == Podman {
		return "", e.cannotHide(n.Name, errors.New("it has no option for that"))
	}
	off := false
	options := client.NetworkCreateOptions{
		Driver: "bridge", Internal: n.Internal, Options: n.Options, Labels: n.Labels, EnableIPv6: &off,
	}
	if len(n.Subnets) > 0 {
		options.IPAM = &network.IPAM{Driver: "default"}
		for _, s := range n.Subnets {
			options.IPAM.Config = append(options.IPAM.Config, network.IPAMConfig{Subnet: s})
		}
	}
	if n.NoHost {
		options.Options = withoutHost(e.api.ClientVersion(), n.Options)
	}
	made, err := e.api.NetworkCreate(ctx, n.Name, options)
	if err != nil {
		return "", e.fail(opCreateNetwork, n.Name, err)
	}
	if n.NoHost && len(made.Warning) > 0 {
		// An engine that leaves out what it does not know, and says so, as Podman
		// does: the network is there, and the machine on it.
		refused := e.cannotHide(n.Name, errors.New(strings.Join(made.Warning, "; ")))
		return "", errors.Join(refused, e.RemoveNetwork(context.WithoutCancel(ctx), made.ID))
	}
	return made.ID, nil
}

func (e *Engine) cannotHide(network string, why error) error {
	return &Error{
		Kind: KindUnsupported, Op: opCreateNetwork, Object: network, Product: e.product, Endpoint: e.endpoint.Host,
		Err: fmt.Errorf("%s cannot keep its own machine off it: %w", e.product, why),
	}
}

// isolatedSince is the minor number of the first API whose engines (28.0) know
// gateways that are "isolated". Those before can only leave out the bridge's
// address.
const isolatedSince = 48

// withoutHost adds the options that keep the engine's machine off a network, for
// an engine that speaks a version of the API.
func withoutHost(api string, options map[string]string) map[string]string {
	all := map[string]string{}
	for k, v := range options {
		all[k] = v
	}
	if minor(api) >= isolatedSince {
		all["com.docker.network.bridge.gateway_mode_ipv4"] = "isolated"
		all["com.docker.network.bridge.gateway_mode_ipv6"] = "isolated"
	} else {
		all["com.docker.network.bridge.inhibit_ipv4"] = "true"
	}
	return all
}

// minor is the second number of an API's version, which are all 1.something.
func minor(version string) int {
	_, text, _ := strings.Cut(version, ".")
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}

// ConnectNetwork puts a container on one more network, with an address of the
// engine's choice.
func (e *Engine) ConnectNetwork(ctx context.Context, name, id string) error {
	_, err := e.api.NetworkConnect(ctx, name, client.NetworkConnectOptions{Container: id})
	return e.fail(opConnectNetwork, name, err)
}

// RemoveNetwork removes a network. Errors: KindNotFound, and KindInUse while
// a container is on it.
func (e *Engine) RemoveNetwork(ctx context.Context, id string) error {
	_, err := e.api.NetworkRemove(ctx, id, client.NetworkRemoveOptions{})
	return e.fail(opRemoveNetwork, short(id), err)
}
