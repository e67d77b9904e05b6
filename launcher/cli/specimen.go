package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"dclaude/creds"
	"dclaude/launcher/config"
	"dclaude/launcher/engine"
	"dclaude/launcher/fakeapi"
	"dclaude/launcher/handoff"
	"dclaude/launcher/image"
	"dclaude/launcher/plan"
	"dclaude/launcher/project"
	"dclaude/launcher/session"
	"dclaude/launcher/verify"
)

// specimen is the throw-away session of verify, with the services of this
// machine that it may and may not reach.
type specimen struct {
	*app
	engine   *engine.Engine
	settings config.Settings

	dir     string // has the project and the canary
	canary  string // what must not be read
	access  string
	refresh string
	volume  string

	api       *fakeapi.Server
	stopAPI   func()
	apiURL    string
	decoy     net.Listener // a service that no rule names
	decoyHits atomic.Int64
	decoySaw  atomic.Pointer[string]
	names     net.PacketConn // a name server that knows everything

	session session.Session
	seen    verify.Observations
}

// verifyAsked is what Claude is asked.
const verifyAsked = "dclaude-verify"

func (s *specimen) start(ctx context.Context) error {
	if err := s.makeFolders(); err != nil {
		return err
	}
	if err := s.listen(ctx); err != nil {
		return err
	}
	p, err := project.Resolve(filepath.Join(s.dir, "project"), project.Options{Home: s.home()})
	if err != nil {
		return err
	}
	run, err := s.plan(ctx, p)
	if err != nil {
		return err
	}
	s.volume = run.Volume
	s.session = session.Session{
		Name: run.Session, Project: p.Path, State: "running", Isolation: run.Isolation.Kind, Network: run.Network, User: run.User(), TTY: true,
	}
	started, err := session.Start(ctx, s.engine, run, session.StartOptions{Detached: true})
	if err != nil {
		return err
	}
	s.session.ID = started.ID
	return nil
}

// plan is what a launch would make, but for the login, which is made up, and
// the API, which an ordinary rule allows. Sessions of the source "sandbox" are
// given no login of the user's by any other dclaude.
func (s *specimen) plan(ctx context.Context, p project.Project) (plan.Plan, error) {
	set := s.settings
	set.Detach, set.Review, set.State, set.CredentialsSource = true, reviewOff, "project", "sandbox"
	set.Mounts, set.ClaudeArgs = nil, nil
	set.Env = append(set.Env, "ANTHROPIC_BASE_URL="+s.apiURL)
	set.Allow = append(set.Allow, strings.TrimPrefix(s.apiURL, "http://"))
	info, err := s.engine.Info(ctx)
	if err != nil {
		return plan.Plan{}, err
	}
	run, _, err := s.prepare(ctx, s.engine, &session.Recall{Info: info}, set, p, nil)
	if err != nil {
		return plan.Plan{}, err
	}
	// As a login of this machine would be handed over.
	stored := fmt.Sprintf(`{"claudeAiOauth":{"accessToken":%q,"refreshToken":%q,"expiresAt":%d,"scopes":["user:inference"]}}`,
		s.access, s.refresh, time.Now().Add(8*time.Hour).UnixMilli())
	credential, err := creds.Parse([]byte(stored))
	if err != nil {
		return plan.Plan{}, err
	}
	content, err := credential.AccessOnly()
	if s.settings.CredentialsSource == string(creds.SourceCopy) {
		content, err = credential.Whole()
	}
	run.Handoff.Credentials = handoff.Secret(content)
	return run, err
}

// makeFolders makes a project and a canary in the user's cache folder, which
// every engine can mount from.
func (s *specimen) makeFolders() error {
	cache := config.CacheDir(s.sys.Environ, s.home(), runtime.GOOS)
	if err := os.MkdirAll(cache, 0o700); err != nil {
		return err
	}
	dir, err := os.MkdirTemp(cache, "verify-")
	if err != nil {
		return err
	}
	s.dir = dir
	s.canary = "dclaude-canary-" + rand.Text()
	s.access, s.refresh = "sk-ant-oat01-verify-"+rand.Text(), "sk-ant-ort01-verify-"+rand.Text()
	folder := filepath.Join(dir, "project")
	if err := os.Mkdir(folder, 0o755); err != nil { //nolint:gosec // the session's user enters it
		return err
	}
	if os.Geteuid() == 0 { // a session on a folder of root's is root in its container
		if err := os.Chown(folder, image.DefaultUser, image.DefaultGroup); err != nil {
			return err
		}
	}
	return os.WriteFile(s.canaryPath(), []byte(s.canary), 0o644) //nolint:gosec // open to all, or it would prove nothing
}

func (s *specimen) canaryPath() string { return filepath.Join(s.dir, "canary") }

// listen starts the API and, beside it, a service that no rule names, where
// containers of the engine can reach them.
func (s *specimen) listen(ctx context.Context) error {
	inside, outside, err := s.address(ctx)
	if err != nil {
		return err
	}
	s.api = fakeapi.New(fakeapi.Rule{Marker: verifyAsked, Text: "it answers"})
	url, stop, err := s.api.Start(net.JoinHostPort(outside, "0"))
	if err != nil {
		return err
	}
	s.stopAPI = stop
	s.apiURL = "http://" + net.JoinHostPort(inside, portOf(strings.TrimPrefix(url, "http://")))
	if s.decoy, err = new(net.ListenConfig).Listen(ctx, "tcp", net.JoinHostPort(outside, "0")); err != nil {
		return err
	}
	if s.names, err = new(net.ListenConfig).ListenPacket(ctx, "udp", net.JoinHostPort(outside, "0")); err != nil {
		return err
	}
	go s.serveDecoy()
	go serveNames(s.names)
	return nil
}

func portOf(address string) string {
	_, port, _ := net.SplitHostPort(address)
	return port
}

// serveDecoy counts who comes, and keeps the start of what they say.
func (s *specimen) serveDecoy() {
	for {
		conn, err := s.decoy.Accept()
		if err != nil {
			return
		}
		s.decoyHits.Add(1)
		go func() {
			defer conn.Close()
			_ = conn.SetDeadline(time.Now().Add(2 * time.Second))
			head := make([]byte, 4<<10)
			n, _ := conn.Read(head)
			text := string(head[:n])
			s.decoySaw.Store(&text)
			_, _ = conn.Write([]byte("HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\ndecoy"))
		}()
	}
}

// serveNames answers whoever asks for the address of a name.
func serveNames(conn net.PacketConn) {
	question := make([]byte, 512)
	for {
		n, from, err := conn.ReadFrom(question)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(question[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		q := m.Questions[0]
		answer := dnsmessage.Message{
			Header:    dnsmessage.Header{ID: m.ID, Response: true, RecursionDesired: m.RecursionDesired, RecursionAvailable: true},
			Questions: m.Questions,
			Answers: []dnsmessage.Resource{{
				Header: dnsmessage.ResourceHeader{Name: q.Name, Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET},
				Body:   &dnsmessage.AResource{A: [4]byte{192, 0, 2, 1}}, // for documentation, RFC 5737
			}},
		}
		if b, err := answer.Pack(); err == nil {
			_, _ = conn.WriteTo(b, from) // who asked may be gone
		}
	}
}

// address returns this machine's address as containers know it, and the one to
// listen on for that: the same, the bridge's, where the engine runs on this
// kernel; the loopback behind a name of the engine's where it has a machine of
// its own.
func (s *specimen) address(ctx context.Context) (inside, outside string, err error) {
	networks, err := s.engine.Networks(ctx, nil)
	if err != nil {
		return "", "", err
	}
	bridge, _ := engine.DefaultNetwork(networks)
	for _, subnet := range bridge.Subnets {
		if own := subnet.Masked().Addr().Next(); subnet.Addr().Is4() && isOwn(own) {
			return own.String(), own.String(), nil
		}
	}
	out, err := session.Output(ctx, s.engine, plan.Container{
		Name: plan.ContainerName(sessionName("probe")), Image: plan.Image, User: "65534:65534",
		Entrypoint:  []string{"getent", "ahostsv4", "host.docker.internal"},
		Labels:      map[string]string{plan.LabelRole: plan.RoleProbe},
		SecurityOpt: []string{"no-new-privileges"},
	})
	first, _, _ := strings.Cut(out, " ")
	if addr, parseErr := netip.ParseAddr(first); err == nil && parseErr == nil {
		return addr.String(), "127.0.0.1", nil
	}
	return "", "", &hintedError{errors.New("it is not known how containers of this engine reach this machine"), "dclaude verify works with Docker Engine, Docker Desktop, OrbStack and Colima"}
}

// isOwn tells whether an address is one of this machine's.
func isOwn(addr netip.Addr) bool {
	listener, err := net.Listen("tcp", netip.AddrPortFrom(addr, 0).String()) //nolint:noctx // it asks nobody and does not wait
	if err != nil {
		return false
	}
	return listener.Close() == nil
}

// remove takes away what start made, whatever has become of it.
func (s *specimen) remove(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*stayTime)
	defer cancel()
	var failed error
	if s.session.ID != "" {
		failed = s.endSession(ctx, s)
	}
	if s.volume != "" {
		if err := s.engine.RemoveVolume(ctx, s.volume); err != nil && !engine.IsKind(err, engine.KindNotFound) {
			failed = errors.Join(failed, err)
		}
	}
	if s.stopAPI != nil {
		s.stopAPI()
	}
	if s.decoy != nil {
		failed = errors.Join(failed, s.decoy.Close())
	}
	if s.names != nil {
		failed = errors.Join(failed, s.names.Close())
	}
	if s.dir != "" {
		failed = errors.Join(failed, os.RemoveAll(s.dir))
	}
	return failed
}
