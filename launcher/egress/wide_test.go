package egress

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
)

func TestWide(t *testing.T) {
	var eighths []string
	for i := range 64 {
		eighths = append(eighths, fmt.Sprintf("%d.0.0.0/8", i+1))
	}
	for rules, want := range map[string]string{
		"a.example *.b.example 10.0.0.0/8 172.16.0.0/12 192.168.0.0/16 2001:db8::/32 8.8.8.8": "",
		"a.example * b.example":            "*",
		"*:8443 tcp:*:22":                  "*:8443 tcp:*:22",
		"0.0.0.0/0 128.0.0.0/1 10.0.0.0/8": "0.0.0.0/0 128.0.0.0/1",
		"10.0.0.0/7 tcp:0.0.0.0/0:22":      "10.0.0.0/7 tcp:0.0.0.0/0:22",
		"::/0 2000::/3 [2001::/31]:443":    "[::/0] [2000::/3] [2001::/31]:443",
		strings.Join(eighths, " "):         strings.Join(eighths, " "), // as much, in pieces
		strings.Join(eighths[:63], " "):    "",
		strings.Join(eighths, " ") + " *":  "* " + strings.Join(eighths, " "),
	} {
		list, err := ParseRules(strings.Fields(rules))
		if err != nil {
			t.Fatal(err)
		}
		got := Strings(Wide(list))
		if slices.Sort(got); !slices.Equal(got, sorted(want)) {
			t.Errorf("%s: %s", rules, got)
		}
	}
}

func sorted(text string) []string {
	f := strings.Fields(text)
	slices.Sort(f)
	return f
}

// A rule for every host is one for the public ones: what a machine has for itself
// and its own networks needs rules about addresses.
func TestAnyOpensNoPrivateAddress(t *testing.T) {
	all, err := ParseRules([]string{"*", "tcp:*:22"})
	if err != nil {
		t.Fatal(err)
	}
	p := Policy{Allow: all}
	hosts := []netip.Prefix{netip.MustParsePrefix("8.8.4.4/32")}
	for _, a := range []string{"10.0.0.1", "192.168.1.1", "8.8.4.4", "127.0.0.1", "169.254.169.254", "::1", "fd00::1", "64:ff9b::a00:1", "::ffff:8.8.8.8"} {
		if p.AllowsAddr(netip.MustParseAddr(a), 443, hosts) {
			t.Errorf("%s can be reached", a)
		}
	}
	if !p.AllowsAddr(netip.MustParseAddr("8.8.8.8"), 443, hosts) {
		t.Error("a public address cannot be reached")
	}
	for _, tt := range []struct {
		host string
		port uint16
		want Decision
	}{
		{"any.example", 443, Decision{Reason: Allowed, Rule: all[0]}},
		{"8.8.8.8", 80, Decision{Reason: Allowed, Rule: all[0]}},
		{"any.example", 22, Decision{Reason: Allowed, TCP: true, Rule: all[1]}},
		{"any.example", 25, Decision{Reason: BadPort}},
	} {
		target, ok := ParseTarget(tt.host, tt.port)
		if got := p.Decide(target); !ok || got != tt.want {
			t.Errorf("%s:%d: %+v", tt.host, tt.port, got)
		}
	}
	forbidden := Policy{Allow: all, Deny: all[:1]}
	if target, _ := ParseTarget("any.example", 443); forbidden.Decide(target).Reason != Denied {
		t.Error("a star does not forbid")
	}
}
