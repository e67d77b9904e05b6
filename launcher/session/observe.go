package session

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"dclaude/launcher/engine"
)

// Executor is what looking into a session needs of an engine.
type Executor interface {
	Exec(ctx context.Context, id string, r engine.ExecRequest) (code int, err error)
}

// GuestProgram is the init's path in the image; the launcher's own execs go
// through it.
const GuestProgram = "/usr/local/bin/dclaude-guest"

// maxKernel bounds the observed kernel string, in bytes.
const maxKernel = 512

// Observe returns the kernel string of a running session, read in the session.
func Observe(ctx context.Context, e Executor, id, user string) (string, error) {
	var out bytes.Buffer
	code, err := e.Exec(ctx, id, engine.ExecRequest{
		User:    user,
		Command: []string{GuestProgram, "kernel"},
		Stdout:  &limited{w: &out, left: maxKernel},
	})
	if err != nil {
		return "", err
	}
	if code != 0 {
		return "", fmt.Errorf("look at the session's kernel: exit code %d", code)
	}
	return strings.TrimSpace(out.String()), nil
}

// IsGVisor says whether a kernel string is gVisor's. Its releases have spelled
// the name in more than one way: "Linux version 4.4.0 ... gVisor" and "Linux
// version 4.19.0-gvisor ..." were both seen.
func IsGVisor(kernel string) bool { return strings.Contains(strings.ToLower(kernel), "gvisor") }

// limited keeps the first bytes and swallows the rest: a session must not be
// able to fill our memory.
type limited struct {
	w    *bytes.Buffer
	left int
}

func (l *limited) Write(p []byte) (int, error) {
	keep := min(len(p), l.left)
	l.w.Write(p[:keep])
	l.left -= keep
	return len(p), nil
}
