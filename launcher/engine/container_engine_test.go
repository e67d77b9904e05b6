package engine

import (
	"bytes"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dclaude/launcher/plan"
)

func TestEngineRun(t *testing.T) {
	ctx, e := lab(t)
	tests := []struct {
		name           string
		command        []string
		input          string
		stdout, stderr string
		code           int
	}{
		{"both outputs", []string{"say", "out", "err"}, "", "out", "err", 0},
		{"exit code", []string{"exit", "42"}, "", "", "", 42},
		{"input and its end", []string{"cat"}, "one\ntwo", "one\ntwo", "end of input", 0},
		{"empty input", []string{"cat"}, "", "", "end of input", 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			stdout, stderr, exit := run(ctx, t, e, plan.Container{Name: unique(t)[:40], Command: tt.command}, tt.input)
			if stdout != tt.stdout || stderr != tt.stderr || exit != (Exit{Code: tt.code}) {
				t.Errorf("got %q, %q, %+v", stdout, stderr, exit)
			}
		})
	}
}

func TestEngineSettings(t *testing.T) {
	ctx, e := lab(t)
	dir := filepath.Join(t.TempDir(), "-a: b\"'\n\\ü,ro=1")
	if err := os.Mkdir(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "in"), []byte("from host"), 0o644); err != nil {
		t.Fatal(err)
	}
	volume := unique(t)
	t.Cleanup(func() {
		if err := e.RemoveVolume(context.WithoutCancel(ctx), volume); err != nil {
			t.Error(err)
		}
	})
	c := plan.Container{
		Hostname:    "sandbox",
		User:        "501:20",
		WorkingDir:  "/project",
		Command:     []string{"show", "in", "/state", "/scratch", "/missing"},
		CapAdd:      []string{"CHOWN"},
		SecurityOpt: []string{"no-new-privileges"},
		ReadOnly:    true,
		Mounts: []plan.Mount{
			{Kind: plan.Bind, Source: dir, Target: "/project", ReadOnly: true},
			{Kind: plan.NamedVolume, Source: volume, Target: "/state", Labels: map[string]string{"dclaude.test": volume}},
		},
		Tmpfs:  map[string]string{"/scratch": "mode=0711,uid=7"},
		Limits: plan.Limits{MemoryBytes: 64 << 20, CPUs: 0.5, Pids: 32},
	}
	stdout, stderr, exit := run(ctx, t, e, c, "")
	if exit != (Exit{}) {
		t.Fatalf("exit %+v: %s", exit, stderr)
	}
	for _, want := range []string{
		"uid=501 gid=20 dir=/project host=sandbox\n", "core=0\n", "NoNewPrivs:1\n", "CapBnd:0000000000000001\n",
		`in 644 0:0 "from host" <nil>`, "state 755 0:0 ", "scratch 711 7:0 ", "/missing: ",
	} {
		if !strings.Contains(stdout, want) {
			t.Errorf("%q is missing in:\n%s", want, stdout)
		}
	}
	labelled, err := e.Volumes(ctx, map[string]string{"dclaude.test": volume})
	if err != nil || len(labelled) != 1 || labelled[0].Name != volume {
		t.Errorf("volumes with the label: %+v, %v", labelled, err)
	}
}

func TestEngineTerminal(t *testing.T) {
	ctx, e := lab(t)
	s := start(ctx, t, e, plan.Container{TTY: true, Command: []string{"lines"}})
	until(t, s.stream, "ready")
	if err := e.Resize(ctx, s.id, 100, 40); err != nil {
		t.Error(err)
	}

	// The engine's own detach keys must reach the program, and at once: the
	// terminal echoes them.
	for _, key := range []string{"\x10", "\x11", "\x10"} {
		if _, err := io.WriteString(s.stream, key); err != nil {
			t.Fatal(err)
		}
		if key == "\x10" {
			until(t, s.stream, "^P")
		}
	}
	if _, err := io.WriteString(s.stream, "\n"); err != nil {
		t.Fatal(err)
	}
	until(t, s.stream, `got "\x10\x10"`)

	// A window that closes detaches; the session takes the next one.
	if err := s.stream.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := e.Attach(ctx, s.id, AttachOptions{TTY: true})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	if _, err := io.WriteString(again, "back\n"); err != nil {
		t.Fatal(err)
	}
	until(t, again, `got "back"`)
	if _, err := io.WriteString(again, "quit\n"); err != nil {
		t.Fatal(err)
	}
	var rest bytes.Buffer
	if err := again.CopyOutput(&rest, nil); err != nil {
		t.Fatal(err)
	}
	if exit := <-s.exit; exit != (Exit{Code: 7}) {
		t.Errorf("exit is %+v", exit)
	}
}

func TestEngineStop(t *testing.T) {
	ctx, e := lab(t)
	t.Run("ends by itself", func(t *testing.T) {
		s := start(ctx, t, e, plan.Container{Command: []string{"wait"}})
		until(t, s.stream, "ready")
		if err := e.Stop(ctx, s.id, 30*time.Second); err != nil {
			t.Fatal(err)
		}
		if exit := <-s.exit; exit != (Exit{Code: 3}) {
			t.Errorf("exit is %+v", exit)
		}
	})
	t.Run("is killed when grace is over", func(t *testing.T) {
		s := start(ctx, t, e, plan.Container{Command: []string{"ignore"}})
		until(t, s.stream, "ready")
		if err := e.Stop(ctx, s.id, time.Millisecond); err != nil {
			t.Fatal(err)
		}
		if exit := <-s.exit; exit != (Exit{Code: killedCode}) {
			t.Errorf("exit is %+v", exit)
		}
		if err := e.Stop(ctx, s.id, 0); err != nil && !IsKind(err, KindNotFound) {
			t.Errorf("stopping again: %v", err)
		}
	})
	t.Run("signal", func(t *testing.T) {
		s := start(ctx, t, e, plan.Container{Command: []string{"wait"}})
		until(t, s.stream, "ready")
		if err := e.Kill(ctx, s.id, "SIGTERM"); err != nil {
			t.Fatal(err)
		}
		if exit := <-s.exit; exit != (Exit{Code: 3}) {
			t.Errorf("exit is %+v", exit)
		}
	})
}

func TestEngineOutOfMemory(t *testing.T) {
	ctx, e := lab(t)
	_, _, exit := run(ctx, t, e, plan.Container{Command: []string{"eat"}, Limits: plan.Limits{MemoryBytes: 32 << 20}}, "")
	if exit != (Exit{Code: killedCode, OOM: true}) {
		t.Errorf("exit is %+v", exit)
	}
}
