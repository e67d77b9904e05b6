package gateway

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"dclaude/launcher/egress"
)

// setupTime is how long the launcher may take to say what its gateway is for.
// One that was killed in between leaves a gateway that ends by itself.
const setupTime = time.Minute

// Restarts: a part that failed is started anew after a pause that grows, and
// given up when it never lasts.
const (
	firstPause  = 50 * time.Millisecond
	longPause   = 5 * time.Second
	lasting     = 30 * time.Second
	maxFailures = 20
)

// supervise is the container's first process. It takes the setup and keeps a
// gateway running until that says that its session is over. While none runs,
// the session is offline: there is no other way.
func supervise(ctx context.Context, l layout, in io.Reader, out io.Writer) error {
	setup, err := awaitSetup(ctx, in)
	if err != nil {
		return err
	}
	text, err := setup.Encode()
	if err != nil {
		return err
	}
	if err := os.WriteFile(l.setup, text, 0o600); err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return keep(ctx, func() error {
		var last tail
		cmd := exec.CommandContext(ctx, self, "serve")
		cmd.Stdout, cmd.Stderr = os.Stdout, &last
		err := cmd.Run()
		if err != nil && last.Len() > 0 {
			err = fmt.Errorf("%w: %s", err, bytes.TrimSpace(last.Bytes()))
		}
		return err
	}, func(failure error, pause time.Duration) {
		e := egress.Event{
			Time: time.Now().UTC(), Session: setup.Session, Kind: egress.KindGateway,
			Gateway: egress.GatewayFailed, Note: firstLine(failure.Error()),
		}
		_, _ = out.Write(e.Line())
		sleep(ctx, pause)
	})
}

// keep runs a part until it ends in order.
func keep(ctx context.Context, run func() error, failed func(error, time.Duration)) error {
	pause, failures := firstPause, 0
	for {
		start := time.Now()
		err := run()
		if err == nil || ctx.Err() != nil {
			return nil //nolint:nilerr // ended as it was asked to
		}
		if time.Since(start) >= lasting {
			pause, failures = firstPause, 0
		}
		if failures++; failures > maxFailures {
			return err
		}
		failed(err, pause)
		pause = min(2*pause, longPause)
	}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// awaitSetup reads the launcher's word, or gives up.
func awaitSetup(ctx context.Context, in io.Reader) (egress.Setup, error) {
	type result struct {
		setup egress.Setup
		err   error
	}
	got := make(chan result, 1)
	go func() {
		setup, err := egress.ReadSetup(in)
		got <- result{setup, err}
	}()
	select {
	case r := <-got:
		return r.setup, r.err
	case <-time.After(setupTime):
		return egress.Setup{}, errors.New("no setup came")
	case <-ctx.Done():
		return egress.Setup{}, ctx.Err()
	}
}

// tail keeps the first part of what a failing process says: a panic's reason
// comes before its traces.
type tail struct{ bytes.Buffer }

const maxTail = 4 << 10

func (t *tail) Write(p []byte) (int, error) {
	t.Buffer.Write(p[:min(len(p), maxTail-t.Len())])
	return len(p), nil
}

func firstLine(s string) string {
	line, _, _ := bytes.Cut([]byte(s), []byte("\n"))
	return string(line[:min(len(line), 300)])
}
