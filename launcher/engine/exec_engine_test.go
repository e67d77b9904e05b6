package engine

import (
	"bytes"
	"context"
	"io"
	"strings"
	"testing"

	"dclaude/launcher/plan"
)

func TestEngineExec(t *testing.T) {
	ctx, e := lab(t)
	s := start(ctx, t, e, plan.Container{Command: []string{"wait"}, User: "501:20"})
	until(t, s.stream, "ready")
	tests := []struct {
		name           string
		req            ExecRequest
		input          string
		stdout, stderr string
		code           int
	}{
		{"outputs", ExecRequest{Command: []string{"/guest", "say", "out", "err"}}, "", "out", "err", 0},
		{"input", ExecRequest{Command: []string{"/guest", "cat"}}, "text", "text", "end of input", 0},
		{"no input", ExecRequest{Command: []string{"/guest", "cat"}}, "", "", "end of input", 0},
		{"code", ExecRequest{Command: []string{"/guest", "exit", "9"}}, "", "", "", 9},
		{"outputs close early", ExecRequest{Command: []string{"/guest", "linger", "4"}}, "", "", "", 4},
		{"terminal", ExecRequest{Command: []string{"/guest", "say", "a\nb"}, TTY: true}, "", "a\r\nb", "", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var stdout, stderr bytes.Buffer
			if tt.input != "" {
				tt.req.Stdin = strings.NewReader(tt.input)
			}
			tt.req.Stdout, tt.req.Stderr = &stdout, &stderr
			code, err := e.Exec(ctx, s.id, tt.req)
			if err != nil || code != tt.code || stdout.String() != tt.stdout || stderr.String() != tt.stderr {
				t.Errorf("got %d, %v, %q, %q", code, err, stdout.String(), stderr.String())
			}
		})
	}
	t.Run("user, folder and environment", func(t *testing.T) {
		var out bytes.Buffer
		code, err := e.Exec(ctx, s.id, ExecRequest{User: "1234:5", WorkingDir: "/", Command: []string{"/guest", "show"}, Stdout: &out})
		if err != nil || code != 0 || !strings.HasPrefix(out.String(), "uid=1234 gid=5 dir=/ ") {
			t.Errorf("got %d, %v, %q", code, err, out.String())
		}
		out.Reset()
		if _, err := e.Exec(ctx, s.id, ExecRequest{Env: []string{"COLOUR=blue"}, Command: []string{"/guest", "env"}, Stdout: &out}); err != nil || !strings.Contains(out.String(), "COLOUR=blue\n") {
			t.Errorf("got %v, %q", err, out.String())
		}
	})
	t.Run("shell", func(t *testing.T) {
		shell, err := e.ExecAttach(ctx, s.id, ExecRequest{Command: []string{"/guest", "lines"}, TTY: true})
		if err != nil {
			t.Fatal(err)
		}
		defer shell.Close()
		until(t, shell, "ready")
		if err := shell.Resize(ctx, 80, 25); err != nil {
			t.Error(err)
		}
		if _, err := io.WriteString(shell, "\x10\x11x\n"); err != nil {
			t.Fatal(err)
		}
		until(t, shell, `\x10`)
		if _, err := io.WriteString(shell, "quit\n"); err != nil {
			t.Fatal(err)
		}
		if err := shell.CopyOutput(io.Discard, nil); err != nil {
			t.Fatal(err)
		}
		if code, err := shell.ExitCode(ctx); err != nil || code != 7 {
			t.Errorf("got %d, %v", code, err)
		}
	})
	t.Run("cancelled", func(t *testing.T) {
		ctx, cancel := context.WithCancel(ctx)
		out := &notifier{text: "ready", seen: make(chan struct{})}
		seen := out.seen
		go func() {
			<-seen
			cancel()
		}()
		if _, err := e.Exec(ctx, s.id, ExecRequest{Command: []string{"/guest", "wait"}, Stdout: out}); !IsKind(err, KindCancelled) {
			t.Errorf("error is %v", err)
		}
	})
}
