package config

import (
	"net/netip"
	"strings"
	"testing"
)

func TestCheckAllow(t *testing.T) {
	good := same(
		"example.com", "a.b.example.com:8443", "localhost", "*.example.com", "*.example.com:443", "xn--bcher-kva.example",
		"10.0.0.1", "10.0.0.1:80", "[2001:db8::1]", "[2001:db8::1]:443", "_dmarc.example.com", "a--b.example", "host:1", "host:65535", "3com.example",
	)
	good["EXAMPLE.Com"] = "example.com"
	good["example.com."] = "example.com"
	good["example.com.:443"] = "example.com:443"
	good["2001:DB8::1"] = "[2001:db8::1]"
	table(t, checkAllow, good, []string{
		"", ".", "*", "*.com", "*.", "**.example.com", "a.*.com", "https://example.com", "example.com/path", "example.com:", "example.com:0",
		"example.com:65536", "example.com:+80", "example.com:080", "example.com:http", "example.com:80:81", "a b", "a\nb", "a,b", "-a.example",
		"a-.example", "a..b", "b\u00fccher.example", "user@host", "[::1", "[::1]x", "[::1]:", "[1.2.3.4]", "fe80::1%eth0", "1.2.3", "256.1.1.1",
		"0x7f.1", "example.com?x", "example.com#x", strings.Repeat("a", 64) + ".example", strings.Repeat("a.", 130) + "example", "\x00",
	})
}

// A rule may have been pasted with a password.
func TestCheckAllowShowsNoPassword(t *testing.T) {
	for _, rule := range []string{"https://u:hush@example.com", "u:hush@example.com", "hush@example.com"} {
		if _, f := checkAllow(rule); f == nil || strings.Contains(f.message+f.advice, "hush") {
			t.Errorf("%q: %+v", rule, f)
		}
	}
}

func FuzzCheckAllow(f *testing.F) {
	for _, s := range []string{"example.com", "*.a.b:443", "[::1]:80", "::1", "a:b:c", "1.2.3.4:5", "@", "[", "*"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, rule string) {
		got, flaw := checkAllow(rule)
		if flaw != nil {
			return
		}
		if again, flaw := checkAllow(got); flaw != nil || again != got {
			t.Errorf("%q became %q, and that %q, %v", rule, got, again, flaw)
		}
		if strings.ContainsFunc(got, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`/\"'@,;`, r) }) {
			t.Errorf("%q became %q", rule, got)
		}
	})
}

// The standard library agrees on what an address is, but for the forms that are
// left out on purpose.
func TestAddressesAgainstNetip(t *testing.T) {
	for _, s := range []string{
		"::", "::1", "1::", "1::8", "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7::", "::2:3:4:5:6:7:8", "2001:db8::a:b", "abcd:ef01::", "0:0:0:0:0:0:0:0",
		"", ":", ":::", "1:", ":1", "1::2::3", "1:2:3:4:5:6:7", "1:2:3:4:5:6:7:8:9", "1:2:3:4::5:6:7:8", "12345::", "g::", "1:::2", "::1:", ":1::",
		"1.2.3.4", "0.0.0.0", "255.255.255.255", "256.0.0.1", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.", ".1.2.3", "1..2.3", "+1.2.3.4", "a.b.c.d", "1.2.3.4 ",
	} {
		addr, err := netip.ParseAddr(s)
		if isIPv4(s) != (err == nil && addr.Is4()) || isIPv6(s) != (err == nil && addr.Is6()) {
			t.Errorf("%q: IPv4 %v, IPv6 %v, but netip: %v, %v", s, isIPv4(s), isIPv6(s), addr, err)
		}
	}
	for _, s := range []string{"::ffff:1.2.3.4", "fe80::1%eth0"} {
		if isIPv6(s) {
			t.Errorf("%q is taken", s)
		}
	}
}

func FuzzAddresses(f *testing.F) {
	for _, s := range []string{"::1", "1.2.3.4", "1:2:3:4:5:6:7:8", "::ffff:1.2.3.4", ":::"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		addr, err := netip.ParseAddr(s)
		plain := err == nil && addr.Zone() == "" && !(addr.Is6() && strings.Contains(s, ".")) && s == strings.ToLower(s)
		if isIPv4(s) != (plain && addr.Is4()) || isIPv6(s) != (plain && addr.Is6()) {
			t.Errorf("%q: IPv4 %v, IPv6 %v, but netip: %v, %v", s, isIPv4(s), isIPv6(s), addr, err)
		}
	})
}
