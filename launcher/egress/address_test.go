package egress

import (
	"net/netip"
	"testing"
)

func TestJudge(t *testing.T) {
	hosts := []netip.Prefix{netip.MustParsePrefix("8.8.4.0/24"), netip.MustParsePrefix("10.9.9.9/32"), netip.MustParsePrefix("2a00::9/128")}
	for class, addrs := range map[Class][]string{
		Public:  {"1.1.1.1", "8.8.8.8", "11.0.0.1", "172.15.0.1", "172.32.0.1", "100.128.0.1", "192.0.1.1", "223.255.255.255", "2606:4700::1", "2a00:1450::1"},
		Private: {"10.0.0.1", "172.16.0.1", "172.31.255.255", "192.168.1.1", "100.64.0.1", "198.18.0.1", "fc00::1", "fd12:3456::1", "192.0.2.1", "198.51.100.1", "203.0.113.1", "2001:db8::1", "3fff::1"},
		Host:    {"8.8.4.4", "10.9.9.9", "2a00::9"},
		Special: {
			"0.0.0.0", "0.1.2.3", "127.0.0.1", "127.255.0.1", "169.254.169.254", "169.254.0.1", "192.0.0.192",
			"192.88.99.1", "224.0.0.1", "239.1.1.1", "240.0.0.1", "255.255.255.255", "100.100.100.200", "168.63.129.16",
			"::", "::1", "::10.0.0.1", "::ffff:10.0.0.1", "::ffff:8.8.8.8", "::ffff:0:10.0.0.1", "64:ff9b::10.0.0.1", "64:ff9b::808:808", "64:ff9b:1::1",
			"100::1", "2001::1", "2001:0:4136::1", "2002:a00:1::1", "5f00::1", "fd00:ec2::254", "fd20:ce::254", "fe80::1", "fec0::1",
			"ff02::1", "4000::1", "fe80::1%eth0",
		},
	} {
		for _, a := range addrs {
			if got := Judge(netip.MustParseAddr(a), hosts); got != class {
				t.Errorf("%s: %s, want %s", a, got, class)
			}
		}
	}
	if got := Judge(netip.Addr{}, nil); got != Special {
		t.Errorf("no address at all: %s", got)
	}
}

func FuzzJudge(f *testing.F) {
	f.Add([]byte{10, 0, 0, 1})
	f.Add([]byte{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1})
	f.Fuzz(func(t *testing.T, b []byte) {
		a, ok := netip.AddrFromSlice(b)
		if !ok {
			return
		}
		public := Judge(a, nil) == Public
		if public && (a.IsPrivate() || a.IsLoopback() || a.IsMulticast() || a.IsLinkLocalUnicast() || a.IsUnspecified() || !a.IsGlobalUnicast() || a.Is4In6()) {
			t.Errorf("%s is public", a)
		}
		if Judge(a, []netip.Prefix{netip.PrefixFrom(a, a.BitLen())}) == Public {
			t.Errorf("%s is the host's and public", a)
		}
	})
}
