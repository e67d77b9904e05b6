package engine

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dclaude/launcher/plan"
)

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
			"wait": (<-e.Wait(ctx, id)).Err, "exec": execErr, "attach": attachErr,
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
