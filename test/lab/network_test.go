package lab

import (
	"encoding/json"
	"net/netip"
	"path/filepath"
	"reflect"
	"testing"
)

func prefixes(t *testing.T, texts ...string) []netip.Prefix {
	t.Helper()
	var out []netip.Prefix
	for _, text := range texts {
		p, err := parseRange(text)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, p)
	}
	return out
}

func TestParseRoutes(t *testing.T) {
	const text = `default via 192.0.2.1 dev eth0
192.0.2.0/24 dev eth0 proto kernel scope link src 192.0.2.2
10.214.0.0/16 via 192.0.2.9 dev eth0
local 10.215.0.1 dev tun0 table local
broadcast 10.216.0.255 dev tun0 table local
10.217.0.0/24 dev own0 proto kernel
unreachable 10.218.0.0/16
`
	got := parseRoutes(text, "own0")
	want := prefixes(t, "192.0.2.1", "192.0.2.0/24", "10.214.0.0/16", "192.0.2.9", "10.215.0.1", "10.216.0.255", "10.218.0.0/16")
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestParseNameServers(t *testing.T) {
	got := parseNameServers("# made by hand\nsearch lan\nnameserver 10.255.255.53\nnameserver fd00::53\nnameserver\nnameserver what\n")
	if want := prefixes(t, "10.255.255.53", "fd00::53"); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestChooseNetwork(t *testing.T) {
	tests := map[string]struct {
		used    []string
		gateway string
	}{
		"all free":              {nil, "10.213.0.1/24"},
		"a default route":       {[]string{"0.0.0.0/0"}, "10.213.0.1/24"},
		"first taken in part":   {[]string{"10.213.200.0/24"}, "10.214.0.1/24"},
		"first two, one inside": {[]string{"10.213.0.7", "10.214.0.0/15"}, "10.216.0.1/24"},
		"elsewhere":             {[]string{"192.168.0.0/16", "fd00::/8"}, "10.213.0.1/24"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			got, err := chooseNetwork(prefixes(t, test.used...))
			if err != nil {
				t.Fatal(err)
			}
			if got.Gateway != test.gateway {
				t.Errorf("gateway = %s, want %s", got.Gateway, test.gateway)
			}
			gateway, pool := prefixes(t, got.Gateway)[0], prefixes(t, got.Pool)[0]
			if gateway.Overlaps(pool) {
				t.Errorf("%v: the bridge and the pool overlap", got)
			}
		})
	}
	if got, err := chooseNetwork(prefixes(t, "10.0.0.0/8")); err == nil {
		t.Errorf("a range was found where all are in use: %v", got)
	}
}

func TestReadNetwork(t *testing.T) {
	path := filepath.Join(t.TempDir(), "network.json")
	if _, ok := readNetwork(path, nil); ok {
		t.Error("a missing file was read")
	}
	want := Network{Gateway: "10.213.0.1/24", Pool: "10.213.128.0/17"}
	b, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	write(t, path, string(b))
	if got, ok := readNetwork(path, prefixes(t, "10.214.0.0/16")); !ok || got != want {
		t.Errorf("got %v %v, want %v", got, ok, want)
	}
	if got, ok := readNetwork(path, prefixes(t, "10.213.130.0/24")); ok {
		t.Errorf("%v was taken though something else uses it by now", got)
	}
	for _, broken := range []string{"{", `{"gateway":"x","pool":"y"}`, `{}`} {
		write(t, path, broken)
		if _, ok := readNetwork(path, nil); ok {
			t.Errorf("%s was read", broken)
		}
	}
}

// FuzzParseRoutes looks for routes that make the reader fail or hand out a
// range that is none.
func FuzzParseRoutes(f *testing.F) {
	f.Add("default via 192.0.2.1 dev eth0\nlocal 10.0.0.1 dev lo", "lo")
	f.Add("via\n10.0.0.0/8 via", "")
	f.Fuzz(func(t *testing.T, text, except string) {
		for _, p := range parseRoutes(text, except) {
			if !p.IsValid() {
				t.Errorf("%q gave an invalid range", text)
			}
		}
	})
}
