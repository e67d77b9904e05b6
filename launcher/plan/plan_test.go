package plan

import (
	"encoding/json"
	"errors"
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"dclaude/launcher/config"
	"dclaude/launcher/project"
)

var update = flag.Bool("update", false, "write the golden files anew")

func request() Request {
	return Request{
		Project:  project.Project{Path: "/home/ada/My Project", Slug: "my-project", Hash: "0123456789", UID: 501, GID: 20},
		Settings: config.Defaults(),
		Host: Host{
			OS: "linux", UID: 501, GID: 20,
			Engine:  Engine{Registered: "runsc", NoNested: "not carried"},
			Environ: []string{"TERM=xterm-256color", "HOME=/home/ada", "ANTHROPIC_API_KEY=sk-secret", "TZ=Europe/Vienna", "COLORTERM=\x1b[31m", "PATH=/bin"},
		},
		Session: "my-project-b2c3",
		Version: "v1",
		Reach: Reach{
			Subnet:     netip.MustParsePrefix("10.186.7.8/29"),
			Egress:     "bridge",
			Hosts:      []netip.Prefix{netip.MustParsePrefix("192.0.2.7/32")},
			Registries: []string{"packages.example"},
			Presets:    map[string][]string{"@npm": {"packages.example"}, "@pip": {"wheels.example", "files.example"}},
		},
		TTY:  true,
		Args: []string{"--continue"},
	}
}

func build(t *testing.T, r Request) Plan {
	t.Helper()
	p, err := Build(r)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

func TestPlanGolden(t *testing.T) {
	oneShot := request()
	oneShot.TTY = false
	oneShot.Settings.Memory, oneShot.Settings.CPUs = 4<<30, 1.5
	oneShot.Settings.Network = "none"
	oneShot.Settings.Permissions = "ask"
	oneShot.Settings.State = "shared"
	oneShot.Host.Engine.Registered = ""
	nested := request()
	nested.Host.Engine = Engine{Nested: true, NoRegistered: "not there"}
	nested.Settings.Memory = 4 << 30
	for name, r := range map[string]Request{"terminal": request(), "one-shot": oneShot, "nested": nested} {
		got, err := json.MarshalIndent(build(t, r), "", "  ")
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join("testdata", name+".json")
		if *update {
			if err := os.WriteFile(path, append(got, '\n'), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if string(got)+"\n" != string(want) {
			t.Errorf("%s differs from %s (go test -update writes it anew):\n%s", name, path, got)
		}
	}
}

// Whatever the caller's environment holds, a container gets only the names that
// say how to draw, with values that are plain text.
func TestEnvironmentCarriesNoSecret(t *testing.T) {
	r := request()
	r.Settings.Env = []string{"ANTHROPIC_BASE_URL=http://x", "TZ=UTC"}
	r.Settings.Network = "open"
	got := build(t, r).Container.Env
	want := []string{"ANTHROPIC_BASE_URL=http://x", "TERM=xterm-256color", "TZ=UTC"}
	if !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestOnlyTheProjectIsMounted(t *testing.T) {
	for _, m := range build(t, request()).Container.Mounts {
		if m.Kind == Bind && (m.Source != "/home/ada/My Project" || m.Target != Workspace) {
			t.Errorf("mounts %+v", m)
		}
	}
}

func TestChooseIsolation(t *testing.T) {
	registered := Engine{Registered: "runsc", Nested: true}
	carried := Engine{Nested: true, NoRegistered: "not there"}
	neither := Engine{NoRegistered: "not there", NoNested: "nor there"}
	tests := []struct {
		setting string
		engine  Engine
		kind    string // "" for a refusal
		runtime string
		warned  bool
	}{
		{"auto", registered, "runsc", "runsc", false},
		{"auto", carried, "nested", "", false},
		{"auto", neither, "runc", "", true},
		{"gvisor", registered, "runsc", "runsc", false},
		{"gvisor", carried, "nested", "", false},
		{"gvisor", neither, "", "", false},
		{"runsc", registered, "runsc", "runsc", false},
		{"runsc", carried, "", "", false},
		{"nested", registered, "nested", "", false},
		{"nested", neither, "", "", false},
		{"runc", registered, "runc", "", false},
		{"runc", neither, "runc", "", false},
	}
	for _, tt := range tests {
		i, w, err := ChooseIsolation(tt.setting, tt.engine)
		var refusal *Refusal
		switch {
		case tt.kind == "":
			if !errors.As(err, &refusal) || refusal.Hint() == "" || !strings.Contains(refusal.Error(), tt.setting) {
				t.Errorf("%s on %+v: %v", tt.setting, tt.engine, err)
			}
			continue
		case err != nil:
			t.Errorf("%s on %+v: %v", tt.setting, tt.engine, err)
		}
		if i.Kind != tt.kind || i.Runtime != tt.runtime || (len(w) > 0) != tt.warned {
			t.Errorf("%s on %+v: %+v, warnings %v", tt.setting, tt.engine, i, w)
		}
		if i.GVisor() != (tt.kind != "runc") {
			t.Errorf("%s: GVisor() = %v", tt.kind, i.GVisor())
		}
	}
}

func TestNetwork(t *testing.T) {
	r := request()
	r.Settings.Network = "none"
	if p := build(t, r); p.Container.NetworkMode != "none" || len(p.Warnings) > 0 {
		t.Errorf("none: %q, %v", p.Container.NetworkMode, p.Warnings)
	}
	r.Settings.Network = "open"
	if p := build(t, r); len(p.Warnings) != 1 {
		t.Errorf("open: %v", p.Warnings)
	}
	r.Settings.Firewall = true
	p := build(t, r)
	if len(p.Warnings) != 2 || !slices.Contains(p.Container.CapAdd, "NET_ADMIN") || !p.Handoff.Firewall {
		t.Errorf("firewall: %v, %v", p.Warnings, p.Container.CapAdd)
	}
}

func TestUser(t *testing.T) {
	tests := []struct {
		name     string
		os       string
		uid, gid int // caller
		owner    int // of the folder, uid and gid
		rootless bool
		userns   bool
		want     string // "" for a refusal
		warned   bool
	}{
		{"ordinary user", "linux", 501, 20, 501, false, false, "501:20", false},
		{"another's folder", "linux", 501, 20, 7, false, false, "501:20", false},
		{"on a Mac", "darwin", 501, 20, 501, false, false, "501:20", false},
		{"root on a Mac", "darwin", 0, 0, 501, false, false, "0:0", false},
		{"root, a user's folder", "linux", 0, 0, 501, false, false, "501:501", false},
		{"root, root's folder", "linux", 0, 0, 0, false, false, "0:0", true},
		{"rootless engine", "linux", 501, 20, 501, true, false, "0:0", false},
		{"remapped ids", "linux", 501, 20, 501, false, true, "", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r := request()
			r.Settings.Network = "none" // no other warning
			r.Host.OS, r.Host.UID, r.Host.GID = tt.os, tt.uid, tt.gid
			r.Project.UID, r.Project.GID = tt.owner, tt.owner
			r.Host.Engine.Rootless, r.Host.Engine.UserNS = tt.rootless, tt.userns
			p, err := Build(r)
			if tt.want == "" {
				var refusal *Refusal
				if !errors.As(err, &refusal) {
					t.Fatalf("not refused: %v", err)
				}
				return
			}
			if err != nil {
				t.Fatal(err)
			}
			if p.User() != tt.want || p.Container.Labels[LabelUser] != tt.want || (len(p.Warnings) > 0) != tt.warned {
				t.Errorf("got %s, warnings %v", p.User(), p.Warnings)
			}
			if p.Container.User != "0:0" || p.Handoff.UID != p.UID {
				t.Errorf("container starts as %s for %d", p.Container.User, p.Handoff.UID)
			}
		})
	}
}

func TestCommand(t *testing.T) {
	s := config.Defaults()
	s.ClaudeArgs = []string{"--model", "opus"}
	for permissions, flags := range map[string][]string{
		"skip":      {"--dangerously-skip-permissions"},
		"available": {"--allow-dangerously-skip-permissions"},
		"ask":       nil,
	} {
		s.Permissions = permissions
		want := append(append([]string{"claude"}, flags...), "--model", "opus", "-p", "hi")
		if got := command(s, []string{"-p", "hi"}); !slices.Equal(got, want) {
			t.Errorf("%s: %q, want %q", permissions, got, want)
		}
	}
}

func TestNames(t *testing.T) {
	p := project.Project{Slug: "x", Hash: "abc"}
	if got := Volume("project", p); got != "claude-data-x-abc" {
		t.Error(got)
	}
	if got := Volume("shared", p); got != "claude-data" {
		t.Error(got)
	}
	if got := SessionName("x", [4]byte{0, 1, 26, 255}); got != "x-bc9"+string(nameLetters[255%27]) {
		t.Error(got)
	}
	if build(t, request()).String() == "" {
		t.Error("a plan has no words")
	}
}

// A project whose name a shell or a mount option would trip over.
func TestHostileNamesStayWhole(t *testing.T) {
	for _, name := range []string{"/a:b,c", "/a\nb", `/a"b'c`, "/-rf", "/ü €", "/a\xffb"} {
		r := request()
		r.Project.Path = name
		p := build(t, r)
		if p.Container.Mounts[0].Source != name || p.Container.Labels[LabelProject] != name {
			t.Errorf("%q became %+v", name, p.Container.Mounts[0])
		}
	}
}

// Folders to read are mounted so, in a fixed order.
func TestShownFolders(t *testing.T) {
	r := request()
	r.Shown = map[string]string{"sets": "/data/sets", "docs": "/home/u/docs"}
	want := []Mount{
		{Kind: Bind, Source: "/home/u/docs", Target: "/mnt/docs", ReadOnly: true},
		{Kind: Bind, Source: "/data/sets", Target: "/mnt/sets", ReadOnly: true},
	}
	if got := build(t, r).Container.Mounts[2:]; !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v", got)
	}
}
