package egress

import "net/netip"

// Class is what an address is for, as far as the gateway cares.
type Class string

// The classes of addresses. Only Public ones can be reached by a name alone.
const (
	Public Class = "public"
	// Private addresses are those of a user's own networks, or can be: reached
	// when a rule names the address or its range.
	Private Class = "private"
	// Host addresses are those of the machine that the engine runs on, and of
	// the user's: reached when a rule names that one address.
	Host Class = "host"
	// Special addresses are never reached: loopback, link-local, metadata
	// services, multicast, and those that stand for other addresses.
	Special Class = "special"
)

// Judge classifies an address. hosts are the addresses of the machine itself.
// The tables follow the IANA registries of special-purpose addresses (RFC 6890
// and its successors).
func Judge(addr netip.Addr, hosts []netip.Prefix) Class {
	if !addr.IsValid() || addr.Zone() != "" || addr.Is4In6() {
		// A mapped address reaches the IPv4 one that is in it. Resolvers do
		// not return them; who sends one wants past this function.
		return Special
	}
	if within(addr, never) {
		return Special
	}
	if addr.Is6() && !within(addr, private) && !global6.Contains(addr) {
		return Special
	}
	if within(addr, hosts) {
		return Host
	}
	if within(addr, private) {
		return Private
	}
	return Public
}

func within(addr netip.Addr, prefixes []netip.Prefix) bool {
	for _, p := range prefixes {
		if p.Contains(addr) {
			return true
		}
	}
	return false
}

// global6 is all of IPv6 that IANA has given out for global unicast.
var global6 = netip.MustParsePrefix("2000::/3")

// private are networks of the user's, or that may be.
var private = parseAll(
	"10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", // RFC 1918
	"100.64.0.0/10", // shared address space (RFC 6598), also Tailscale
	"198.18.0.0/15", // benchmarks (RFC 2544), also VPN clients
	"fc00::/7",      // unique local (RFC 4193)
	// Documentation, which no public host has, but some closed networks.
	"192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32", "3fff::/20",
)

// never are addresses that nothing outside a machine answers to, that stand
// for others, or that hand out credentials.
var never = parseAll(
	"0.0.0.0/8",          // this network; Linux connects 0.0.0.0 to itself
	"127.0.0.0/8",        // loopback
	"169.254.0.0/16",     // link-local, with the clouds' metadata services
	"192.0.0.0/24",       // protocol assignments, with Oracle's metadata service
	"192.88.99.0/24",     // 6to4 relays
	"224.0.0.0/4",        // multicast
	"240.0.0.0/4",        // reserved, broadcast
	"100.100.100.200/32", // Alibaba's metadata service
	"168.63.129.16/32",   // Azure's own service on every machine
	"::/96",              // unspecified, loopback, IPv4-compatible
	"::ffff:0:0/96",      // IPv4-mapped
	"::ffff:0:0:0/96",    // IPv4-translated
	"64:ff9b::/96",       // NAT64
	"64:ff9b:1::/48",     // NAT64 of a local network
	"100::/64",           // discard-only
	"2001::/23",          // protocol assignments, with Teredo
	"2002::/16",          // 6to4
	"5f00::/16",          // segment routing
	"fd00:ec2::/32",      // Amazon's metadata service
	"fd20:ce::/32",       // Google's metadata service
	"fe80::/10",          // link-local
	"fec0::/10",          // site-local
	"ff00::/8",           // multicast
)

func parseAll(texts ...string) []netip.Prefix {
	prefixes := make([]netip.Prefix, len(texts))
	for i, t := range texts {
		prefixes[i] = netip.MustParsePrefix(t)
	}
	return prefixes
}
