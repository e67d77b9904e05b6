package e2e

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"math/big"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// targets is what the attack program is told (test/e2e/attack).
type targets struct {
	Run                       string
	Evil                      string
	EvilAt                    []string
	Allowed, AllowedTLS       string
	Metadata, Peer, LinkLocal string

	Zone, NameServer, NamesPort string

	Only []string
}

// receivers are what the attack program wants to reach. What they hear is kept.
type receivers struct {
	t  *testing.T
	mu sync.Mutex
	// heard has the words, as way and run.
	heard map[string]bool
	targets
}

var word = regexp.MustCompile(`word-([a-z0-9-]+)-(run[0-9a-z]+)\.`)

func (r *receivers) hear(text string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range word.FindAllStringSubmatch(text, -1) {
		r.heard[m[1]+" "+m[2]] = true
	}
}

// got tells whether a word of a run was heard.
func (r *receivers) got(way, run string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.heard[way+" "+run]
}

const metadataAddress = "169.254.169.254"

func newReceivers(t *testing.T, w *world) *receivers {
	t.Helper()
	r := &receivers{t: t, heard: map[string]bool{}}
	host := w.lab.Gateway()
	evil := r.tcp(":0", r.evil)
	port := evil.(*net.TCPAddr).Port
	r.udp(port)
	at := func(h string) string { return net.JoinHostPort(h, fmt.Sprint(port)) }
	r.Evil = at(host)
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && n.IP.To4() != nil && !n.IP.IsLoopback() && n.IP.String() != host {
			r.EvilAt = append(r.EvilAt, at(n.IP.String()))
		}
	}
	// The metadata service of a cloud is on the engine's own bridge here.
	bridge := bridgeOf(t, host)
	if out, err := exec.Command("ip", "addr", "add", metadataAddress+"/32", "dev", bridge).CombinedOutput(); err != nil {
		t.Fatalf("metadata address: %v: %s", err, out)
	}
	t.Cleanup(func() { _ = exec.Command("ip", "addr", "del", metadataAddress+"/32", "dev", bridge).Run() })
	r.Metadata = at(metadataAddress)
	allowed := r.tcp(net.JoinHostPort(host, "0"), nil)
	r.Allowed = allowed.String()
	r.AllowedTLS = r.tcp(net.JoinHostPort(host, "0"), r.tls()).String()
	return r
}

// tcp listens; a nil handler is the allowed web server.
func (r *receivers) tcp(address string, handle func(net.Conn)) net.Addr {
	r.t.Helper()
	l, err := net.Listen("tcp", address)
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { l.Close() })
	if handle == nil {
		go func() { _ = (&http.Server{Handler: http.HandlerFunc(r.allowed)}).Serve(l) }()
		return l.Addr()
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				_ = c.SetDeadline(time.Now().Add(20 * time.Second))
				handle(c)
			}()
		}
	}()
	return l.Addr()
}

// evil answers anything, once it has heard a line.
func (r *receivers) evil(c net.Conn) {
	line, _ := bufio.NewReader(c).ReadString('\n')
	r.hear(line)
	_, _ = io.WriteString(c, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}

func (r *receivers) udp(port int) {
	r.t.Helper()
	c, err := net.ListenPacket("udp", fmt.Sprintf(":%d", port))
	if err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { c.Close() })
	go func() {
		for b := make([]byte, 2048); ; {
			n, _, err := c.ReadFrom(b)
			if err != nil {
				return
			}
			r.hear(string(b[:n]))
			// A DNS name has lengths in place of dots.
			r.hear(strings.Map(func(c rune) rune {
				if c < ' ' {
					return '.'
				}
				return c
			}, string(b[:n])))
		}
	}()
}

// allowed is the server that sessions may reach. It hears no more than the Host
// of a request that is for another one.
func (r *receivers) allowed(w http.ResponseWriter, q *http.Request) {
	r.hear(q.Host)
	if q.URL.Path == "/redirect" {
		http.Redirect(w, q, q.URL.Query().Get("to"), http.StatusFound)
	}
}

// tls hears the name that a client asks for.
func (r *receivers) tls() func(net.Conn) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		r.t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	cert, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		r.t.Fatal(err)
	}
	config := &tls.Config{
		Certificates: []tls.Certificate{{Certificate: [][]byte{cert}, PrivateKey: key}},
		GetConfigForClient: func(h *tls.ClientHelloInfo) (*tls.Config, error) {
			r.hear(h.ServerName)
			return nil, nil
		},
	}
	return func(c net.Conn) { _ = tls.Server(c, config).Handshake() }
}

// bridgeOf is the interface with an address.
func bridgeOf(t *testing.T, address string) string {
	t.Helper()
	interfaces, err := net.Interfaces()
	if err != nil {
		t.Fatal(err)
	}
	for _, i := range interfaces {
		addrs, _ := i.Addrs()
		for _, a := range addrs {
			if n, ok := a.(*net.IPNet); ok && n.IP.String() == address {
				return i.Name
			}
		}
	}
	t.Fatalf("no interface has %s", address)
	return ""
}

// linkLocal is the host's IPv6 address on the bridge of a network of the
// engine's, as something in it would say it; "" if it has none.
func linkLocal(w *world, network string) string {
	id := w.lab.Docker("network", "inspect", network, "--format", "{{.Id}}")
	out, err := exec.Command("ip", "-6", "-o", "addr", "show", "dev", "br-"+id[:12], "scope", "link").Output()
	if f := strings.Fields(string(out)); err == nil && len(f) > 3 && !strings.Contains(string(out), "tentative") {
		return strings.Split(f[3], "/")[0] + "%eth0"
	}
	return ""
}

// buildAttack builds the attack program, static, into a folder.
func buildAttack(t *testing.T, dir string) {
	t.Helper()
	build := exec.Command("go", "build", "-o", filepath.Join(dir, "attack"), "./attack")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
}

// ways are what the attack program knows, with the run in which each has to
// work: "open" is a session without protection, "root" a container with all that
// a session is denied.
var ways = map[string]string{
	"direct-tcp": "open", "direct-udp": "open", "dns-resolver": "open", "dns-engine": "root", "dns-tunnel": "open", "icmp": "open",
	"ipv6-link-local": "root", "ipv6-mapped": "open", "host-addresses": "open", "bridge": "open", "other-session": "open", "metadata": "open",
	"proxy-connect-ip": "open", "proxy-connect-port": "open", "proxy-connect-meta": "open", "proxy-mapped": "open", "proxy-nat64": "open",
	"sni": "open", "sni-fragmented": "open", "host-header": "open", "tunnel-host": "open", "tunnel-pipelined": "open", "redirect": "open",
	"smuggling-two-ways": "open", "smuggling-chunk": "open", "smuggling-pipelined": "open", "unset-proxy": "open",
	"raw-socket": "root", "docker-api": "root",
}

// attackRun is one run of the attack program.
type attackRun struct {
	out  string
	name string
	r    *receivers
}

// worked tells whether a way got its word out, by what was heard outside or, for
// those of which nothing is heard, by what the program says.
func (a attackRun) worked(way string) bool {
	return a.r.got(way, a.name) || slices.Contains(strings.Split(a.out, "\n"), "won "+way)
}

func (r *receivers) argument(run string, t targets) string {
	t.Run, t.Evil, t.EvilAt, t.Allowed, t.AllowedTLS, t.Metadata = run, r.Evil, r.EvilAt, r.Allowed, r.AllowedTLS, r.Metadata
	b, err := json.Marshal(t)
	if err != nil {
		r.t.Fatal(err)
	}
	return string(b)
}

// peer starts a second session with a receiver in it, and returns its address.
func (w *world) peer(p string, flags ...string) (name, address string) {
	w.t.Helper()
	name = strings.TrimSpace(w.ok(append(flags, "--detach", "--new", p)...).stdout)
	listener := w.command("shell", name, "--", "/workspace/attack", "listen", "0.0.0.0:7777")
	if err := listener.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() { _ = listener.Process.Kill(); _ = listener.Wait() })
	ip := w.lab.Docker("inspect", "dclaude-"+name, "--format", "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}")
	return name, net.JoinHostPort(ip, "7777")
}

// attackSession runs all ways in a new session, with another beside it.
func (w *world) attackSession(r *receivers, run, p string, flags ...string) attackRun {
	w.t.Helper()
	peer, address := w.peer(p, flags...)
	name := strings.TrimSpace(w.ok(append(flags, "--detach", "--new", p)...).stdout)
	t := targets{Peer: address, Only: slices.Collect(maps.Keys(ways))}
	if slices.Contains(flags, "allowlist") {
		if at := linkLocal(w, "dclaude-"+name); at != "" {
			_, port, _ := net.SplitHostPort(r.Evil)
			t.LinkLocal = net.JoinHostPort(at, port)
		}
	}
	out := w.run("shell", name, "--", "/workspace/attack", r.argument(run, t))
	if out.code != 0 {
		w.t.Fatalf("%s: %v", run, out)
	}
	// The peer's receiver is not ours: it answers, and so the way says that it
	// has sent its word.
	if strings.Contains(out.stdout, "sent other-session") {
		r.hear("word-other-session-" + run + ".")
	}
	w.ok("stop", name, peer)
	return attackRun{out: out.stdout, name: run, r: r}
}

// attackAsRoot runs the ways that need more than any session has, in a container
// with a network, privileges and the engine's socket.
func (w *world) attackAsRoot(r *receivers, p string) attackRun {
	w.t.Helper()
	network := w.lab.Name("v6")
	w.lab.Docker("network", "create", "--ipv6", "--subnet", "fd00:dead:beef::/64", network)
	w.lab.RemoveAtEnd("network", network)
	_, port, _ := net.SplitHostPort(r.Evil)
	// A bridge of newer engines has an address of its own from the first container on.
	first := w.lab.Name("v6")
	w.lab.Docker("run", "--detach", "--name", first, "--network", network, "--entrypoint", "sleep", "claude-sandbox", "600")
	w.lab.RemoveAtEnd("container", first)
	await(w.t, "the bridge's own address", func() bool { return linkLocal(w, network) != "" })
	t := targets{LinkLocal: net.JoinHostPort(linkLocal(w, network), port)}
	for way, run := range ways {
		if run == "root" {
			t.Only = append(t.Only, way)
		}
	}
	socket := strings.TrimPrefix(w.lab.Host, "unix://")
	out := w.lab.Docker("run", "--rm", "--network", network, "--cap-add", "NET_RAW", "--user", "0:0", "-v", socket+":/var/run/docker.sock", "-v", p+":/workspace",
		"--entrypoint", "/workspace/attack", "claude-sandbox", r.argument("runroot", t))
	return attackRun{out: out, name: "runroot", r: r}
}

// Every way out that we know works where nothing is in its way, and none in a
// session with an allow-list, or without a network, whatever it runs under.
func TestExfiltration(t *testing.T) {
	w := newWorld(t)
	r := newReceivers(t, w)
	p := w.project("p")
	buildAttack(t, p)
	chown(t, p, 501, 20)
	w.set("DCLAUDE_ALLOW=" + r.Allowed + "\n" + r.AllowedTLS)
	w.ok("--detach", p) // the image is there from here on
	w.ok("stop", "--all")

	root := w.attackAsRoot(r, p)
	open := w.attackSession(r, "runopen", p, "--network", "open", "--isolation", "runc")
	for way, run := range ways {
		control := open
		if run == "root" {
			control = root
		}
		if !control.worked(way) {
			t.Errorf("%s does not even work without protection, so this test says nothing about it:\n%s", way, grep(control.out, way))
		}
	}
	for _, isolation := range isolations {
		t.Run(isolation, func(t *testing.T) {
			if isolation != "runc" { // the attack program works there, too
				open := w.attackSession(r, "runopen"+isolation, p, "--network", "open", "--isolation", isolation)
				if !open.worked("direct-tcp") || !open.worked("sni") || !open.worked("metadata") {
					t.Errorf("without protection:\n%s", open.out)
				}
			}
			run := w.attackSession(r, "run"+isolation, p, "--network", "allowlist", "--isolation", isolation)
			for way := range ways {
				if run.worked(way) {
					t.Errorf("%s gets out", way)
				}
			}
			t.Logf("%s", run.out)
			none := w.attackSession(r, "runnone"+isolation, p, "--network", "none", "--isolation", isolation)
			for way := range ways {
				if none.worked(way) {
					t.Errorf("%s gets out of a session without a network", way)
				}
			}
		})
	}
}

func grep(text, word string) string {
	var found []string
	for _, line := range strings.Split(text, "\n") {
		if strings.Contains(line, " "+word) {
			found = append(found, line)
		}
	}
	return strings.Join(found, "\n")
}
