package plan

import (
	"encoding/binary"
	"errors"
	"hash/fnv"
	"net/netip"
)

// subnetBits is the size of a session's network: two addresses are used.
const subnetBits = 29

// subnetBases are ranges from which sessions' networks are cut, each enough for
// 8192. They lie where other tools and home routers seldom are; none is one that
// engines cut their own networks from (172.17.0.0 and up, 192.168.0.0/16).
var subnetBases = []netip.Prefix{
	netip.MustParsePrefix("10.186.0.0/16"),
	netip.MustParsePrefix("10.93.0.0/16"),
	netip.MustParsePrefix("172.16.0.0/16"),
}

// ErrNoSubnet says that every range for sessions' networks is in use.
var ErrNoSubnet = errors.New("every range of addresses for sessions' networks (10.186.0.0/16, 10.93.0.0/16, 172.16.0.0/16) is in use")

// ChooseSubnet returns a range for a session's network that overlaps none that
// is in use by the engine, nor any that this machine reaches otherwise, such as
// by a VPN. If a VPN claims all of them, what the engine has is avoided alone:
// the eight addresses are then hidden from the session's gateway and from nothing
// else. Different sessions begin to look at different places, so that two
// launches at once seldom choose the same.
func ChooseSubnet(session string, engine, machine []netip.Prefix) (netip.Prefix, error) {
	h := fnv.New32a()
	_, _ = h.Write([]byte(session)) // never fails
	seed := h.Sum32()
	for _, used := range [][]netip.Prefix{append(append([]netip.Prefix(nil), engine...), machine...), engine} {
		for _, base := range subnetBases {
			if p, ok := free(base, seed, used); ok {
				return p, nil
			}
		}
	}
	return netip.Prefix{}, ErrNoSubnet
}

func free(base netip.Prefix, seed uint32, used []netip.Prefix) (netip.Prefix, bool) {
	const size = 1 << (32 - subnetBits)
	first := base.Addr().As4()
	count := uint32(1) << (subnetBits - base.Bits())
	for i := range count {
		n := (seed + i) % count
		var b [4]byte
		binary.BigEndian.PutUint32(b[:], binary.BigEndian.Uint32(first[:])+n*size)
		p := netip.PrefixFrom(netip.AddrFrom4(b), subnetBits)
		if !overlaps(p, used) {
			return p, true
		}
	}
	return netip.Prefix{}, false
}

// overlaps leaves default routes, which cover everything, out of account.
func overlaps(p netip.Prefix, used []netip.Prefix) bool {
	for _, u := range used {
		if u.Bits() > 0 && u.Overlaps(p) {
			return true
		}
	}
	return false
}
