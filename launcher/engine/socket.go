package engine

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
)

// knownSocket is where a product listens when no context says so.
type knownSocket struct {
	product string
	path    string
}

// knownSockets lists the sockets to try, best first, when the default one does
// not exist. Entries whose folder is unknown ("") are left out.
func (r *resolver) knownSockets() []knownSocket {
	in := func(dir, rel string) string {
		if dir == "" {
			return ""
		}
		return filepath.Join(dir, rel)
	}
	run, tmp := r.getenv("XDG_RUNTIME_DIR"), r.getenv("TMPDIR")
	all := []knownSocket{
		{DockerDesktop, in(r.home, ".docker/run/docker.sock")},
		{DockerDesktop, in(r.home, ".docker/desktop/docker.sock")},
		{OrbStack, in(r.home, ".orbstack/run/docker.sock")},
		{Colima, in(r.home, ".colima/default/docker.sock")},
		{Lima, in(r.home, ".lima/docker/sock/docker.sock")},
		{RancherDesktop, in(r.home, ".rd/docker.sock")},
		{DockerEngine, in(run, "docker.sock")},
		{Podman, in(run, "podman/podman.sock")},
		{Podman, in(r.home, ".local/share/containers/podman/machine/podman.sock")},
		{Podman, in(tmp, "podman/podman-machine-default-api.sock")},
		{Podman, "/run/podman/podman.sock"},
	}
	found := all[:0]
	for _, s := range all {
		if s.path != "" {
			found = append(found, s)
		}
	}
	return found
}

// fromDefault takes the default socket or, where there is none, the first
// known one that answers; failing that, the first that exists, so that the
// error can name its product.
func (r *resolver) fromDefault() (Endpoint, error) {
	path := socketPath(r.fallback)
	if _, err := os.Stat(path); !errors.Is(err, os.ErrNotExist) {
		ep, err := r.checked(r.fallback, "default socket")
		if target, linkErr := os.Readlink(path); err == nil && linkErr == nil {
			// Mac engines put a link there that tells whose it is.
			ep.Product = productOfHost("unix://" + target)
		}
		return ep, err
	}
	var dead *knownSocket
	for _, s := range r.knownSockets() {
		info, err := os.Stat(s.path)
		if err != nil || info.Mode()&os.ModeSocket == 0 {
			continue
		}
		if answers(s.path) {
			return r.known(s, path), nil
		}
		if dead == nil {
			dead = &s
		}
	}
	if dead != nil {
		return r.known(*dead, path), nil
	}
	return r.checked(r.fallback, "default socket")
}

func (r *resolver) known(s knownSocket, missing string) Endpoint {
	return Endpoint{
		Host:      "unix://" + s.path,
		Source:    fmt.Sprintf("the socket of %s, as there is no %s", s.product, missing),
		Product:   s.product,
		configDir: r.configDir,
	}
}
