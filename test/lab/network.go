package lab

import (
	"context"
	"errors"
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
