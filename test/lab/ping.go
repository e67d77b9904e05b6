package lab

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"strings"
	"time"
)

// answers tells whether an engine answers at the endpoint, which must be a
// unix:// one, within two seconds.
func answers(ctx context.Context, host string) bool { return ping(ctx, host) == nil }

func ping(ctx context.Context, host string) error {
	socket, ok := strings.CutPrefix(host, "unix://")
	if !ok {
		return fmt.Errorf("%s is no unix:// endpoint", host)
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	transport := &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			var d net.Dialer
			return d.DialContext(ctx, "unix", socket)
		},
	}
	defer transport.CloseIdleConnections()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://engine/_ping", nil)
	if err != nil {
		return err
	}
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return err
	}
	_ = resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("ping answered %s", resp.Status)
	}
	return nil
}

// awaitEngine waits until the engine answers or, if ended is given, its
// process has ended.
func awaitEngine(ctx context.Context, host string, ended <-chan error) error {
	ctx, cancel := context.WithTimeoutCause(ctx, engineStart, fmt.Errorf("no answer within %s", engineStart))
	defer cancel()
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		if answers(ctx, host) {
			return nil
		}
		select {
		case <-tick.C:
		case err := <-ended:
			if err == nil {
				err = errors.New("exit status 0")
			}
			return fmt.Errorf("the engine ended: %w", err)
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// tailOfFile returns the last lines of a log file.
func tailOfFile(path string) string {
	b, err := os.ReadFile(path)
	if err != nil {
		return err.Error()
	}
	return tail(string(b), tailLines)
}
