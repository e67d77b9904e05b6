package doctor

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

var noon = time.Date(2026, 1, 1, 12, 0, 0, 0, time.UTC)

// healthy is a machine on which nothing is wrong.
func healthy() Facts {
	return Facts{
		Now: noon, Version: "v1", OS: "linux",
		Config: Config{Path: "/home/ada/.config/dclaude/config.toml", Exists: true},
		Engine: Engine{
			Where: "unix:///var/run/docker.sock", Source: "the default", Product: "Docker Engine", Version: "28.0.1", API: "1.48",
			Arch: "amd64", CPUs: 8, Memory: 16 << 30, BuildKit: true,
		},
		Isolation:  &Isolation{Setting: "auto", Registered: "runsc is not registered with the engine"},
		Image:      &Image{Present: true, Size: 900 << 20, Built: noon.Add(-50 * time.Hour), Claude: "latest", GVisor: "v0.1"},
		Login:      Login{Source: "host", State: "fresh", Plan: "Max", Expires: noon.Add(3 * time.Hour)},
		HostClaude: HostClaude{Path: "/home/ada/.local/bin/claude"},
		Network:    Network{Mode: "allowlist"},
		Disk:       Disk{Free: 100 << 30, Path: "/home/ada"},
		Terminal:   Terminal{Interactive: true, TERM: "xterm-256color", Cols: 120, Rows: 40},
		Leftovers:  &Leftovers{},
	}
}

func text(all []Finding) string {
	var b strings.Builder
	for _, f := range all {
		fmt.Fprintf(&b, "%-8s %-11s %s\n", f.Status, f.Area, f.Text)
		if f.Cure != "" {
			fmt.Fprintf(&b, "%21s-> %s\n", "", f.Cure)
		}
		if f.Fix != NoFix {
			fmt.Fprintf(&b, "%21s(--fix: %s)\n", "", f.Fix)
		}
	}
	return b.String()
}

// What a person reads on machines that lack something.
func TestGolden(t *testing.T) {
	noEngine := healthy()
	noEngine.Engine = Engine{Problem: &Problem{"cannot reach Docker Engine at unix:///var/run/docker.sock: no such file or directory", "start the engine"}}
	noEngine.Isolation, noEngine.Image, noEngine.Leftovers = nil, nil, nil

	noGVisor := healthy()
	noGVisor.Isolation.Nested = "nested gVisor: SELinux confines this engine's containers"

	noLogin := healthy()
	noLogin.Login = Login{Source: "host", State: "missing"}
	noLogin.HostClaude = HostClaude{Problem: &Problem{"no Claude Code was found on this computer", "install it"}}

	brokenConfig := healthy()
	brokenConfig.Config.Problem = &Problem{"config.toml is writable for everybody", "chmod o-w the file"}
	brokenConfig.Config.Loose = true
	brokenConfig.Config.Warnings = []string{"the variable DCLAUDE_X means nothing to dclaude"}

	fresh := healthy()
	fresh.Config.Exists = false
	fresh.Image = &Image{}
	fresh.Isolation.Untried = true
	fresh.Terminal = Terminal{}
	fresh.Leftovers = &Leftovers{Containers: 2}

	podman := healthy()
	podman.Engine.Product, podman.Engine.Version, podman.Engine.API, podman.Engine.BuildKit = "Podman", "5.8.6", "1.44", false
	podman.Network.Problem = &Problem{"Podman cannot hold an allow-list", "choose another network"}

	for name, f := range map[string]Facts{
		"podman": podman, "healthy": healthy(), "no-engine": noEngine, "no-gvisor": noGVisor, "no-login": noLogin, "broken-config": brokenConfig, "fresh": fresh,
	} {
		got := text(Examine(f))
		path := filepath.Join("testdata", name+".txt")
		if *update {
			if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil || got != string(want) {
			t.Errorf("%s: %v, got\n%s", name, err, got)
		}
		if failed, want := Failed(Examine(f)), name == "no-engine" || name == "broken-config" || name == "podman"; failed != want {
			t.Errorf("%s: failed is %v", name, failed)
		}
	}
}

// Every other thing that can be found.
func TestFindings(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(*Facts)
		area   string
		status Status
		words  string
	}{
		{"userns-remap", func(f *Facts) { f.Engine.UserNS = true }, "engine", Failure, "maps user ids"},
		{"little memory", func(f *Facts) { f.Engine.Memory = 1 << 30 }, "engine", Warning, "1.0 GiB of memory"},
		{"rootless", func(f *Facts) { f.Engine.Rootless = true }, "engine", OK, "rootless"},
		{"old engine", func(f *Facts) { f.Engine.BuildKit = false }, "engine", Warning, "BuildKit"},
		{"probe failed", func(f *Facts) { f.Isolation.Problem = &Problem{Text: "lost"} }, "isolation", Failure, "lost"},
		{"runc by setting", func(f *Facts) { f.Isolation.Setting = "runc" }, "isolation", Warning, "says so"},
		{"runsc asked for", func(f *Facts) { f.Isolation.Setting = "runsc" }, "isolation", Failure, "no session starts"},
		{"nested asked for", func(f *Facts) { f.Isolation.Setting, f.Isolation.Nested = "nested", "no" }, "isolation", Failure, "no session starts"},
		{"gvisor asked for", func(f *Facts) { f.Isolation.Setting, f.Isolation.Nested = "gvisor", "no" }, "isolation", Failure, "no session starts"},
		{"gvisor there", func(f *Facts) { f.Isolation.Setting = "gvisor" }, "isolation", OK, "under gVisor"},
		{"image unreadable", func(f *Facts) { f.Image.Problem = &Problem{Text: "lost"} }, "image", Failure, "lost"},
		{"image stale", func(f *Facts) { f.Image.Stale = "another Claude is wanted" }, "image", Warning, "another Claude"},
		{"image new", func(f *Facts) { f.Image.Built = f.Now.Add(-time.Minute); f.Image.GVisor = "" }, "image", OK, "built 1 min ago for Claude Code latest"},
		{"own login", func(f *Facts) { f.Login = Login{Source: "token"} }, "login", OK, "token"},
		{"unknown expiry", func(f *Facts) { f.Login.State = "unknown" }, "login", OK, "does not say"},
		{"expiring", func(f *Facts) { f.Login.State, f.Login.Expires = "expiring", f.Now.Add(9*time.Minute) }, "login", Warning, "ends in 9 min"},
		{"expired", func(f *Facts) { f.Login.State, f.Login.Expires = "expired", f.Now.Add(-5*time.Hour) }, "login", Warning, "ended 5 h ago"},
		{"unreadable", func(f *Facts) { f.Login = Login{State: "unreadable"} }, "login", Warning, "cannot be read"},
		{"locked", func(f *Facts) { f.Login = Login{State: "unreadable", Problem: &Problem{Text: "locked"}} }, "login", Warning, "locked"},
		{"open to others", func(f *Facts) { f.Login.Warnings = []Problem{{Text: "readable for all"}} }, "login", Warning, "readable for all"},
		{"open network", func(f *Facts) { f.Network.Mode = "open" }, "network", Warning, "every host"},
		{"no network", func(f *Facts) { f.Network.Mode = "none" }, "network", OK, "nothing"},
		{"broken network", func(f *Facts) { f.Network.Problem = &Problem{Text: "no gateway"} }, "network", Failure, "no gateway"},
		{"full disk", func(f *Facts) { f.Disk.Free = 1 << 30 }, "disk", Warning, "1.0 GiB free"},
		{"no disk", func(f *Facts) { f.Disk.Problem = &Problem{Text: "no such file"} }, "disk", Warning, "no such file"},
		{"dumb terminal", func(f *Facts) { f.Terminal.TERM = "dumb" }, "terminal", Warning, "cannot draw"},
		{"small terminal", func(f *Facts) { f.Terminal.Rows = 5 }, "terminal", Warning, "too small"},
		{"left-overs unknown", func(f *Facts) { f.Leftovers.Problem = &Problem{Text: "lost"} }, "left-overs", Warning, "lost"},
	} {
		f := healthy()
		tt.change(&f)
		found := false
		for _, one := range Examine(f) {
			found = found || one.Area == tt.area && one.Status == tt.status && strings.Contains(one.Text, tt.words)
		}
		if !found {
			t.Errorf("%s: no %s about %s with %q in\n%s", tt.name, tt.status, tt.area, tt.words, text(Examine(f)))
		}
	}
}
