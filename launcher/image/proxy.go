package image

import (
	"fmt"
	"net"
	"net/url"
	"strings"
)

// Proxies returns the build arguments that take the user's proxies into the
// build, from the variables http_proxy, https_proxy and no_proxy of either
// case, and a line for each one that is left out. Docker knows these arguments
// without a Dockerfile naming them, and keeps them out of the image and its
// history; but BuildKit's record of builds holds them, so that an address with
// a password is left out. So is one on the loopback interface, which in a build
// is the build's own.
func Proxies(getenv func(string) string) (args map[string]string, left []string) {
	args = map[string]string{}
	for _, name := range []string{"http_proxy", "https_proxy", "no_proxy"} {
		upper := strings.ToUpper(name)
		value := getenv(name)
		if value == "" {
			value = getenv(upper)
		}
		if value == "" {
			continue
		}
		if why := unfit(name, value); why != "" {
			left = append(left, fmt.Sprintf("%s is not used to build the image: %s", name, why))
			continue
		}
		args[name], args[upper] = value, value // apt reads one, npm either
	}
	return args, left
}

// unfit says why a variable cannot be used in a build. It never repeats the
// value.
func unfit(name, value string) string {
	if name == "no_proxy" {
		return ""
	}
	if !strings.Contains(value, "://") {
		value = "http://" + value
	}
	u, err := url.Parse(value)
	switch {
	case err != nil || u.Hostname() == "":
		return "it is not an address"
	case u.User != nil:
		return "it holds a user name or password, which the engine would keep in its records; use a proxy that needs none"
	case loopback(u.Hostname()):
		return "it is on this machine's loopback interface, which a container cannot reach; Docker Desktop and OrbStack have the name host.docker.internal for it"
	}
	return ""
}

func loopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	ip := net.ParseIP(host)
	return ip != nil && (ip.IsLoopback() || ip.IsUnspecified())
}
