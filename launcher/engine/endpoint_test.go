package engine

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"

	dockercontext "github.com/docker/cli/cli/context"
	"github.com/docker/cli/cli/context/docker"
	"github.com/docker/cli/cli/context/store"
)

// dockerHome is a home directory with a docker configuration.
type dockerHome struct {
	t   *testing.T
	dir string
	env map[string]string
}

func newHome(t *testing.T) *dockerHome {
	return &dockerHome{t: t, dir: t.TempDir(), env: map[string]string{}}
}

// withContext stores a context.
func (h *dockerHome) withContext(name, host string, tls *dockercontext.TLSData) *dockerHome {
	h.t.Helper()
	s := store.New(filepath.Join(h.dir, ".docker", "contexts"), store.NewConfig(nil))
	err := s.CreateOrUpdate(store.Metadata{Name: name, Endpoints: map[string]any{
		docker.DockerEndpoint: docker.EndpointMeta{Host: host},
	}})
	if err == nil && tls != nil {
		err = s.ResetEndpointTLSMaterial(name, docker.DockerEndpoint, tls.ToStoreTLSData())
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return h
}

func (h *dockerHome) withFile(name, content string) *dockerHome {
	h.t.Helper()
	path := filepath.Join(h.dir, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		h.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		h.t.Fatal(err)
	}
	return h
}

func (h *dockerHome) resolver(fallback string) *resolver {
	h.t.Helper()
	r, err := newResolver(EndpointOptions{Home: h.dir, Getenv: func(key string) string { return h.env[key] }})
	if err != nil {
		h.t.Fatal(err)
	}
	r.fallback = fallback
	return r
}

// TestEndpointOrder walks the docker CLI's order from the top: each row takes
// away what decided the row before.
func TestEndpointOrder(t *testing.T) {
	h := newHome(t)
	for _, name := range []string{"flag", "env", "current"} {
		h.withContext(name, "unix:///"+name+".sock", nil)
	}
	h.withFile(".docker/config.json", `{"currentContext": "current"}`)
	h.env = map[string]string{"DOCKER_HOST": "unix:///envhost.sock", "DOCKER_CONTEXT": "env"}
	fallback := socketIn(t)
	listen(t, fallback)
	tests := []struct {
		name          string
		context, host string
		remove        func()
		wantHost      string
		wantSource    string
	}{
		{"context flag", "flag", "", func() {}, "unix:///flag.sock", `context "flag"`},
		{"host flag", "", "unix:///hostflag.sock", func() {}, "unix:///hostflag.sock", "--host"},
		{"context flag default is DOCKER_HOST", "default", "", func() {}, "unix:///envhost.sock", "DOCKER_HOST"},
		{"DOCKER_HOST", "", "", func() {}, "unix:///envhost.sock", "DOCKER_HOST"},
		{"DOCKER_CONTEXT", "", "", func() { delete(h.env, "DOCKER_HOST") }, "unix:///env.sock", `context "env"`},
		{"current context", "", "", func() { delete(h.env, "DOCKER_CONTEXT") }, "unix:///current.sock", `context "current"`},
		{"context flag default", "default", "", func() {}, "unix://" + fallback, "default socket"},
		{"nothing", "", "", func() { h.withFile(".docker/config.json", "{}") }, "unix://" + fallback, "default socket"},
	}
	for _, tt := range tests {
		tt.remove()
		ep, err := h.resolver("unix://"+fallback).resolve(tt.context, tt.host)
		if err != nil || ep.Host != tt.wantHost || ep.Source != tt.wantSource {
			t.Errorf("%s: got %q from %q, %v", tt.name, ep.Host, ep.Source, err)
		}
	}
}

func TestEndpointDockerConfig(t *testing.T) {
	h := newHome(t).withContext("mine", "unix:///mine.sock", nil).withFile(".docker/config.json", `{"currentContext":"mine"}`)
	env := map[string]string{"DOCKER_CONFIG": filepath.Join(h.dir, ".docker")}
	ep, err := ResolveEndpoint(EndpointOptions{Home: t.TempDir(), Getenv: func(k string) string { return env[k] }})
	if err != nil || ep.Host != "unix:///mine.sock" {
		t.Errorf("DOCKER_CONFIG: %+v, %v", ep, err)
	}
	ep, err = ResolveEndpoint(EndpointOptions{ConfigDir: env["DOCKER_CONFIG"], Getenv: func(string) string { return "" }})
	if err != nil || ep.Host != "unix:///mine.sock" {
		t.Errorf("ConfigDir: %+v, %v", ep, err)
	}
}

func TestEndpointErrors(t *testing.T) {
	h := newHome(t).
		withContext("remote", "tcp://192.0.2.7:2376", nil).
		withContext("pipe", "npipe:////./pipe/docker_engine", nil).
		withFile("broken/config.json", "{").
		withFile(".docker/contexts/meta/"+contextDir("kube")+"/meta.json", `{"Name":"kube","Endpoints":{}}`)
	for _, tt := range []struct {
		name          string
		context, host string
		env           map[string]string
		kind          Kind
		text          string
	}{
		{"both flags", "a", "unix:///b", nil, KindBadEndpoint, "exclude each other"},
		{"no such context", "gone", "", nil, KindBadEndpoint, `context "gone"`},
		{"no such context in the environment", "", "", map[string]string{"DOCKER_CONTEXT": "gone"}, KindBadEndpoint, "DOCKER_CONTEXT"},
		{"context without docker", "kube", "", nil, KindBadEndpoint, "cannot find docker endpoint"},
		{"remote context", "remote", "", nil, KindRemote, `context "remote" says tcp://192.0.2.7:2376`},
		{"remote host", "", "ssh://me@example.com", nil, KindRemote, "another machine"},
		{"windows pipe", "pipe", "", nil, KindBadEndpoint, "npipe"},
		{"malformed", "", "unix://relative", nil, KindBadEndpoint, "absolute"},
		{"broken configuration", "", "", map[string]string{"DOCKER_CONFIG": filepath.Join(h.dir, "broken")}, KindBadEndpoint, "config.json"},
		{"TLS without authority", "", "tcp://localhost", map[string]string{"DOCKER_TLS_VERIFY": "1"}, KindBadEndpoint, "ca.pem"},
	} {
		h.env = tt.env
		_, err := h.resolver("unix:///none").resolve(tt.context, tt.host)
		if !IsKind(err, tt.kind) || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
}

// contextDir is where the docker CLI keeps a context.
func contextDir(name string) string {
	dir := store.New("/", store.NewConfig(nil)).GetStorageInfo(name).MetadataPath
	return filepath.Base(dir)
}

func TestEndpointTLS(t *testing.T) {
	tls := &dockercontext.TLSData{CA: []byte("ca"), Cert: []byte("cert"), Key: []byte("key")}
	h := newHome(t).withContext("tls", "tcp://127.0.0.1:2376", tls).
		withFile(".docker/ca.pem", "own ca").withFile("certs/ca.pem", "ca").withFile("certs/cert.pem", "cert").withFile("certs/key.pem", "key")
	for _, tt := range []struct {
		name          string
		context, host string
		env           map[string]string
		wantCA        string
		wantSkip      bool
	}{
		{"context", "tls", "", nil, "ca", false},
		{"certificates of the environment", "", "tcp://localhost:2376", map[string]string{"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": filepath.Join(h.dir, "certs")}, "ca", false},
		{"certificates of the configuration", "", "tcp://localhost:2376", map[string]string{"DOCKER_TLS_VERIFY": "1"}, "own ca", false},
		{"unverified", "", "tcp://localhost:2376", map[string]string{"DOCKER_TLS": "1"}, "own ca", true},
		{"no TLS asked for", "", "tcp://localhost:2375", map[string]string{"DOCKER_CERT_PATH": filepath.Join(h.dir, "certs")}, "", false},
		{"socket", "", "unix:///x", map[string]string{"DOCKER_TLS_VERIFY": "1"}, "", false},
	} {
		h.env = tt.env
		ep, err := h.resolver("unix:///none").resolve(tt.context, tt.host)
		if err != nil {
			t.Errorf("%s: %v", tt.name, err)
			continue
		}
		var ca string
		if ep.tls != nil {
			ca = string(ep.tls.CA)
		}
		if ca != tt.wantCA || ep.skipVerify != tt.wantSkip {
			t.Errorf("%s: authority %q, unverified %v", tt.name, ca, ep.skipVerify)
		}
	}
}

// listen puts a socket that answers at a path.
func listen(t *testing.T, path string) net.Listener {
	t.Helper()
	l, err := net.Listen("unix", path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func TestEndpointKnownSockets(t *testing.T) {
	home, err := os.MkdirTemp("", "h")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	env := map[string]string{"XDG_RUNTIME_DIR": filepath.Join(home, "run"), "TMPDIR": filepath.Join(home, "tmp")}
	r, err := newResolver(EndpointOptions{Home: home, Getenv: func(key string) string { return env[key] }})
	if err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(home, "none.sock")
	r.fallback = "unix://" + missing

	if ep, err := r.resolve("", ""); err != nil || (ep.Host != r.fallback && ep.Product != Podman) {
		t.Errorf("nothing there: %+v, %v", ep, err)
	}
	place := func(rel string) net.Listener {
		path := filepath.Join(home, rel)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		return listen(t, path)
	}
	// From the last choice to the first: each wins over those before it.
	for _, s := range []struct{ rel, product string }{
		{"tmp/podman/podman-machine-default-api.sock", Podman},
		{"run/podman/podman.sock", Podman},
		{"run/docker.sock", DockerEngine},
		{".rd/docker.sock", RancherDesktop},
		{".lima/docker/sock/docker.sock", Lima},
		{".colima/default/docker.sock", Colima},
		{".orbstack/run/docker.sock", OrbStack},
		{".docker/desktop/docker.sock", DockerDesktop},
	} {
		place(s.rel)
		ep, err := r.resolve("", "")
		if err != nil || ep.Host != "unix://"+filepath.Join(home, s.rel) || ep.Product != s.product || !strings.Contains(ep.Source, missing) {
			t.Errorf("%s: %+v, %v", s.rel, ep, err)
		}
	}

	// A socket that its owner left behind does not hide one that answers.
	dead := place(".docker/run/docker.sock").(*net.UnixListener)
	dead.SetUnlinkOnClose(false)
	dead.Close()
	if ep, err := r.resolve("", ""); err != nil || !strings.HasSuffix(ep.Host, ".docker/desktop/docker.sock") {
		t.Errorf("beside a dead socket: %+v, %v", ep, err)
	}
}

func TestEndpointDeadSocketAlone(t *testing.T) {
	home, err := os.MkdirTemp("", "h")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(home) })
	if err := os.MkdirAll(filepath.Join(home, ".orbstack/run"), 0o700); err != nil {
		t.Fatal(err)
	}
	l := listen(t, filepath.Join(home, ".orbstack/run/docker.sock")).(*net.UnixListener)
	l.SetUnlinkOnClose(false)
	l.Close()
	r, err := newResolver(EndpointOptions{Home: home, Getenv: func(string) string { return "" }})
	if err != nil {
		t.Fatal(err)
	}
	r.fallback = "unix://" + filepath.Join(home, "none.sock")
	ep, err := r.resolve("", "")
	if err != nil || (ep.Product != OrbStack && ep.Product != Podman) {
		t.Errorf("got %+v, %v", ep, err)
	}
}

func TestEndpointDefaultLink(t *testing.T) {
	dir := filepath.Dir(socketIn(t))
	target := filepath.Join(dir, ".orbstack", "run")
	if err := os.MkdirAll(target, 0o700); err != nil {
		t.Fatal(err)
	}
	listen(t, filepath.Join(target, "docker.sock"))
	link := filepath.Join(dir, "docker.sock")
	if err := os.Symlink(filepath.Join(target, "docker.sock"), link); err != nil {
		t.Fatal(err)
	}
	ep, err := newHome(t).resolver("unix://"+link).resolve("", "")
	if err != nil || ep.Product != OrbStack || ep.Host != "unix://"+link {
		t.Errorf("got %+v, %v", ep, err)
	}
}
