package plan

import (
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"dclaude/launcher/egress"
)

func TestGateway(t *testing.T) {
	p := build(t, request())
	g := p.Gateway
	if g == nil || g.Setup.Address != netip.MustParseAddr("10.186.7.10") || g.Setup.Subnet != g.Network.Subnet || g.Network.Name != "dclaude-my-project-b2c3" {
		t.Fatalf("gateway: %+v", g)
	}
	if g.Container.Endpoint.Address != g.Setup.Address || !g.Container.ReadOnly || g.Container.User == "0:0" || len(g.Container.CapAdd) != 0 || len(g.Container.Mounts) != 0 {
		t.Errorf("gateway's container: %+v", g.Container)
	}
	c := p.Container
	if c.NetworkMode != "" || c.Endpoint.Network != g.Network.Name || c.Endpoint.Address != netip.MustParseAddr("10.186.7.11") || c.Resolver != g.Setup.Address {
		t.Errorf("container: %+v", c)
	}
	for _, name := range []string{"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy"} {
		if !slices.Contains(c.Env, name+"=http://10.186.7.10:3128") {
			t.Errorf("no %s in %q", name, c.Env)
		}
	}
	if !strings.Contains(string(p.Handoff.ManagedSettings), `"Stop":[{"hooks":[{"command":"/usr/local/bin/dclaude-guest hook finished 10.186.7.10"`) {
		t.Errorf("hooks: %s", p.Handoff.ManagedSettings)
	}
	if p.Handoff.Gateway != "10.186.7.10" || len(p.Warnings) != 0 {
		t.Errorf("handoff %q, warnings %v", p.Handoff.Gateway, p.Warnings)
	}
	if _, err := g.Setup.Encode(); err != nil {
		t.Error(err)
	}
	r := request()
	r.Settings.Network = "none"
	if p := build(t, r); p.Gateway != nil || p.Container.Endpoint != nil || p.Handoff.Gateway != "" {
		t.Errorf("none: %+v", p)
	}
	r = request()
	r.Settings.Env = []string{"NO_PROXY=mine"}
	if p := build(t, r); !slices.Contains(p.Container.Env, "NO_PROXY=mine") || !slices.Contains(p.Container.Env, "no_proxy=localhost,127.0.0.1,::1") {
		t.Errorf("the user's own word: %q", p.Container.Env)
	}
	r = request()
	r.Reach.Subnet = netip.Prefix{}
	if _, err := Build(r); err == nil {
		t.Error("a network without addresses")
	}
}

func TestAllowList(t *testing.T) {
	r := request()
	r.Settings.Allow = []string{"example.com:8443", "@pip", "@github", "packages.example"}
	got := build(t, r).Gateway.Setup.Allow
	for _, want := range []string{"api.anthropic.com", "github.com", "packages.example", "example.com:8443", "wheels.example", "files.example"} {
		if n := count(got, want); n != 1 {
			t.Errorf("%s is there %d times", want, n)
		}
	}
	r.Settings.Policy = "strict"
	r.Settings.Allow = []string{"@claude", "own.example"}
	if got := build(t, r).Gateway.Setup.Allow; !slices.Equal(got, append(slices.Clone(claudeHosts), "own.example")) {
		t.Errorf("strict: %q", got)
	}
	r.Settings.Allow = []string{"@cargo"}
	var refusal *Refusal
	if _, err := Build(r); !errors.As(err, &refusal) || !strings.Contains(refusal.Error(), "@cargo") || refusal.Hint() == "" {
		t.Errorf("an unknown preset: %v", err)
	}
	for _, list := range [][]string{claudeHosts, githubHosts} {
		if _, err := egress.ParseRules(list); err != nil {
			t.Error(err)
		}
	}
	for _, host := range claudeHosts {
		if strings.Contains(host, "statsig") || strings.Contains(host, "sentry") {
			t.Errorf("%s takes posts from anybody", host)
		}
	}
}

func count(list []string, s string) int {
	n := 0
	for _, item := range list {
		if item == s {
			n++
		}
	}
	return n
}

func TestChooseSubnet(t *testing.T) {
	prefixes := func(texts ...string) []netip.Prefix {
		var p []netip.Prefix
		for _, s := range texts {
			p = append(p, netip.MustParsePrefix(s))
		}
		return p
	}
	first, err := ChooseSubnet("a", nil, nil)
	if err != nil || first.Bits() != 29 || !subnetBases[0].Overlaps(first) || first != first.Masked() {
		t.Errorf("%v, %v", first, err)
	}
	if other, _ := ChooseSubnet("b", nil, nil); other == first {
		t.Errorf("two sessions begin at %v", other)
	}
	var used []netip.Prefix
	for range 500 {
		p, err := ChooseSubnet("a", used, nil)
		if err != nil || overlaps(p, used) {
			t.Fatalf("%v, %v", p, err)
		}
		used = append(used, p)
	}
	for name, tt := range map[string]struct {
		engine, machine []netip.Prefix
		want            string
	}{
		"a default route is no clash":      {nil, prefixes("0.0.0.0/0"), "10.186.0.0/16"},
		"the engine has the first":         {prefixes("10.186.0.0/16"), nil, "10.93.0.0/16"},
		"a VPN has all of 10.0.0.0/8":      {nil, prefixes("10.0.0.0/8"), "172.16.0.0/16"},
		"a VPN has everything that is not": {prefixes("10.186.0.0/16"), prefixes("10.0.0.0/8", "172.16.0.0/12"), "10.93.0.0/16"},
	} {
		if p, err := ChooseSubnet("s", tt.engine, tt.machine); err != nil || !netip.MustParsePrefix(tt.want).Overlaps(p) {
			t.Errorf("%s: %v, %v", name, p, err)
		}
	}
	if _, err := ChooseSubnet("s", prefixes("10.0.0.0/8", "172.16.0.0/12"), nil); !errors.Is(err, ErrNoSubnet) {
		t.Errorf("nothing left: %v", err)
	}
}
