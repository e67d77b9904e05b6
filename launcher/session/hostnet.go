package session

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"math/bits"
	"net"
	"net/netip"
	"os"
	"strings"
)

// Machine is what of this machine's network matters to a gateway.
type Machine struct {
	// Addresses are its own, each as a range of one.
	Addresses []netip.Prefix
	// Reached are the ranges that it reaches by a route or an interface.
	Reached []netip.Prefix
}

// LookAtMachine asks the operating system. What cannot be found out is left
// out: Addresses then lacks what private ranges cover in most cases.
func LookAtMachine() Machine {
	var m Machine
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return m
	}
	for _, a := range addrs {
		n, ok := a.(*net.IPNet)
		if !ok {
			continue
		}
		addr, ok := netip.AddrFromSlice(n.IP)
		if !ok {
			continue
		}
		addr = addr.Unmap()
		m.Addresses = append(m.Addresses, netip.PrefixFrom(addr, addr.BitLen()))
		ones, size := n.Mask.Size()
		if addr.Is4() && size == addr.BitLen() {
			m.Reached = append(m.Reached, netip.PrefixFrom(addr, ones).Masked())
		}
	}
	// Linux has its routes in a file; elsewhere the interfaces have to do.
	if text, err := os.ReadFile("/proc/net/route"); err == nil {
		m.Reached = append(m.Reached, parseRoutes(text)...)
	}
	return m
}

// parseRoutes reads the kernel's table: per line an interface, and destination,
// gateway, flags, three counters and the mask, the addresses in hexadecimal in
// the byte order of the machine, which is little-endian on all that we run on.
func parseRoutes(text []byte) []netip.Prefix {
	var found []netip.Prefix
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		f := strings.Fields(lines.Text())
		if len(f) < 8 {
			continue
		}
		to, ok := littleEndian(f[1])
		mask, ok2 := littleEndian(f[7])
		if !ok || !ok2 {
			continue // the heading
		}
		ones := bits.LeadingZeros32(^binary.BigEndian.Uint32(mask[:]))
		found = append(found, netip.PrefixFrom(netip.AddrFrom4(to), ones).Masked())
	}
	return found
}

func littleEndian(text string) (b [4]byte, ok bool) {
	raw, err := hex.DecodeString(text)
	if err != nil || len(raw) != len(b) {
		return b, false
	}
	for i := range b {
		b[i] = raw[len(b)-1-i]
	}
	return b, true
}
