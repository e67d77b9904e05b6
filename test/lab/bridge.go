package lab

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net"
	"net/netip"
	"os"
)

// bridgeUp makes sure of the bridge that the private engine hangs its
// containers on. The range of an earlier run is taken again if it is still
// free, for the networks in the engine's data were cut from it.
func (l *Lab) bridgeUp(ctx context.Context, f engineFiles) (Network, error) {
	const op = "make the private engine's bridge"
	used, err := rangesInUse(ctx, f.bridge)
	if err != nil {
		return Network{}, fail(op, err, "")
	}
	network, ok := readNetwork(f.network, used)
	if !ok {
		if network, err = chooseNetwork(used); err != nil {
			return Network{}, fail(op, err, "")
		}
	}
	if _, err := net.InterfaceByName(f.bridge); err == nil {
		if err := ip(ctx, "link", "del", f.bridge); err != nil {
			return Network{}, fail(op, err, "")
		}
	}
	for _, args := range [][]string{
		// With an address of its own, as an engine gives to the bridges that it
		// makes: otherwise it changes with the containers, and those whose
		// neighbour tables have the old one are cut off.
		{"link", "add", "name", f.bridge, "address", hardwareAddress(), "type", "bridge"},
		{"addr", "add", network.Gateway, "dev", f.bridge},
		{"link", "set", f.bridge, "up"},
	} {
		if err := ip(ctx, args...); err != nil {
			return Network{}, fail(op, err, "The machine must let root make network bridges.")
		}
	}
	b, err := json.Marshal(network)
	if err != nil {
		return Network{}, fail(op, err, "")
	}
	if err := replaceFile(f.network, b, 0o600); err != nil {
		return Network{}, fail(op, err, "")
	}
	return network, nil
}

// hardwareAddress makes up an address for one interface, of the kind that
// nobody hands out: locally administered (IEEE 802).
func hardwareAddress() string {
	address := make(net.HardwareAddr, 6)
	_, _ = rand.Read(address) // it never fails
	address[0] = address[0]&^1 | 2
	return address.String()
}

// readNetwork returns the range of an earlier run, if it still clashes with
// nothing.
func readNetwork(path string, used []netip.Prefix) (Network, bool) {
	b, err := os.ReadFile(path)
	if err != nil {
		return Network{}, false
	}
	var n Network
	if err := json.Unmarshal(b, &n); err != nil {
		return Network{}, false
	}
	for _, text := range []string{n.Gateway, n.Pool} {
		p, err := parseRange(text)
		if err != nil || clashes(p, used) {
			return Network{}, false
		}
	}
	return n, true
}

func ip(ctx context.Context, args ...string) error {
	if _, err := (command{args: append([]string{"ip"}, args...)}).output(ctx); err != nil {
		return fmt.Errorf("ip: %w", err)
	}
	return nil
}
