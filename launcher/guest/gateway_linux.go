package guest

import (
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// The gateway's ports, as package egress has them; this program carries nothing
// of a gateway but these.
const (
	gatewayLifeline = "3127"
	gatewayProxy    = "3128"
)

// How long the gateway may take to be there, and to answer. It starts at the
// same time as the session.
const (
	gatewayStart  = 20 * time.Second
	gatewayRetry  = 10 * time.Millisecond
	gatewayAnswer = 2 * time.Second
	// gatewayPause is between attempts to come back to one that failed.
	gatewayPause = 500 * time.Millisecond
)

// lifeline tells the session's gateway that the session lives, by a connection
// that is held for as long as this process is: the gateway ends without one.
type lifeline struct {
	address string
	up      chan error // gets one value: whether there is a gateway
}

// holdLifeline begins to hold one in the background. Without a gateway there is
// nothing to hold, and nothing to wait for.
func holdLifeline(gateway string) *lifeline {
	if gateway == "" {
		return nil
	}
	l := &lifeline{address: net.JoinHostPort(gateway, gatewayLifeline), up: make(chan error, 1)}
	go l.hold()
	return l
}

// seekGateway looks for the gateway, and holds nothing: a nested session, whose
// lifeline is held from outside, does so while the rest of it starts.
func seekGateway(gateway string) *lifeline {
	if gateway == "" {
		return nil
	}
	l := &lifeline{address: net.JoinHostPort(gateway, gatewayLifeline), up: make(chan error, 1)}
	go func() {
		conn, err := l.dial(time.Now().Add(gatewayStart))
		if err == nil {
			conn.Close()
		}
		l.up <- err
	}()
	return l
}

// dial tries until the gateway answers, or until a deadline.
func (l *lifeline) dial(deadline time.Time) (net.Conn, error) {
	for {
		conn, err := net.DialTimeout("tcp", l.address, gatewayAnswer)
		if err == nil || time.Now().After(deadline) {
			return conn, err
		}
		time.Sleep(gatewayRetry)
	}
}

// ready waits until the gateway is there. A session whose gateway does not come
// is offline, which the user is told.
func (l *lifeline) ready() {
	if l == nil {
		return
	}
	if err := <-l.up; err != nil {
		warn(os.Stderr, fmt.Errorf("the session's gateway does not answer, so the session is offline: %w", err))
	}
}

func (l *lifeline) hold() {
	conn, err := l.dial(time.Now().Add(gatewayStart))
	l.up <- err
	for {
		if err == nil {
			_, _ = io.Copy(io.Discard, conn) // nothing comes; it ends with the gateway
			conn.Close()
		}
		time.Sleep(gatewayPause)
		conn, err = net.DialTimeout("tcp", l.address, gatewayAnswer)
	}
}

// resolverFile is what the session sees as /etc/resolv.conf: the gateway, which
// refuses at once. The engine's own name server would not work under every
// runtime.
func resolverFile(gateway string) string {
	return "# Names are resolved by the session's gateway: use the proxy that the environment names.\n" +
		"nameserver " + gateway + "\noptions timeout:1 attempts:1\n"
}

// placeResolver writes the file that the engine has put there.
func placeResolver(l layout, gateway string) error {
	if gateway == "" {
		return nil
	}
	return os.WriteFile(filepath.Join(l.etc, "resolv.conf"), []byte(resolverFile(gateway)), 0o644)
}

// runHook reports one of Claude's hooks to the gateway: the word, and nothing of
// what Claude passes on. A report that does not arrive is no failure of Claude's.
func runHook(args []string) int {
	if len(args) != 2 {
		return fail(os.Stderr, exitFailure, errors.New("usage: dclaude-guest hook WORD GATEWAY"))
	}
	conn, err := net.DialTimeout("tcp", net.JoinHostPort(args[1], gatewayProxy), gatewayAnswer)
	if err != nil {
		return 0
	}
	defer conn.Close()
	_ = conn.SetDeadline(time.Now().Add(gatewayAnswer))
	_, err = fmt.Fprintf(conn, "POST /hook/%s HTTP/1.1\r\nHost: gateway\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", args[0])
	if err == nil {
		_, _ = io.Copy(io.Discard, conn)
	}
	return 0
}

// explainSSH stands in for ssh, where git wants it: nothing but the web's
// protocols gets through the gateway, and git would wait for a time-out.
func explainSSH(args []string, w io.Writer) int {
	host := "HOST"
	for _, a := range args {
		if _, after, ok := strings.Cut(a, "@"); ok && plainHost(after) {
			host = after
			break
		}
	}
	fmt.Fprintf(w, "dclaude: ssh does not get out of this sandbox; git over https does. In this repository:\r\n"+
		"  git remote set-url origin https://%s/PATH\r\nor for all of them:\r\n"+
		"  git config --global url.https://%s/.insteadOf git@%s:\r\n", host, host, host)
	return 1
}

func plainHost(s string) bool {
	return s != "" && len(s) < 254 && !strings.ContainsFunc(s, func(c rune) bool {
		return (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && (c < '0' || c > '9') && c != '.' && c != '-'
	})
}
