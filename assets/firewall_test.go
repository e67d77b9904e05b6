package assets

import (
	"bytes"
	"context"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// stage replaces everything that the firewall script asks or changes. The
// filter of each family is the file "filter.4" or "filter.6"; what would be
// asked over the network is answered from here.
const stage = `
id() { echo 0; }
timeout() { shift; "$@"; }
show() { if [ -e "filter.$1" ]; then grep -v -e '^\*' -e '^:[IFO]' -e COMMIT "filter.$1" | sed 's/^:/-N /'; fi; echo '-P INPUT ACCEPT'; }
load() { cat >"filter.$1"; echo "load $1" >>calls; }
iptables() { show 4; }
iptables-restore() { load 4; }
ip6tables() { show 6; }
ip6tables-restore() { load 6; }
iptables-legacy() { echo "no legacy"; return 3; }
iptables-legacy-restore() { echo "no legacy"; return 3; }
ip6tables-legacy() { iptables-legacy; }
ip6tables-legacy-restore() { iptables-legacy; }
getent() {
	local host=${!#}
	case $host in
	api.anthropic.com) printf '%s\n' '192.0.2.10      STREAM api' '192.0.2.10      DGRAM' '2001:db8::10 STREAM' ;;
	github.com) echo '192.0.2.20 STREAM' ;;
	packages.corp.example) echo '192.0.2.30 STREAM' ;;
	*) return 2 ;;
	esac
}
npm() { echo "https://user:word@packages.corp.example:8443/npm/"; }
curl() { echo '{"web":["198.51.100.0/25","2001:db8:1::/48","x; reboot"],"api":["198.51.100.128/25"],"git":[]}'; }
jq() { cat >/dev/null; printf '%s\n' 198.51.100.0/25 2001:db8:1::/48 'x; reboot' 198.51.100.128/25; }
aggregate() { cat >/dev/null; echo 198.51.100.0/24; }
resolvers() { echo 192.0.2.53; }
has_ipv6() { return 0; }
connects() { [ "$1" = api.anthropic.com ]; }
sends() { return 1; }
`

// firewall runs the script on the stage, with changes to it, and returns its
// last line, whether it succeeded, and the folder with the filters.
func firewall(t *testing.T, changes string) (last string, ok bool, dir string) {
	t.Helper()
	script, err := fs.ReadFile(Image(), "init-firewall.sh")
	if err != nil {
		t.Fatal(err)
	}
	functions, found := bytes.CutSuffix(script, []byte("\nmain\n"))
	if !found {
		t.Fatal("the script does not end by calling main")
	}
	dir = t.TempDir()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash")
	cmd.Dir = dir
	cmd.Env = []string{"PATH=" + os.Getenv("PATH")}
	cmd.Stdin = strings.NewReader(string(functions) + stage + changes + "\nmain\n")
	out, err := cmd.CombinedOutput()
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	return lines[len(lines)-1], err == nil, dir
}

func filter(t *testing.T, dir, family string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "filter."+family))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	return string(b)
}

func TestFirewallCloses(t *testing.T) {
	for name, before := range map[string]string{"first": "", "again": "(main) >/dev/null"} {
		last, ok, dir := firewall(t, before)
		if !ok || !strings.Contains(last, "the network is closed") {
			t.Fatalf("%s: ended with %q", name, last)
		}
		want4 := []string{
			":OUTPUT DROP", ":INPUT DROP", ":FORWARD DROP",
			"-A DCLAUDE-OUT -d 192.0.2.53 -p udp --dport 53 -j ACCEPT",
			"-A DCLAUDE-OUT -d 192.0.2.10 -p tcp --dport 443 -j ACCEPT",
			"-A DCLAUDE-OUT -d 192.0.2.20 -p tcp --dport 22 -j ACCEPT",
			"-A DCLAUDE-OUT -d 192.0.2.30 -p tcp --dport 8443 -j ACCEPT",
			"-A DCLAUDE-OUT -d 198.51.100.0/24 -p tcp --dport 443 -j ACCEPT",
		}
		want6 := []string{
			":OUTPUT DROP", ":INPUT DROP",
			"-A DCLAUDE-OUT -p icmpv6 --icmpv6-type 135 -j ACCEPT",
			"-A DCLAUDE-OUT -d 2001:db8::10 -p tcp --dport 443 -j ACCEPT",
			"-A DCLAUDE-OUT -d 2001:db8:1::/48 -p tcp --dport 22 -j ACCEPT",
		}
		for family, want := range map[string][]string{"4": want4, "6": want6} {
			got := filter(t, dir, family)
			for _, line := range want {
				if !strings.Contains(got, line+"\n") {
					t.Errorf("no %q in the filter of IPv%s:\n%s", line, family, got)
				}
			}
			if strings.Contains(got, "reboot") || strings.Contains(got, "word") {
				t.Errorf("text from outside in the filter:\n%s", got)
			}
			if strings.Contains(got, "REJECT") || strings.Contains(got, "-m set") {
				t.Errorf("a rule that needs a module:\n%s", got)
			}
		}
	}
}

func TestFirewallIsAllOrNothing(t *testing.T) {
	tests := []struct {
		name, changes, want string
		untouched           bool // no filter was ever replaced
	}{
		{name: "not root", changes: `id() { echo 501; }`, want: "not run as root", untouched: true},
		{name: "no filter", changes: `iptables() { echo "no filter"; return 4; }; ip6tables() { iptables; }`, want: "no packet filter here: no filter; the network is open", untouched: true},
		{name: "the host's network", changes: `iptables() { echo "-A FORWARD -j DOCKER-USER"; }`, want: "rules of somebody else; the packet filter was left as it is", untouched: true},
		{name: "behind a proxy", changes: `https_proxy=http://proxy:3128`, want: "https_proxy is set", untouched: true},
		{name: "offline", changes: `getent() { return 2; }`, want: "api.anthropic.com has no address; the network is open", untouched: true},
		{name: "rules refused", changes: `iptables-restore() { cat >/dev/null; echo "line 3 failed"; return 1; }`, want: "cannot set the rules: iptables: line 3 failed; the network is open", untouched: true},
		{name: "IPv6 refused", changes: `ip6tables-restore() { echo "no IPv6 here"; return 1; }`, want: "no IPv6 here; the network is open"},
		{name: "allowed fails", changes: `connects() { return 1; }`, want: "api.anthropic.com cannot be reached with the rules in force; the network is open"},
		{name: "forbidden works", changes: `connects() { return 0; }`, want: "example.com can be reached with the rules in force; the network is open"},
		{name: "packets leave", changes: `sends() { return 0; }`, want: "packets get out in spite of the rules; the network is open"},
		{name: "names are lost", changes: `in_dns() { [ ! -e filter.4 ]; }`, want: "names cannot be resolved with the rules in force; the network is open"},
		{name: "interrupted", changes: `connects() { kill -TERM $$; }`, want: "interrupted; the network is open"},
		{name: "a command fails", changes: `targets() { return 1; }`, want: "unexpected failure; the network is open", untouched: true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			last, ok, dir := firewall(t, tt.changes)
			if ok || !strings.HasPrefix(last, "init-firewall: ") || !strings.Contains(last, tt.want) {
				t.Errorf("success %v, ended with %q, want %q", ok, last, tt.want)
			}
			_, err := os.Stat(filepath.Join(dir, "calls"))
			if tt.untouched != os.IsNotExist(err) {
				t.Errorf("untouched is %v, want %v", os.IsNotExist(err), tt.untouched)
			}
			for _, family := range []string{"4", "6"} {
				if got := filter(t, dir, family); strings.Contains(got, "DROP") {
					t.Errorf("IPv%s is still closed:\n%s", family, got)
				}
			}
		})
	}
}

// A kernel without IPv6 has nothing to close.
func TestFirewallWithoutIPv6(t *testing.T) {
	last, ok, _ := firewall(t, `ip6tables-restore() { return 1; }; has_ipv6() { return 1; }`)
	if !ok {
		t.Errorf("ended with %q", last)
	}
}

func TestFirewallRegistry(t *testing.T) {
	tests := []struct{ url, want string }{
		{"https://packages.example/", "packages.example 443"},
		{"https://packages.example", "packages.example 443"},
		{"http://packages.example/npm/", "packages.example 80"},
		{"https://user:pass@packages.example:8443/npm/", "packages.example 8443"},
		{"https://192.0.2.1:4873", "192.0.2.1 4873"},
		{"undefined", ""},
		{"file:///etc", ""},
		{"https://bad host/", ""},
		{"https://-x;reboot/", ""},
	}
	for _, tt := range tests {
		last, _, _ := firewall(t, "main() { trap - EXIT; npm_registry; }; npm() { echo '"+tt.url+"'; }")
		if last != tt.want {
			t.Errorf("%q: got %q, want %q", tt.url, last, tt.want)
		}
	}
}
