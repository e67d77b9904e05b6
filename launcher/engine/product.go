package engine

import "strings"

// The products that errors and hints name.
const (
	DockerEngine   = "Docker Engine"
	DockerDesktop  = "Docker Desktop"
	OrbStack       = "OrbStack"
	Colima         = "Colima"
	Lima           = "Lima"
	RancherDesktop = "Rancher Desktop"
	Podman         = "Podman"
)

// productOfHost guesses the product from an engine's address.
func productOfHost(host string) string {
	for _, p := range []struct{ part, product string }{
		{"/.orbstack/", OrbStack},
		{"/.docker/run/", DockerDesktop},
		{"/.docker/desktop/", DockerDesktop},
		{"/.colima/", Colima},
		{"/colima/", Colima},
		{"/.lima/", Lima},
		{"/.rd/", RancherDesktop},
		{"/podman", Podman},
	} {
		if strings.Contains(host, p.part) {
			return p.product
		}
	}
	return DockerEngine
}

// productOfContext guesses the product from the name that its installer gives
// to a context; "" if the name tells nothing.
func productOfContext(name string) string {
	switch {
	case name == "orbstack":
		return OrbStack
	case name == "desktop-linux":
		return DockerDesktop
	case name == "rancher-desktop":
		return RancherDesktop
	case name == "colima" || strings.HasPrefix(name, "colima-"):
		return Colima
	case strings.HasPrefix(name, "lima-"):
		return Lima
	case strings.HasPrefix(name, "podman"):
		return Podman
	}
	return ""
}

// productOfServer reads the Server header of an answer; "" if it does not
// tell. Podman says "Libpod/5.1.0 (linux)", all others "Docker/...".
func productOfServer(header string) string {
	if strings.HasPrefix(header, "Libpod/") {
		return Podman
	}
	return ""
}

// productOfInfo reads what the engine says about the machine it runs on; ""
// if it does not tell.
func productOfInfo(operatingSystem, name string) string {
	switch {
	case strings.HasPrefix(operatingSystem, DockerDesktop):
		return DockerDesktop
	case strings.HasPrefix(operatingSystem, OrbStack):
		return OrbStack
	case strings.HasPrefix(operatingSystem, RancherDesktop), name == "lima-rancher-desktop":
		return RancherDesktop
	case name == "colima" || strings.HasPrefix(name, "colima-"):
		return Colima
	case strings.HasPrefix(name, "lima-"):
		return Lima
	}
	return ""
}
