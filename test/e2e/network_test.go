package e2e

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"testing"
	"time"

	"dclaude/launcher/fakeapi"
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
			`git -c http.sslVerify=false clone -q https://$SITE/repo.git cloned && git -C cloned log --format='cloned: %s'`,
			`curl -sS http://blocked.example/ | head -1`,
			`curl -sS https://blocked.example/ 2>&1 | sed 's/^/tunnel: /'`,
			`curl -sSv https://blocked.example/ 2>&1 | grep '^< HTTP'`,
			`git clone -q git@blocked.example:a/b.git other 2>&1 | head -2`,
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
				"name: 2",
			} {
				if !strings.Contains(r.stdout, want) {
					t.Errorf("no %q in: %v", want, r)
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
