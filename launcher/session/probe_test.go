package session

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dclaude/launcher/engine"
	"dclaude/launcher/plan"
)

const (
	gvisorKernel = "Linux version 4.19.0-gvisor #1 SMP"
	linuxKernel  = "Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org)"
)

var info = engine.Info{ID: "engine-1", ServerVersion: "28.0.0", Runtimes: []string{"runc", "runsc"}}

func probes(t *testing.T) Probes {
	return Probes{Dir: t.TempDir(), Name: func() string { return "probe-x" }}
}

func probeSteps() []step {
	return []step{
		{call: "create dclaude-probe-x"},
		{call: "attach id-1 tty=false"},
		{call: "wait id-1"},
		{call: "start id-1"},
		{call: "remove id-1"},
	}
}

// probeFake is an engine whose probe container says these texts.
func probeFake(t *testing.T, stdout, stderr string, steps ...step) *fake {
	t.Helper()
	f := newFake(t, steps...)
	ours, theirs := net.Pipe()
	f.stream = engine.NewStream(ours, false)
	go func() {
		for i, text := range []string{stdout, stderr} {
			// The engine's frames: which output, and how many bytes follow.
			header := make([]byte, 8)
			header[0] = byte(i + 1)
			binary.BigEndian.PutUint32(header[4:], uint32(len(text)))
			if text != "" {
				_, _ = theirs.Write(append(header, text...))
			}
		}
		if !f.hangs {
			theirs.Close()
		}
	}()
	return f
}

func TestProbeProvesGVisorOnceForEachEngineVersionAndImage(t *testing.T) {
	p := probes(t)
	f := probeFake(t, gvisorKernel+"\n", "", probeSteps()...)
	runtime, reason, err := p.Registered(t.Context(), f, info, "sha256:1")
	if runtime != "runsc" || reason != "" || err != nil {
		t.Fatalf("got %q, %q, %v", runtime, reason, err)
	}
	if c := f.created; c.Runtime != "runsc" || c.NetworkMode != "none" || c.User != "65534:65534" || len(c.Mounts) > 0 ||
		len(c.CapAdd) > 0 || c.Labels[plan.LabelRole] != plan.RoleProbe {
		t.Errorf("the probe's container: %+v", c)
	}
	// Remembered, also by another process.
	again := Probes{Dir: p.Dir, Name: p.Name}
	if runtime, _, err := again.Registered(t.Context(), newFake(t), info, "sha256:1"); runtime != "runsc" || err != nil {
		t.Errorf("remembered: %q, %v", runtime, err)
	}
	other, newer, elsewhere := info, info, info
	other.ID, newer.ServerVersion = "engine-2", "29.0.0"
	elsewhere.Programs = map[string]string{"runsc": `{"path":"/usr/bin/runc"}`}
	for name, probe := range map[string]struct {
		info  engine.Info
		image string
	}{"another engine": {other, "sha256:1"}, "a newer engine": {newer, "sha256:1"}, "another image": {info, "sha256:2"},
		"another program of the same name": {elsewhere, "sha256:1"}} {
		f := probeFake(t, linuxKernel, "", probeSteps()...)
		if runtime, reason, _ := p.Registered(t.Context(), f, probe.info, probe.image); runtime != "" || reason == "" {
			t.Errorf("%s: taken for proved", name)
		}
	}
	if err := p.Forget(); err != nil {
		t.Fatal(err)
	}
	if err := p.Forget(); err != nil {
		t.Errorf("nothing to forget: %v", err)
	}
	if _, _, err := p.Registered(t.Context(), probeFake(t, gvisorKernel, "", probeSteps()...), info, "sha256:1"); err != nil {
		t.Error(err)
	}
}

func TestProbeAsksNothingOfAnEngineWithoutRunsc(t *testing.T) {
	bare := info
	bare.Runtimes = []string{"runc", "runsc-impostor"}
	runtime, reason, err := probes(t).Registered(t.Context(), newFake(t), bare, "sha256:1")
	if runtime != "" || reason != "runsc is not registered with the engine" || err != nil {
		t.Errorf("got %q, %q, %v", runtime, reason, err)
	}
}

// What is called runsc and is not gVisor, or does not work, is no isolation.
// The reason is for the user; nothing of it is remembered.
func TestProbeThatProvesNothing(t *testing.T) {
	failing := func(call string, kind engine.Kind) []step {
		var steps []step
		for _, s := range probeSteps() {
			if s.call == call {
				s.err = failure(kind)
				steps = append(steps, s)
				break
			}
			steps = append(steps, s)
		}
		if call != "create dclaude-probe-x" {
			steps = append(steps, step{call: "remove id-1"})
		}
		return steps
	}
	for name, tt := range map[string]struct {
		stdout, stderr string
		exit           engine.Exit
		steps          []step
		reason         string
	}{
		"an impostor":   {linuxKernel, "", engine.Exit{}, probeSteps(), "its kernel says \"" + linuxKernel},
		"silent":        {"", "", engine.Exit{}, probeSteps(), `its kernel says ""`},
		"chatty":        {strings.Repeat("x", 10*maxKernel), "", engine.Exit{}, probeSteps(), strings.Repeat("x", maxKernel) + `"`},
		"fails":         {"", "panic: oh\n", engine.Exit{Code: 128}, probeSteps(), "code 128: panic: oh"},
		"is not seen":   {gvisorKernel, "", engine.Exit{Err: failure(engine.KindConnectionLost)}, probeSteps(), "connection lost"},
		"cannot create": {"", "", engine.Exit{}, failing("create dclaude-probe-x", engine.KindUnknownRuntime), "unknown runtime"},
		"cannot attach": {"", "", engine.Exit{}, failing("attach id-1 tty=false", engine.KindConnectionLost), "connection"},
		"cannot start":  {"", "", engine.Exit{}, failing("start id-1", engine.KindRuntimeFailed), "runtime failed"},
	} {
		t.Run(name, func(t *testing.T) {
			p := probes(t)
			f := probeFake(t, tt.stdout, tt.stderr, tt.steps...)
			f.exit = tt.exit
			runtime, reason, err := p.Registered(t.Context(), f, info, "sha256:1")
			if runtime != "" || err != nil || !strings.HasPrefix(reason, "the engine's runsc ") || !strings.Contains(reason, tt.reason) {
				t.Errorf("got %q, %q, %v", runtime, reason, err)
			}
			if _, err := os.Stat(p.path()); err == nil {
				t.Error("it is remembered")
			}
		})
	}
}

func TestProbeThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := newFake(t, probeSteps()...)
		f.hangs = true
		ours, theirs := net.Pipe()
		defer theirs.Close()
		f.stream = engine.NewStream(ours, false)
		start := time.Now()
		runtime, reason, err := probes(t).Registered(t.Context(), f, info, "sha256:1")
		if runtime != "" || reason != "the engine's runsc does not work: a trial did not end within 30 seconds" || err != nil {
			t.Errorf("got %q, %q, %v", runtime, reason, err)
		}
		if took := time.Since(start); took != probeTime {
			t.Errorf("given up after %v", took)
		}
	})
}

func TestProbeInterrupted(t *testing.T) {
	for i := range probeSteps()[:4] {
		ctx, interrupt := context.WithCancel(t.Context())
		steps := probeSteps()
		steps[i].do = func(context.Context) error { interrupt(); return ctx.Err() }
		if i == 0 {
			steps = []step{{call: steps[0].call, do: func(context.Context) error { interrupt(); return nil }}}
		} else if i != 2 {
			steps = steps[:i+1]
		}
		if steps[len(steps)-1].call != "remove id-1" {
			steps = append(steps, step{call: "remove id-1"})
		}
		runtime, reason, err := probes(t).Registered(ctx, probeFake(t, "", "", steps...), info, "sha256:1")
		if runtime != "" || reason != "" || !errors.Is(err, context.Canceled) {
			t.Errorf("in %q: got %q, %q, %v", probeSteps()[i].call, runtime, reason, err)
		}
	}
}

func TestProbeMemory(t *testing.T) {
	p := probes(t)
	prove := func(id string) {
		t.Helper()
		i := info
		i.ID = id
		if runtime, reason, err := p.Registered(t.Context(), probeFake(t, gvisorKernel, "", probeSteps()...), i, "sha256:1"); runtime == "" || err != nil {
			t.Fatalf("%s: %q, %v", id, reason, err)
		}
	}
	for _, broken := range []string{"", "null", "{", `{"x":7}`, `[]`} {
		if err := os.WriteFile(p.path(), []byte(broken), 0o600); err != nil {
			t.Fatal(err)
		}
		prove("engine-1")
	}
	for i := range 40 {
		prove(fmt.Sprintf("engine-%d", 100+i))
	}
	stat, err := os.Stat(p.path())
	if err != nil || stat.Mode().Perm() != 0o600 || stat.Size() > 16<<10 {
		t.Errorf("the memory: %v, %v", stat, err)
	}
	// A memory that cannot be kept is an error: each launch would pay again.
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	p.Dir = filepath.Join(file, "x")
	if _, _, err := p.Registered(t.Context(), probeFake(t, gvisorKernel, "", probeSteps()...), info, "sha256:1"); err == nil {
		t.Error("no error")
	}
}
