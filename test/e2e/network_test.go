package e2e

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"dclaude/launcher/fakeapi"
	"dclaude/test/lab"
)

// isolations are the ways to run a session that a lab has.
var isolations = []string{"runc", "runsc", "nested"}

// listener is a port of this machine on the engine's bridge.
func (w *world) listener() net.Listener {
	w.t.Helper()
	l, err := net.Listen("tcp", net.JoinHostPort(w.lab.Gateway(), "0"))
	if err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { l.Close() })
	return l
}

// website serves files over TLS, with a certificate that nobody trusts, and
// returns its address.
func (w *world) website(files http.Handler) string {
	w.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		w.t.Fatal(err)
	}
	l := w.listener()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{l.Addr().(*net.TCPAddr).IP},
	}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		w.t.Fatal(err)
	}
	server := &http.Server{Handler: files, TLSConfig: &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{cert}, PrivateKey: key}}}}
	go func() { _ = server.ServeTLS(l, "", "") }()
	w.t.Cleanup(func() { server.Close() })
	return l.Addr().String()
}

// repository is a git repository as any web server can serve it.
func repository(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for _, line := range []string{
		"git init -q work",
		"git -C work -c user.name=a -c user.email=a@b commit -q --allow-empty -m first",
		"git clone -q --bare work repo.git",
		"git -C repo.git update-server-info",
	} {
		cmd := exec.Command("sh", "-c", line)
		cmd.Dir = dir
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v\n%s", line, err, out)
		}
	}
	return dir
}

// Claude, curl and git go through the gateway without being asked to, to what
// is allowed and to nothing else.
func TestClaudeAndToolsUseTheGateway(t *testing.T) {
	w := newWorld(t,
		fakeapi.Bash("use the network", strings.Join([]string{
			`curl -sSk -o /dev/null -w 'allowed: %{http_code}\n' https://$SITE/`,
			`rm -rf cloned`, // Claude has been seen to do a tool's work twice
			`git -c http.sslVerify=false clone -q https://$SITE/repo.git cloned && git -C cloned log --format='cloned: %s'`,
			`curl -sS http://blocked.example/ | head -1`,
			`curl -sS https://blocked.example/ 2>&1 | sed 's/^/tunnel: /'`,
			`curl -sSv https://blocked.example/ 2>&1 | grep '^< HTTP'`,
			`git clone -q git@blocked.example:a/b.git other 2>&1 | head -2`,
			`node -e 'fetch("http://'$API'/").then(r => console.log("node:", r.status > 0), e => console.log("node:", e))'`,
			`node -e 'fetch("http://blocked.example/").catch(e => console.log(e))'`,
			`env -u http_proxy -u HTTP_PROXY -u https_proxy -u HTTPS_PROXY curl -sS -m 5 http://$API/ >/dev/null 2>&1; echo "past the gateway: $?"`,
			`getent hosts blocked.example; echo "name: $?"`,
		}, "\n")))
	site := w.website(http.FileServer(http.Dir(repository(t))))
	api := strings.TrimPrefix(w.apiURL, "http://")
	w.set("DCLAUDE_ENV=ANTHROPIC_BASE_URL="+w.apiURL+"\nSITE="+site+"\nAPI="+api, "DCLAUDE_ALLOW="+api+"\n"+site)
	for _, isolation := range isolations {
		t.Run(isolation, func(t *testing.T) {
			p := w.project("tools " + isolation)
			r := w.ok("--isolation", isolation, p, "--", "-p", "use the network")
			for _, want := range []string{
				"allowed: 200", "cloned: first",
				"Blocked by dclaude: blocked.example:80 is not on this session's allow-list.",
				"tunnel: curl: (56) CONNECT tunnel failed, response 403",
				"HTTP/1.1 403 Blocked by dclaude: the user can run: dclaude net allow blocked.example",
				"git remote set-url origin https://blocked.example/PATH",
				"name: 2", "node: true", "Proxy response (403)",
			} {
				if !strings.Contains(r.stdout, want) {
					t.Errorf("no %q in: %v\nthe API was asked: %+v", want, r, w.api.Requests())
				}
			}
			if strings.Contains(r.stdout, "past the gateway: 0") {
				t.Errorf("without the variables something was reached: %v", r)
			}
			if len(w.api.Tokens()) == 0 {
				t.Error("the API saw nobody")
			}
		})
	}
}

// The gateway and the network go with the session, whoever has ended it.
func TestTheWayOutGoesWithTheSession(t *testing.T) {
	w := newWorld(t)
	for _, isolation := range isolations {
		name := strings.TrimSpace(w.ok("--isolation", isolation, "--detach", "--new", w.project("p")).stdout)
		if got := w.lab.Docker("ps", "-q", "--filter", "name=dclaude-"+name+"-gateway"); got == "" {
			t.Fatalf("%s: no gateway", isolation)
		}
		// Nobody is there to clean up: the gateway goes by itself.
		w.lab.Docker("exec", "dclaude-"+name, "/usr/local/bin/dclaude-guest", "exec", "sh", "-c", "pkill -TERM claude || kill -TERM $(pidof claude)")
		w.gone("dclaude-" + name)
		w.gone("dclaude-" + name + "-gateway")
		w.lab.Docker("network", "rm", "dclaude-"+name) // what a later launch does
	}
}

// gone waits until a container is no more.
func (w *world) gone(name string) {
	w.t.Helper()
	for deadline := time.Now().Add(time.Minute); ; {
		if out, err := w.lab.TryDocker("ps", "-aq", "--filter", "name=^/"+name+"$"); err == nil && out == "" {
			return
		}
		if time.Now().After(deadline) {
			w.t.Fatalf("%s is still there", name)
		}
		time.Sleep(50 * time.Millisecond)
	}
}

// A start that fails leaves neither network nor gateway (newWorld looks).
func TestAFailedStartLeavesNoNetwork(t *testing.T) {
	w := newWorld(t)
	p := w.project("p")
	r := w.run("--isolation", "runc", "--cpus", "9999", p, "--", "-p", "hi") // more than any engine has
	if r.code != 125 || !strings.Contains(r.stderr, "CPU") {
		t.Errorf("%v", r)
	}
}

// What was blocked can be tried again in the same session as soon as the user
// has allowed it from another terminal.
func TestAllowWhileTheSessionRuns(t *testing.T) {
	w := newWorld(t)
	l := w.listener()
	server := &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { _, _ = w.Write([]byte("the service")) })}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { server.Close() })
	site := l.Addr().String()
	p := w.project("p")
	name := strings.TrimSpace(w.ok("--detach", p).stdout)
	try := func(from string) string {
		t.Helper()
		return w.run("shell", from, "--", "curl", "-sS", "-m", "20", "http://"+site+"/").stdout
	}
	blocked := func(from string) {
		t.Helper()
		if got := try(from); !strings.Contains(got, "Blocked by dclaude") {
			t.Errorf("not blocked: %q", got)
		}
	}
	works := func(from string) {
		t.Helper()
		if got := try(from); got != "the service" {
			t.Errorf("blocked: %q", got)
		}
	}
	blocked(name)
	w.ok("net", "allow", site)
	works(name)
	w.ok("net", "deny", site)
	blocked(name)
	w.ok("net", "allow", "--once", site)
	works(name)
	blocked(name)
	w.ok("net", "allow", "--project", site)
	works(name)
	second := strings.TrimSpace(w.ok("--detach", "--new", p).stdout)
	works(second)
	other := strings.TrimSpace(w.ok("--detach", w.project("other")).stdout)
	blocked(other)
	w.ok("net", "allow", "--always", site)
	works(other)
	if got := w.ok("net", "policy", other).stdout; !strings.Contains(got, "allow  "+site+"\n") || !strings.Contains(got, "allow  api.anthropic.com\n") {
		t.Errorf("policy: %s", got)
	}
	if r := w.run("net", "allow", "exa mple"); r.code != 2 || !strings.Contains(r.stderr, "(at character 4)") {
		t.Errorf("a bad rule: %v", r)
	}
	log := w.ok("net", "log", name, "--json").stdout
	for _, want := range []string{`"verdict":"blocked","reason":"port"`, `"verdict":"blocked","reason":"denied"`, `"verdict":"allowed"`, `"change":"allow"`} {
		if !strings.Contains(log, want) {
			t.Errorf("no %s in the log:\n%s", want, log)
		}
	}
	if table := w.ok("net", "log").stdout; !strings.Contains(table, name) || !strings.Contains(table, other) {
		t.Errorf("all logs: %s", table)
	}
	w.ok("stop", "--all")
}

// Claude's own hooks reach whoever follows the log, as words.
func TestHooksReachTheLog(t *testing.T) {
	w := newWorld(t)
	p := w.project("p")
	chown(t, p, 501, 20) // root could change what belongs to root
	name := strings.TrimSpace(w.ok("--detach", p).stdout)
	follow := w.command("net", "log", "-f", "--json")
	out, err := follow.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := follow.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = follow.Process.Signal(os.Interrupt)
		_ = follow.Wait()
	}()
	seen := make(chan bool, 1)
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if strings.Contains(lines.Text(), `"kind":"hook","hook":"finished"`) && strings.Contains(lines.Text(), name) {
				seen <- true
				return
			}
		}
		seen <- false
	}()
	w.ok("shell", name, "--", "claude", "-p", "say something")
	select {
	case ok := <-seen:
		if !ok {
			t.Error("the log ended without it")
		}
	case <-time.After(time.Minute):
		t.Error("no word of it")
	}
	if r := w.run("shell", name, "--", "sh", "-c", "echo x >> /etc/claude-code/managed-settings.json"); r.code == 0 {
		t.Error("the session can change the hooks")
	}
	w.ok("stop", name)
}

// refresh makes a user's apt-get fetch the index of Debian's updates, as a build
// would, into folders of its own.
const refresh = `. /etc/os-release; mkdir -p /tmp/apt/lists/partial /tmp/apt/archives/partial
echo "deb $1 $VERSION_CODENAME-updates main" >/tmp/apt/sources
apt-get -o Dir::Etc::SourceList=/tmp/apt/sources -o Dir::Etc::SourceParts=- -o Dir::State::Lists=/tmp/apt/lists -o Dir::Cache=/tmp/apt -o Debug::NoLocking=1 \
	-o Acquire::Retries=0 --error-on=any update`

// npm and apt need no rule of the user's: the image says which registries they
// are set to. Where these have no public address, as in a closed network, the
// address is allowed, which is not enough without the name.
func TestPackagesInstallThroughTheGateway(t *testing.T) {
	w := newWorld(t)
	p := w.project("p")
	chown(t, p, 501, 20)
	w.ok("--detach", p) // the image is there from here on
	w.ok("stop", "--all")
	inImage := func(program string, args ...string) *url.URL {
		out := w.lab.Docker(append([]string{"run", "--rm", "--entrypoint", program, "--workdir", "/", "claude-sandbox"}, args...)...)
		first, _, _ := strings.Cut(out, "/dists/") // where apt-get would fetch its first index
		u, err := url.Parse(strings.TrimPrefix(first, "'"))
		if err != nil {
			t.Fatal(err)
		}
		return u
	}
	registry := inImage("npm", "config", "get", "registry")
	debian := inImage("apt-get", "--print-uris", "update")
	allow := "DCLAUDE_ALLOW=" + strings.TrimPrefix(w.apiURL, "http://")
	for _, u := range []*url.URL{registry, debian} {
		addresses, err := net.LookupHost(u.Hostname())
		switch {
		case err != nil && os.Getenv(lab.RequiredVariable) == "1":
			t.Fatal(err) // the lab was made from there
		case err != nil:
			t.Skipf("no way to %s from this machine: %v", u, err)
		}
		allow += "\n" + strings.Join(addresses, "\n")
	}
	w.set(allow)
	for _, isolation := range isolations {
		t.Run(isolation, func(t *testing.T) {
			name := strings.TrimSpace(w.ok("--isolation", isolation, "--detach", "--new", p).stdout)
			install := []string{"shell", name, "--", "npm", "install", "--prefix", "/tmp/" + isolation, "--no-audit", "--no-fund", "is-number"}
			if r := w.run(install...); r.code != 0 || !strings.Contains(r.stdout, "added 1 package") {
				t.Errorf("%v\n%s", r, w.run("net", "log", name))
			}
			update := []string{"shell", name, "--", "sh", "-c", refresh, "sh", debian.String()}
			if r := w.run(update...); r.code != 0 || !strings.Contains(r.stdout, "Get:1 "+debian.String()) {
				t.Errorf("%v\n%s", r, w.run("net", "log", name))
			}
			w.ok("net", "deny", "--in", name, registry.Hostname(), debian.Hostname())
			if r := w.run("shell", name, "--", "npm", "view", "is-odd", "--fetch-retries=0"); r.code == 0 || !strings.Contains(r.stderr, "403") {
				t.Errorf("forbidden: %v", r)
			}
			if r := w.run(update...); r.code == 0 || !strings.Contains(r.stdout, "403") {
				t.Errorf("forbidden: %v", r)
			}
			w.ok("stop", name)
		})
	}
}

// A gateway that fails is started again by itself, with the policy as it was. One
// that dies altogether leaves the session offline, not open, until it is made
// again; the user is told.
func TestAGatewayThatDies(t *testing.T) {
	w := newWorld(t)
	site := w.website(http.NotFoundHandler())
	p := w.project("p")
	name := strings.TrimSpace(w.ok("--isolation", "runc", "--detach", p).stdout)
	try := func() string {
		return w.run("shell", name, "--", "curl", "-sSk", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}", "https://"+site+"/").stdout
	}
	w.ok("net", "allow", site)
	if got := try(); got != "404" {
		t.Fatalf("before: %q", got)
	}
	gateway := "dclaude-" + name + "-gateway"
	processes := strings.Fields(w.lab.Docker("top", gateway, "-o", "pid"))
	worker := processes[len(processes)-1]
	if out, err := exec.Command("kill", "-9", worker).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	w.until("the gateway is back", func() bool { return try() == "404" })
	if log := w.ok("net", "log", name).stdout; !strings.Contains(log, "failed, and is started anew") {
		t.Errorf("log: %s", log)
	}

	w.lab.Docker("kill", gateway)
	w.gone(gateway)
	if got := try(); got != "000" {
		t.Errorf("without a gateway: %q", got)
	}
	if list := w.ok("ls").stdout; !strings.Contains(list, "offline") {
		t.Errorf("ls: %s", list)
	}
	if r := w.run("net", "policy", name); r.code != 125 || !strings.Contains(r.stderr, "dclaude net restart") {
		t.Errorf("asked for it: %v", r)
	}
	w.ok("net", "restart", name)
	w.until("the new gateway works", func() bool { return try() == "404" })
	if list := w.ok("ls").stdout; strings.Contains(list, "offline") {
		t.Errorf("ls: %s", list)
	}

	term := w.terminal("attach", name)
	prompt(t, term.AwaitFunc)
	w.lab.Docker("kill", gateway)
	w.until("a window brings it back", func() bool { return try() == "404" })
	w.ok("net", "restart", name) // the window sees one die, and another in its place
	w.until("the new gateway works", func() bool { return try() == "404" })
	term.Send("\x1d\x1d")
	term.Await("gateway had died and was started again")
	term.Exit()

	w.lab.Docker("kill", gateway)
	w.gone(gateway)
	again := w.terminal("attach", name)
	prompt(t, again.AwaitFunc)
	w.until("a window brings back what died before it", func() bool { return try() == "404" })
	again.Send("\x1d\x1d")
	again.Await("gateway had died and was started again")
	again.Exit()
	w.ok("stop", name)
}

// Who follows the log, as the menu-bar app does, is told of a gateway that died
// and of the next one, but not of one that ends with its session. A window
// without a terminal says so at once.
func TestAGatewaysDeathIsTold(t *testing.T) {
	w := newWorld(t, fakeapi.Bash("wait", "while [ ! -e /workspace/go ]; do sleep 0.1; done; echo done"))
	follow := w.command("net", "log", "-f", "--json")
	out, err := follow.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := follow.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = follow.Process.Signal(os.Interrupt)
		_ = follow.Wait()
	}()
	states := make(chan string, 100)
	go func() {
		defer close(states)
		state := regexp.MustCompile(`"gateway":"([a-z]+)"`)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if m := state.FindStringSubmatch(lines.Text()); m != nil {
				states <- m[1]
			}
		}
	}()
	expect := func(state string) {
		t.Helper()
		select {
		case got := <-states:
			if got != state {
				t.Errorf("told %q, want %q", got, state)
			}
		case <-time.After(time.Minute):
			t.Fatalf("not told %q", state)
		}
	}
	p := w.project("p")
	chown(t, p, 501, 20)
	w.set("DCLAUDE_ALLOW=" + strings.TrimPrefix(w.apiURL, "http://"))
	ended := make(chan result, 1)
	go func() { ended <- w.run("--isolation", "runc", p, "--", "-p", "wait") }()
	expect("started")
	gateway := w.lab.Docker("ps", "-q", "--filter", "label=dev.dclaude.role=gateway")
	w.lab.Docker("kill", gateway)
	expect("died")
	expect("started")
	if err := os.WriteFile(filepath.Join(p, "go"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if r := <-ended; r.code != 0 || !strings.Contains(r.stdout, "done") || !strings.Contains(r.stderr, "gateway had died and was started again") {
		t.Errorf("%v", r)
	}
	name := strings.TrimSpace(w.ok("--isolation", "runc", "--detach", p).stdout)
	expect("started")
	w.ok("stop", name)
	second := strings.TrimSpace(w.ok("--isolation", "runc", "--detach", p).stdout)
	expect("started") // and nothing of the death of the one before
	w.ok("stop", second)
}

// until waits for something.
func (w *world) until(what string, true func() bool) {
	w.t.Helper()
	for deadline := time.Now().Add(time.Minute); !true(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			w.t.Fatalf("not so: %s", what)
		}
	}
}

// A company's proxy is used, its password included, and named nowhere.
func TestUpstreamProxy(t *testing.T) {
	w := newWorld(t)
	site := w.website(http.NotFoundHandler())
	asked := make(chan string, 100)
	l := w.listener()
	go func() {
		_ = http.Serve(l, http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
			asked <- r.Method + " " + r.Host + " " + r.Header.Get("Proxy-Authorization")
			http.Error(out, "not today", http.StatusForbidden)
		}))
	}()
	api, _, _ := net.SplitHostPort(strings.TrimPrefix(w.apiURL, "http://"))
	w.set("https_proxy=http://user:hush@"+l.Addr().String(), "no_proxy=other.example", "DCLAUDE_ALLOW="+site+"\n"+api)
	name := strings.TrimSpace(w.ok("--isolation", "runc", "--detach", w.project("p")).stdout)
	r := w.run("shell", name, "--", "curl", "-sSkv", "-m", "20", "https://"+site+"/")
	if !strings.Contains(r.stderr, "502 Upstream proxy refuses") {
		t.Errorf("%v", r)
	}
	for got := ""; got != "CONNECT "+site+" Basic dXNlcjpodXNo"; {
		select {
		case got = <-asked:
		case <-time.After(20 * time.Second):
			t.Fatal("the proxy was not asked")
		}
	}
	for _, of := range []string{"dclaude-" + name, "dclaude-" + name + "-gateway"} {
		if strings.Contains(w.lab.Docker("inspect", of), "hush") {
			t.Errorf("the proxy's password is in the description of %s", of)
		}
	}
	if log := w.ok("net", "log", name, "--json").stdout; strings.Contains(log, "hush") || strings.Contains(r.stderr, "hush") {
		t.Errorf("the proxy's password is in the log, or in an answer")
	}
	w.ok("stop", name)
}
