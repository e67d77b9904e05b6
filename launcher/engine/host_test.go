package engine

import (
	"net/netip"
	"net/url"
	"strings"
	"testing"
)

func TestCheckHost(t *testing.T) {
	for _, tt := range []struct {
		raw  string
		want string
		kind Kind // of the error; "" for none
	}{
		{"unix:///var/run/docker.sock", "unix:///var/run/docker.sock", ""},
		{"unix:///with space/docker.sock", "unix:///with space/docker.sock", ""},
		{"unix://", "unix:///var/run/docker.sock", ""},
		{"unix://relative.sock", "", KindBadEndpoint},
		{"tcp://localhost", "tcp://localhost:2375", ""},
		{"tcp://LOCALHOST.:2376", "tcp://LOCALHOST.:2376", ""},
		{"tcp://127.0.0.1:2375", "tcp://127.0.0.1:2375", ""},
		{"tcp://127.9.9.9:2375", "tcp://127.9.9.9:2375", ""},
		{"tcp://[::1]:2375", "tcp://[::1]:2375", ""},
		{"tcp://[::ffff:127.0.0.1]:2375", "tcp://[::ffff:127.0.0.1]:2375", ""},
		{"127.0.0.1", "tcp://127.0.0.1:2375", ""},
		{"tcp://192.0.2.1:2375", "", KindRemote},
		{"tcp://docker.example.com", "", KindRemote},
		{"tcp://localhost.example.com", "", KindRemote},
		{"tcp://127.0.0.1.example.com", "", KindRemote},
		{"somewhere", "", KindRemote},
		{"ssh://me@localhost", "ssh://me@localhost", ""},
		{"ssh://127.0.0.1:22", "ssh://127.0.0.1:22", ""},
		{"ssh://me@example.com", "", KindRemote},
		{"ssh://localhost@example.com", "", KindRemote},
		{"ssh://me:secret@localhost", "", KindBadEndpoint},
		{"ssh://-oProxyCommand=x", "", KindRemote},
		{"http://localhost:2375", "", KindBadEndpoint},
		{"npipe:////./pipe/docker_engine", "", KindBadEndpoint},
		{"fd://3", "", KindBadEndpoint},
		{"tcp://[::1", "", KindBadEndpoint},
		{"tcp://a://b", "", KindBadEndpoint},
	} {
		got, err := checkHost(tt.raw, "--host")
		if tt.kind == "" && (err != nil || got != tt.want) {
			t.Errorf("%q: %q, %v", tt.raw, got, err)
		}
		if tt.kind != "" && !IsKind(err, tt.kind) {
			t.Errorf("%q: kind is not %q: %v", tt.raw, tt.kind, err)
		}
	}
}

// FuzzCheckHost looks for an address of another machine that passes.
func FuzzCheckHost(f *testing.F) {
	for _, seed := range []string{"tcp://localhost", "ssh://a@127.0.0.1", "unix:///x", "[::1]:1", "tcp://h/p", "tcp://a@localhost"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		host, err := checkHost(raw, "--host")
		if err != nil {
			return
		}
		if strings.HasPrefix(host, "unix:///") {
			return
		}
		u, err := url.Parse(host)
		if err != nil {
			t.Fatalf("%q became %q: %v", raw, host, err)
		}
		name := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
		addr, err := netip.ParseAddr(name)
		if name != "localhost" && (err != nil || !addr.Unmap().IsLoopback()) {
			t.Fatalf("%q became %q, whose host is %q", raw, host, u.Hostname())
		}
	})
}

func TestProducts(t *testing.T) {
	for host, want := range map[string]string{
		"unix:///Users/a/.docker/run/docker.sock":            DockerDesktop,
		"unix:///home/a/.docker/desktop/docker.sock":         DockerDesktop,
		"unix:///Users/a/.orbstack/run/docker.sock":          OrbStack,
		"unix:///Users/a/.colima/default/docker.sock":        Colima,
		"unix:///Users/a/.config/colima/default/docker.sock": Colima,
		"unix:///Users/a/.lima/docker/sock/docker.sock":      Lima,
		"unix:///Users/a/.rd/docker.sock":                    RancherDesktop,
		"unix:///run/user/1000/podman/podman.sock":           Podman,
		"unix:///var/run/docker.sock":                        DockerEngine,
		"tcp://localhost:2375":                               DockerEngine,
	} {
		if got := productOfHost(host); got != want {
			t.Errorf("%s is %q, want %q", host, got, want)
		}
	}
	for name, want := range map[string]string{
		"orbstack": OrbStack, "desktop-linux": DockerDesktop, "rancher-desktop": RancherDesktop, "colima": Colima,
		"colima-work": Colima, "lima-docker": Lima, "podman-machine": Podman, "rootless": "", "mine": "",
	} {
		if got := productOfContext(name); got != want {
			t.Errorf("context %s is %q, want %q", name, got, want)
		}
	}
	for _, tt := range []struct{ os, name, want string }{
		{"Docker Desktop", "docker-desktop", DockerDesktop},
		{"OrbStack", "orbstack", OrbStack},
		{"Rancher Desktop WSL Distribution", "x", RancherDesktop},
		{"Alpine Linux v3.20", "lima-rancher-desktop", RancherDesktop},
		{"Ubuntu 24.04 LTS", "colima", Colima},
		{"Ubuntu 24.04 LTS", "colima-work", Colima},
		{"Ubuntu 24.04 LTS", "lima-docker", Lima},
		{"Debian GNU/Linux 12 (bookworm)", "build", ""},
	} {
		if got := productOfInfo(tt.os, tt.name); got != tt.want {
			t.Errorf("%s on %s is %q, want %q", tt.os, tt.name, got, tt.want)
		}
	}
}
