package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"strings"
)

// Network is the address range of the private engine: a bridge for containers
// that ask for no network, and a pool for the networks that are made.
type Network struct {
	Gateway string `json:"gateway"` // the bridge's address with its prefix length
	Pool    string `json:"pool"`
}

// poolBits is the size of the networks that the engine cuts from its pool: 60
// addresses each, 512 of them.
const poolBits = 26

// candidates are the /16 ranges that the lab looks through, in the middle of
// 10.0.0.0/8, where other tools seldom go.
func candidates() []netip.Prefix {
	var out []netip.Prefix
	for second := byte(213); second < 245; second++ {
		out = append(out, netip.PrefixFrom(netip.AddrFrom4([4]byte{10, second, 0, 0}), 16))
	}
	return out
}

// chooseNetwork takes the first range that overlaps nothing in use. A default
// route, which covers everything, is not counted as use.
func chooseNetwork(used []netip.Prefix) (Network, error) {
	for _, c := range candidates() {
		if clashes(c, used) {
			continue
		}
		b := c.Addr().As4()
		b[3] = 1
		gateway := netip.PrefixFrom(netip.AddrFrom4(b), 24)
		b[2], b[3] = 128, 0
		return Network{Gateway: gateway.String(), Pool: netip.PrefixFrom(netip.AddrFrom4(b), 17).String()}, nil
	}
	return Network{}, errors.New("every range from 10.213.0.0/16 to 10.244.0.0/16 is in use")
}

func clashes(p netip.Prefix, used []netip.Prefix) bool {
	for _, u := range used {
		if u.Bits() > 0 && u.Overlaps(p) {
			return true
		}
	}
	return false
}

// rangesInUse are the addresses of interfaces, the routes and the name servers
// of this machine, without the interface named except.
func rangesInUse(ctx context.Context, except string) ([]netip.Prefix, error) {
	routes, err := (command{args: []string{"ip", "-4", "route", "show", "table", "all"}}).output(ctx)
	if err != nil {
		return nil, err
	}
	used := parseRoutes(routes, except)
	conf, err := os.ReadFile("/etc/resolv.conf")
	if err == nil { // a machine without one has no name servers to spare
		used = append(used, parseNameServers(string(conf))...)
	}
	return used, nil
}

// parseRoutes reads the output of `ip -4 route show`.
func parseRoutes(text, except string) []netip.Prefix {
	var out []netip.Prefix
	for _, line := range strings.Split(text, "\n") {
		words := strings.Fields(line)
		if len(words) == 0 || hasPair(words, "dev", except) {
			continue
		}
		for _, word := range words[:min(2, len(words))] { // "local 10.0.0.1 dev ..." has it second
			if p, err := parseRange(word); err == nil {
				out = append(out, p)
				break
			}
		}
		if via := after(words, "via"); via != "" {
			if p, err := parseRange(via); err == nil {
				out = append(out, p)
			}
		}
	}
	return out
}

// parseNameServers reads the IPv4 name servers of a resolv.conf.
func parseNameServers(text string) []netip.Prefix {
	var out []netip.Prefix
	for _, line := range strings.Split(text, "\n") {
		words := strings.Fields(line)
		if len(words) < 2 || words[0] != "nameserver" {
			continue
		}
		if p, err := parseRange(words[1]); err == nil {
			out = append(out, p)
		}
	}
	return out
}

func parseRange(word string) (netip.Prefix, error) {
	if p, err := netip.ParsePrefix(word); err == nil {
		return p.Masked(), nil
	}
	a, err := netip.ParseAddr(word)
	if err != nil {
		return netip.Prefix{}, err
	}
	return netip.PrefixFrom(a, a.BitLen()), nil
}

// after returns the word that follows key, "" if there is none.
func after(words []string, key string) string {
	for i := 0; i+1 < len(words); i++ {
		if words[i] == key {
			return words[i+1]
		}
	}
	return ""
}

func hasPair(words []string, key, value string) bool {
	return value != "" && after(words, key) == value
}

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
		{"link", "add", "name", f.bridge, "type", "bridge"},
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
	if err := replaceFile(f.network, b, 0o644); err != nil {
		return Network{}, fail(op, err, "")
	}
	return network, nil
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
