package e2e

import (
	"net"
	"net/netip"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"dclaude/test/lab"
)

// nameWays lead through the attacker's names.
var nameWays = []string{"name-rebinding", "name-mapped", "name-nat64", "name-private", "name-alias", "name-fallback", "name-metadata"}

// dnsWays carry a word out in a question.
var dnsWays = []string{"dns-resolver", "dns-engine", "dns-gateway", "dns-proxy"}

// namesWorld is a world whose engine resolves at the attacker's name server, which
// is on the loopback of the engine's machine.
type namesWorld struct {
	*world
	r       *receivers // what the names must not lead to
	public  *receivers // what they may
	names   *nameServer
	bridge  string
	project string
}

func newNamesWorld(t *testing.T) *namesWorld {
	t.Helper()
	first := newWorld(t)
	first.ok("--detach", first.project("p")) // the images are there from here on
	first.ok("stop", "--all")
	names, resolv := loopbackResolver(t)
	w := &namesWorld{
		world:  newWorldOn(t, lab.RequireWithResolver(t, resolv, "claude-sandbox", "claude-sandbox-gateway", lab.BaseName)),
		names:  names,
		r:      &receivers{t: t, heard: map[string]bool{}},
		public: &receivers{t: t, heard: map[string]bool{}},
	}
	host := w.lab.Gateway()
	w.bridge = bridgeOf(t, host)
	names.private = netip.MustParseAddr(host)
	// Nobody asks these addresses of anybody while the test runs but its sessions.
	names.public, names.dead = netip.MustParseAddr("11.53.53.1"), netip.MustParseAddr("11.53.53.2")
	names.serve(host) // for those who can ask it
	_, port, err := net.SplitHostPort(w.r.tcp(net.JoinHostPort(host, "0"), w.r.evil).String())
	if err != nil {
		t.Fatal(err)
	}
	w.r.NamesPort, w.r.Zone, w.r.NameServer = port, zone, net.JoinHostPort(host, "53")
	remove := w.address(names.public.String())
	w.public.tcp(net.JoinHostPort(names.public.String(), port), w.public.evil)
	remove() // until a session runs: it is not to be taken for this machine's own
	w.address(metadataAddress)
	w.r.tcp(net.JoinHostPort(metadataAddress, port), w.r.evil)
	w.project = w.world.project("p")
	buildAttack(t, w.project)
	chown(t, w.project, 501, 20)
	w.set("DCLAUDE_ALLOW=" + strings.TrimPrefix(w.apiURL, "http://") + "\ntcp:*." + zone + ":" + port)
	return w
}

// address gives this machine another one until the test, or the returned
// function, ends.
func (w *namesWorld) address(a string) (remove func()) {
	w.t.Helper()
	if out, err := exec.Command("ip", "addr", "add", a+"/32", "dev", w.bridge).CombinedOutput(); err != nil {
		w.t.Fatalf("address %s: %v: %s", a, err, out)
	}
	remove = func() { _ = exec.Command("ip", "addr", "del", a+"/32", "dev", w.bridge).Run() }
	w.t.Cleanup(remove)
	return remove
}

// attack runs ways in a new session, and returns what its gateway logged.
func (w *namesWorld) attack(run string, ways []string, flags ...string) (attackRun, string) {
	w.t.Helper()
	name := strings.TrimSpace(w.ok(append(flags, "--detach", "--new", w.project)...).stdout)
	for _, a := range []netip.Addr{w.names.public, w.names.dead} {
		defer w.address(a.String())()
	}
	out := w.run("shell", name, "--", "/workspace/attack", w.r.argument(run, targets{
		Only: ways, Zone: w.r.Zone, NameServer: w.r.NameServer, NamesPort: w.r.NamesPort,
	}))
	if out.code != 0 {
		w.t.Fatalf("%s: %v", run, out)
	}
	log := ""
	if strings.Contains(strings.Join(flags, " "), "allowlist") {
		log = w.ok("net", "log", name, "--json").stdout
	}
	w.ok("stop", name)
	return attackRun{out: out.stdout, name: run, r: w.r}, log
}

// TestNamesOfAnAttacker has the engine resolve at a name server that is both the
// attacker's and on the engine's loopback, end to end: sessions, gateways and the
// engine's own resolver are what they are for users.
func TestNamesOfAnAttacker(t *testing.T) {
	w := newNamesWorld(t)
	open, _ := w.attack("runopen", nameWays, "--network", "open", "--isolation", "runc")
	for _, way := range nameWays {
		if !open.worked(way) {
			t.Errorf("%s does not even work without protection, so this test says nothing about it:\n%s", way, grep(open.out, way))
		}
	}
	internal := w.controlDNS()
	t.Logf("this engine answers an internal network's questions from outside (CVE-2024-29018): %t", internal)
	for _, isolation := range isolations {
		t.Run(isolation, func(t *testing.T) {
			run := "run" + isolation
			got, log := w.attack(run, slices.Concat(nameWays, dnsWays), "--network", "allowlist", "--isolation", isolation)
			for _, way := range nameWays {
				if got.worked(way) {
					t.Errorf("%s gets to an address that is not public", way)
				}
				kind := map[string]string{"name-rebinding": "rebind"}[way]
				if kind == "" {
					kind = strings.TrimPrefix(way, "name-")
				}
				host := kind + "-" + run + "." + zone
				if !w.names.sawName(host) {
					t.Errorf("%s: nobody has asked for %s", way, host)
				}
				if !regexp.MustCompile(`"host":"` + host + `".*"reason":"(address|unreachable)"`).MatchString(log) {
					t.Errorf("%s: not blocked for its address:\n%s", way, log)
				}
			}
			// The name was taken for what it was the first time, and no more.
			if !w.public.got("name-rebinding", run) {
				t.Errorf("a public address was not reached either:\n%s\n%s", got.out, log)
			}
			for _, way := range dnsWays {
				if w.names.sawWord(way, run) || got.worked(way) {
					t.Errorf("%s: the question got out", way)
				}
			}
		})
	}
}

// controlDNS shows that questions from containers do reach the name server when
// they are let through, and tells whether the engine lets those of an internal
// network through.
func (w *namesWorld) controlDNS() (internal bool) {
	w.t.Helper()
	ask := func(run string, flags ...string) {
		network := w.lab.Name(run)
		w.lab.Docker(append(append([]string{"network", "create"}, flags...), network)...)
		w.lab.RemoveAtEnd("network", network)
		w.lab.Docker("run", "--rm", "--network", network, "-v", w.project+":/workspace", "--entrypoint", "/workspace/attack", "claude-sandbox",
			w.r.argument(run, targets{Only: []string{"dns-resolver", "dns-engine"}}))
	}
	ask("runuser")
	for _, way := range []string{"dns-resolver", "dns-engine"} {
		if !w.names.sawWord(way, "runuser") {
			w.t.Errorf("%s does not even get out of an ordinary network, so this test says nothing about it", way)
		}
	}
	ask("runinternal", "--internal")
	return w.names.sawWord("dns-engine", "runinternal")
}
