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

func TestEngineFill(t *testing.T) {
	ctx, e := lab(t)
	id := created(ctx, t, e, plan.Container{
		Command:  []string{"show", "/handoff/secret", "/handoff/sub/open"},
		User:     "0:0",
		ReadOnly: true,
		Mounts:   []plan.Mount{{Kind: plan.OwnVolume, Target: "/handoff", Labels: map[string]string{"dclaude.test": "fill"}}},
	})
	details, err := e.Inspect(ctx, id)
	if err != nil {
		t.Fatal(err)
	}
	volume := details.Mounts[0].Name
	err = e.Fill(ctx, id, "/handoff", []File{
		{Name: "secret", Mode: 0o400, Data: []byte("for root")},
		{Name: "sub/open", Mode: 0o644, UID: 501, GID: 20, Data: []byte("for all")},
	})
	if err != nil {
		t.Fatal(err)
	}
	stream, err := e.Attach(ctx, id, AttachOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer stream.Close()
	exit := e.Wait(ctx, id)
	if err := e.Start(ctx, id); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	if err := stream.CopyOutput(&out, &out); err != nil {
		t.Fatal(err)
	}
	<-exit
	for _, want := range []string{`secret 400 0:0 "for root" <nil>`, `open 644 501:20 "for all" <nil>`} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is missing in:\n%s", want, out.String())
		}
	}
	if err := e.Remove(ctx, id); err != nil {
		t.Fatal(err)
	}
	if _, err := e.Inspect(ctx, id); !IsKind(err, KindNotFound) {
		t.Errorf("the container is there after its end: %v", err)
	}
	left, err := e.Volumes(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range left {
		if v.Name == volume {
			t.Error("its anonymous volume outlived it")
		}
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

func TestEngineLists(t *testing.T) {
	ctx, e := lab(t)
	mark := map[string]string{"dclaude.test": unique(t)}
	events, watchErr := e.Events(ctx, mark)
	resting := created(ctx, t, e, plan.Container{Command: []string{"wait"}, Labels: mark})
	running := start(ctx, t, e, plan.Container{Command: []string{"wait"}, Labels: mark})
	until(t, running.stream, "ready")

	list, err := e.Containers(ctx, mark)
	if err != nil {
		t.Fatal(err)
	}
	states := make(map[string]string)
	for _, c := range list {
		states[c.ID] = c.State
		if c.Image != guestImage || !strings.HasPrefix(c.Name, "dclaude-test-") || time.Since(c.Created) > time.Hour {
			t.Errorf("container is %+v", c)
		}
	}
	if len(states) != 2 || states[resting] != "created" || states[running.id] != "running" {
		t.Errorf("states are %v", states)
	}
	stats, err := e.Stats(ctx, running.id)
	if err != nil || stats.MemoryBytes == 0 || stats.Pids == 0 || stats.Read.IsZero() {
		t.Errorf("stats are %+v, %v", stats, err)
	}
	details, err := e.Inspect(ctx, running.id)
	if err != nil || details.Pid == 0 || details.Runtime == "" || !details.Running() || details.StartedAt.IsZero() {
		t.Errorf("details are %+v, %v", details, err)
	}
	for _, want := range []string{"create", "create", "attach", "start"} {
		select {
		case ev := <-events:
			if ev.Action != want || ev.Labels["dclaude.test"] != mark["dclaude.test"] {
				t.Errorf("event is %+v, want %s", ev, want)
			}
		case err := <-watchErr:
			t.Fatal(err)
		}
	}
}

func TestEngineNetworkAndVolume(t *testing.T) {
	ctx, e := lab(t)
	name := unique(t)
	mark := map[string]string{"dclaude.test": name}
	if err := e.CreateVolume(ctx, name, mark); err != nil {
		t.Fatal(err)
	}
	volumes, err := e.Volumes(ctx, mark)
	if err != nil || len(volumes) != 1 || volumes[0].Name != name || volumes[0].Created.IsZero() {
		t.Errorf("volumes are %+v, %v", volumes, err)
	}
	id := created(ctx, t, e, plan.Container{Mounts: []plan.Mount{{Kind: plan.NamedVolume, Source: name, Target: "/v"}}})
	if err := e.RemoveVolume(ctx, name); !IsKind(err, KindInUse) {
		t.Errorf("removing a volume in use: %v", err)
	}
	if err := e.Remove(ctx, id); err != nil {
		t.Fatal(err)
	}
	if err := e.RemoveVolume(ctx, name); err != nil {
		t.Error(err)
	}
	if err := e.RemoveVolume(ctx, name); !IsKind(err, KindNotFound) {
		t.Errorf("removing it again: %v", err)
	}

	network, err := e.CreateNetwork(ctx, Network{Name: name, Internal: true, Labels: mark})
	if err != nil {
		t.Fatal(err)
	}
	networks, err := e.Networks(ctx, mark)
	if err != nil || len(networks) != 1 || networks[0].ID != network || !networks[0].Internal {
		t.Errorf("networks are %+v, %v", networks, err)
	}
	if err := e.RemoveNetwork(ctx, network); err != nil {
		t.Error(err)
	}
}

func TestEngineErrors(t *testing.T) {
	ctx, e := lab(t)
	withGuestImage(ctx, t, e)
	ours := func(change func(*plan.Container)) plan.Container {
		c := plan.Container{Name: unique(t), Image: guestImage, NetworkMode: "none"}
		change(&c)
		return c
	}
	taken := created(ctx, t, e, plan.Container{Name: unique(t)})
	details, err := e.Inspect(ctx, taken)
	if err != nil {
		t.Fatal(err)
	}
	for name, tt := range map[string]struct {
		container plan.Container
		kind      Kind
	}{
		"image":   {ours(func(c *plan.Container) { c.Image = "dclaude-no-such-image" }), KindNoImage},
		"name":    {ours(func(c *plan.Container) { c.Name = details.Name }), KindNameConflict},
		"runtime": {ours(func(c *plan.Container) { c.Runtime = "no-such-runtime" }), KindUnknownRuntime},
		"mount": {ours(func(c *plan.Container) {
			c.Mounts = []plan.Mount{{Kind: plan.Bind, Source: filepath.Join(t.TempDir(), "none"), Target: "/x"}}
		}), KindMount},
		"mount kind": {ours(func(c *plan.Container) { c.Mounts = []plan.Mount{{Kind: "strange", Target: "/x"}} }), KindInvalid},
		"limit":      {ours(func(c *plan.Container) { c.Limits.MemoryBytes = 1 }), KindInvalid},
	} {
		t.Run(name, func(t *testing.T) {
			id, err := e.Create(ctx, tt.container)
			if !IsKind(err, tt.kind) {
				t.Errorf("kind is not %q: %v", tt.kind, err)
			}
			if err == nil {
				_ = e.Remove(ctx, id)
			}
		})
	}
	t.Run("start", func(t *testing.T) {
		id := created(ctx, t, e, plan.Container{Tmpfs: map[string]string{"/guest/none": ""}})
		if err := e.Start(ctx, id); !IsKind(err, KindRuntimeFailed) {
			t.Errorf("error is %v", err)
		}
	})
	t.Run("missing", func(t *testing.T) {
		const id = "dclaude-no-such-container"
		_, execErr := e.Exec(ctx, id, ExecRequest{Command: []string{"x"}})
		_, attachErr := e.Attach(ctx, id, AttachOptions{})
		for what, err := range map[string]error{
			"start": e.Start(ctx, id), "stop": e.Stop(ctx, id, 0), "kill": e.Kill(ctx, id, "SIGTERM"),
			"wait": (<-e.Wait(ctx, id)).Err, "exec": execErr, "attach": attachErr, "fill": e.Fill(ctx, id, "/", nil),
		} {
			if !IsKind(err, KindNotFound) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if err := e.Remove(ctx, id); err != nil {
			t.Errorf("remove: %v", err)
		}
	})
	t.Run("not running", func(t *testing.T) {
		_, err := e.Exec(ctx, taken, ExecRequest{Command: []string{"/guest"}})
		if !IsKind(err, KindNotRunning) {
			t.Errorf("exec: %v", err)
		}
		if err := e.Kill(ctx, taken, "SIGTERM"); !IsKind(err, KindNotRunning) {
			t.Errorf("kill: %v", err)
		}
	})
}

func TestEngineInfo(t *testing.T) {
	ctx, e := lab(t)
	info, err := e.Info(ctx)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%+v", info)
	if info.ID == "" || info.OS != "linux" || info.CPUs == 0 || info.MemoryBytes == 0 || len(info.Runtimes) == 0 ||
		info.APIVersion == "" || info.ServerVersion == "" || info.Product == "" || info.StorageDriver == "" {
		t.Errorf("info is incomplete: %+v", info)
	}
}
