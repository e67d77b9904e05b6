package egress

import (
	"net/netip"
	"testing"
)

func policy(t *testing.T, allow, deny []string) Policy {
	t.Helper()
	p, err := Setup{Allow: allow, Deny: deny}.Policy()
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func target(t *testing.T, host string, port uint16) Target {
	t.Helper()
	target, ok := ParseTarget(host, port)
	if !ok {
		t.Fatalf("%q is no target", host)
	}
	return target
}

func TestDecide(t *testing.T) {
	p := policy(t,
		[]string{"example.com", "*.wild.example", "odd.example:8443", "tcp:db.example:5432", "10.1.2.3:8080", "10.5.0.0/16", "example.com:8080", "*.evil.example"},
		[]string{"bad.wild.example", "*.evil.example", "example.com:8080"})
	for _, tt := range []struct {
		host string
		port uint16
		want Reason
		tcp  bool
	}{
		{"example.com", 443, Allowed, false},
		{"EXAMPLE.com.", 443, Allowed, false},
		{"example.com", 80, Allowed, false},
		{"example.com", 22, BadPort, false},
		{"example.com", 8080, Denied, false},
		{"www.example.com", 443, NotAllowed, false},
		{"notexample.com", 443, NotAllowed, false},
		{"example.com.evil", 443, NotAllowed, false},
		{"wild.example", 443, NotAllowed, false},
		{"a.b.wild.example", 443, Allowed, false},
		{"bad.wild.example", 443, Denied, false},
		{"x.evil.example", 443, Denied, false},
		{"xwild.example", 443, NotAllowed, false},
		{"odd.example", 8443, Allowed, false},
		{"odd.example", 443, BadPort, false},
		{"db.example", 5432, Allowed, true},
		{"10.1.2.3", 8080, Allowed, false},
		{"10.1.2.3", 443, BadPort, false},
		{"10.5.255.1", 443, Allowed, false},
		{"10.6.0.1", 443, NotAllowed, false},
		{"1.1.1.1", 443, NotAllowed, false},
	} {
		if got := p.Decide(target(t, tt.host, tt.port)); got.Reason != tt.want || got.TCP != tt.tcp {
			t.Errorf("%s:%d: %+v, want %s", tt.host, tt.port, got, tt.want)
		}
	}
}

func TestAllowsAddr(t *testing.T) {
	hosts := []netip.Prefix{netip.MustParsePrefix("10.5.0.1/32"), netip.MustParsePrefix("8.8.8.8/32")}
	p := policy(t, []string{"example.com", "10.1.2.3:8080", "10.5.0.0/16", "8.8.8.8", "127.0.0.1", "169.254.169.254", "9.9.9.9"}, []string{"1.2.3.0/24", "9.9.9.9"})
	for _, tt := range []struct {
		addr string
		port uint16
		want bool
	}{
		{"1.1.1.1", 443, true},
		{"1.2.3.4", 443, false}, // denied, whatever its name
		{"9.9.9.9", 443, false},
		{"10.1.2.3", 8080, true},
		{"10.1.2.3", 443, false},
		{"10.1.2.4", 8080, false},
		{"10.5.0.2", 443, true},
		{"10.5.0.1", 443, false}, // the host's: a range is not enough
		{"8.8.8.8", 443, true},   // the host's, named
		{"8.8.8.8", 22, false},
		{"127.0.0.1", 443, false},
		{"169.254.169.254", 80, false},
	} {
		if got := p.AllowsAddr(netip.MustParseAddr(tt.addr), tt.port, hosts); got != tt.want {
			t.Errorf("%s:%d: %v", tt.addr, tt.port, got)
		}
	}
}

func TestParseTargetTakesNothingOdd(t *testing.T) {
	for _, host := range []string{
		"", ".", "a..b", "a b", "a\x00b", "user@host", "127.1", "0x7f.0.0.1", "0177.0.0.1", "2130706433", "[1.2.3.4]", "[::1", "::1]", "[::1%25lo]",
		"fe80::1%eth0", "*", "*.example.com", "ex\u00e4mple.com", "a/b", "a#b", "a?b", "\u2488.example", "\u212a.example", "host:80",
	} {
		if got, ok := ParseTarget(host, 443); ok {
			t.Errorf("%q: %+v", host, got)
		}
	}
	if _, ok := ParseTarget("example.com", 0); ok {
		t.Error("port 0")
	}
	for host, want := range map[string]string{"[::1]": "[::1]", "1.2.3.4": "1.2.3.4", "A.b.": "a.b", "::1": "[::1]"} {
		if got := target(t, host, 1); got.Name() != want {
			t.Errorf("%q: %q", host, got.Name())
		}
	}
}

func FuzzDecide(f *testing.F) {
	f.Add("example.com", "a.example.com", uint16(443))
	f.Add("*.example.com", "a.example.com", uint16(443))
	f.Add("10.0.0.0/8", "10.0.0.1", uint16(80))
	f.Fuzz(func(t *testing.T, rule, host string, port uint16) {
		r, err := ParseRule(rule)
		target, ok := ParseTarget(host, port)
		if err != nil || !ok {
			return
		}
		if (Policy{Allow: []Rule{r}, Deny: []Rule{r}}).Decide(target).OK() {
			t.Errorf("%s allows %s in spite of being denied", r, target.Name())
		}
		if (Policy{}).Decide(target).OK() {
			t.Errorf("an empty policy allows %s", target.Name())
		}
	})
}
