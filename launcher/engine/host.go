package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/docker/cli/cli/connhelper"
	"github.com/docker/cli/opts"
)

// checkHost brings an address to the form that the client takes, and refuses
// what it cannot read and what lies on another machine.
func checkHost(raw, source string) (string, error) {
	host, err := opts.ParseHost(false, raw)
	if err != nil {
		return "", badEndpoint(raw, source, err)
	}
	var name string
	switch scheme, rest, _ := strings.Cut(host, "://"); scheme {
	case "unix":
		if !filepath.IsAbs(rest) {
			return "", badEndpoint(raw, source, errors.New("the path of a unix socket must be absolute"))
		}
		return host, nil
	case "tcp":
		u, err := url.Parse(host)
		if err != nil {
			return "", badEndpoint(raw, source, err)
		}
		name = u.Hostname()
	case "ssh":
		if name, err = sshHost(host); err != nil {
			return "", badEndpoint(raw, source, err)
		}
	default:
		return "", badEndpoint(raw, source, fmt.Errorf("%q is not an address that works here (unix://, tcp:// or ssh://)", raw))
	}
	if !isLoopback(name) {
		return "", &Error{Kind: KindRemote, Op: "use the engine", Endpoint: host, Product: productOfHost(host),
			Err: fmt.Errorf("%s says %s, which is another machine: it cannot see your folder", source, host)}
	}
	return host, nil
}

// sshHost returns the host part of an ssh address that docker/cli accepts.
func sshHost(host string) (string, error) {
	if _, err := connhelper.GetConnectionHelper(host); err != nil {
		return "", err
	}
	u, err := url.Parse(host)
	if err != nil {
		return "", err
	}
	return u.Hostname(), nil
}

// isLoopback reports whether a host name or address means this machine
// without asking a name server, whose answer could change.
func isLoopback(host string) bool {
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		return true
	}
	addr, err := netip.ParseAddr(host)
	return err == nil && addr.Unmap().IsLoopback()
}

func schemeOf(host string) string {
	scheme, _, _ := strings.Cut(host, "://")
	return scheme
}

// socketPath returns the path of a unix:// address, else "".
func socketPath(host string) string {
	if path, ok := strings.CutPrefix(host, "unix://"); ok {
		return path
	}
	return ""
}

// answerTimeout bounds the wait for a socket whose owner hangs.
const answerTimeout = 2 * time.Second

// answers reports whether something accepts connections on a unix socket. A
// socket file outlives a program that crashed.
func answers(path string) bool {
	dialer := net.Dialer{Timeout: answerTimeout}
	conn, err := dialer.DialContext(context.Background(), "unix", path)
	if err != nil {
		return false
	}
	return conn.Close() == nil
}
