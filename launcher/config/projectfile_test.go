package config

import (
	"reflect"
	"slices"
	"strings"
	"testing"
)

// withProject loads a user's file and a project's.
func withProject(t *testing.T, user, project string, approved bool) (Loaded, error) {
	t.Helper()
	return Load(Sources{
		File:    settingsFile(t, user),
		Project: &ProjectFile{Path: "/p/.dclaude.toml", Data: []byte(project), Approved: approved},
	})
}

// For every key that can be tightened: from the user's value to the project's.
func TestAProjectMayTighten(t *testing.T) {
	for _, tt := range []struct{ key, loose, tight string }{
		{"isolation", `"runc"`, `"auto"`}, {"isolation", `"auto"`, `"gvisor"`}, {"isolation", `"runc"`, `"gvisor"`},
		{"network", `"open"`, `"allowlist"`}, {"network", `"allowlist"`, `"none"`},
		{"allow", `["a.example", "b.example"]`, `["b.example"]`}, {"allow", `["a.example"]`, `[]`},
		{"memory", `0`, `"4g"`}, {"memory", `"4g"`, `"1g"`},
		{"cpus", `0`, `1.5`}, {"cpus", `2`, `1`},
		{"pids", `0`, `100`}, {"pids", `200`, `100`},
		{"mounts", `["/a", "/b"]`, `["/a"]`},
		{"clipboard", `true`, `false`},
		{"review", `"off"`, `"line"`}, {"review", `"line"`, `"full"`},
		{"credentials.source", `"copy"`, `"host"`},
		{"state", `"shared"`, `"project"`},
		{"permissions", `"skip"`, `"available"`}, {"permissions", `"available"`, `"ask"`},
		{"gitconfig", `"full"`, `"safe"`}, {"gitconfig", `"safe"`, `"none"`},
	} {
		k, _ := (&loader{keys: Keys()}).key(tt.key)
		l, err := withProject(t, tt.key+" = "+tt.loose, tt.key+" = "+tt.tight, false)
		if err != nil {
			t.Fatal(err)
		}
		if k.Format(l.Settings) != tt.tight || len(l.Ignored) > 0 || l.Origins[tt.key] != (Origin{FromProject, ".dclaude.toml:1"}) {
			t.Errorf("%s from %s to %s: is %s, %+v, %+v", tt.key, tt.loose, tt.tight, k.Format(l.Settings), l.Ignored, l.Origins[tt.key])
		}
		// The other way round nothing happens, and the user learns of it.
		l, err = withProject(t, tt.key+" = "+tt.tight, tt.key+" = "+tt.loose, false)
		if err != nil {
			t.Fatal(err)
		}
		want := []Ignored{{Key: tt.key, Value: tt.loose, Where: ".dclaude.toml:1"}}
		if list, ok := strings.CutPrefix(tt.loose, "["); ok {
			want[0].Items = strings.Split(strings.TrimSuffix(list, "]"), ", ")
		}
		if k.Format(l.Settings) != tt.tight || !reflect.DeepEqual(l.Ignored, want) || l.Origins[tt.key].Kind != FromFile {
			t.Errorf("%s from %s to %s: is %s, %+v", tt.key, tt.tight, tt.loose, k.Format(l.Settings), l.Ignored)
		}
		if l, err = withProject(t, tt.key+" = "+tt.tight, tt.key+" = "+tt.loose, true); err != nil || k.Format(l.Settings) != tt.loose || len(l.Ignored) > 0 {
			t.Errorf("%s approved: %s, %v", tt.key, k.Format(l.Settings), err)
		}
	}
}

// Settings of one rank are no tightening of each other, and neither is a list
// with something new in it.
func TestSidewaysIsNotTighter(t *testing.T) {
	for _, tt := range []struct{ user, project string }{
		// A kind by name: the container of a nested gVisor has capabilities that
		// one of the engine's own runsc has not.
		{`isolation = "runsc"`, `isolation = "nested"`},
		{`isolation = "nested"`, `isolation = "runsc"`},
		{`isolation = "gvisor"`, `isolation = "nested"`},
		{`isolation = "gvisor"`, `isolation = "runsc"`},
		{`isolation = "auto"`, `isolation = "nested"`},
		{`isolation = "runc"`, `isolation = "runsc"`},
		{`isolation = "runc"`, `isolation = "nested"`},
		{`isolation = "runsc"`, `isolation = "gvisor"`},
		{`isolation = "nested"`, `isolation = "gvisor"`},
		// What is the user's own in a session: what they forbid Claude, their
		// hooks and their instructions go with it.
		{`claude_home = true`, `claude_home = false`},
		{``, `claude_home = true`},
		{`claude_home_hooks = ["PreToolUse"]`, `claude_home_hooks = []`},
		{`claude_home_hooks = ["PreToolUse", "Stop"]`, `claude_home_hooks = ["Stop"]`},
		{`claude_home_mcp = ["docs"]`, `claude_home_mcp = []`},
		{`allow = ["a.example", "b.example"]`, `allow = ["a.example", "evil.example"]`},
		{`mounts = ["/a"]`, `mounts = ["/etc:a"]`},
		{`credentials.source = "host"`, `credentials.source = "sandbox"`},
		{`env = ["A=1"]`, `env = []`},
		{``, `env = ["ANTHROPIC_BASE_URL=https://evil.example"]`},
		{``, `claude_args = ["--mcp-config", "x"]`},
		{`memory = "1g"`, `memory = 0`},
	} {
		l, err := withProject(t, tt.user, tt.project, false)
		if err != nil || len(l.Ignored) != 1 || l.Ignored[0].Never {
			t.Errorf("%s, then %s: %+v, %v", tt.user, tt.project, l.Ignored, err)
		}
		if plain, _ := Load(Sources{File: settingsFile(t, tt.user)}); !reflect.DeepEqual(l.Settings, plain.Settings) {
			t.Errorf("%s changed something", tt.project)
		}
	}
}

// Every key has been thought about: what is not the user's alone can be
// approved, and what can be neither tightened nor approved is never used.
func TestKeysThatAreTheUsersAlone(t *testing.T) {
	var only, approvable []string
	for _, k := range Keys() {
		if _, ok := projectRules()[k.Name]; !ok {
			t.Errorf("%s has no rule in projectRules: say what a project's file may do with it", k.Name)
		}
		s := samples[fieldName(t, k)]
		l, err := withProject(t, "", k.Name+" = "+s.file, true)
		if err != nil {
			t.Fatal(err)
		}
		set := reflect.DeepEqual(reflect.ValueOf(l.Settings).FieldByName(fieldName(t, k)).Interface(), s.want)
		if set == k.rule.only || (len(l.Ignored) == 1) != k.rule.only {
			t.Errorf("%s: set %v, ignored %+v", k.Name, set, l.Ignored)
		}
		switch {
		case k.rule.only:
			only = append(only, k.Name)
			if !l.Ignored[0].Never {
				t.Errorf("%s: %+v", k.Name, l.Ignored)
			}
		case k.rule.tighter == nil:
			approvable = append(approvable, k.Name)
		}
	}
	wantOnly := []string{"allow_everything", "detach", "new", "allow_refused_folder", "fresh_creds", "claude_version", "rebuild", "base_image", "apt_packages",
		"ca_certificates", "context", "host", "app.terminal", "app.mute", "app.reinject"}
	if !slices.Equal(only, wantOnly) {
		t.Errorf("the user's alone: %q", only)
	}
	if want := []string{"env", "firewall", "claude_home", "claude_home_mcp", "claude_home_hooks", "claude_args"}; !slices.Equal(approvable, want) {
		t.Errorf("only by approval: %q", approvable)
	}
}

// What the user has set anyway needs no approval, a kind of isolation among it.
func TestTheSameNeedsNoApproval(t *testing.T) {
	for _, line := range []string{`isolation = "nested"`, `isolation = "runsc"`, `claude_home = true`, `claude_home_hooks = ["Stop"]`, `env = ["A=1"]`} {
		if l, err := withProject(t, line, line, false); err != nil || len(l.Ignored) > 0 {
			t.Errorf("%s: %+v, %v", line, l.Ignored, err)
		}
	}
}

func TestEnvironmentAndFlagsBeatTheProject(t *testing.T) {
	file := &ProjectFile{Path: "/p/.dclaude.toml", Data: []byte("network = \"none\"\n")}
	l, err := Load(Sources{Project: file, Environ: []string{"DCLAUDE_NETWORK=open"}})
	if err != nil || l.Settings.Network != "open" || l.Origins["network"].Kind != FromEnvironment {
		t.Errorf("environment: %+v, %v", l.Origins["network"], err)
	}
	l, err = Load(Sources{Project: file, Flags: map[string][]string{"network": {"allowlist"}}})
	if err != nil || l.Settings.Network != "allowlist" {
		t.Errorf("flag: %+v, %v", l.Origins["network"], err)
	}
	if l, err = Load(Sources{Project: file}); err != nil || l.Settings.Network != "none" {
		t.Errorf("project: %+v, %v", l.Origins["network"], err)
	}
}

// A file that cannot be understood stops the launch, approved or not: perhaps
// it was to take something away.
func TestABrokenProjectFile(t *testing.T) {
	for _, approved := range []bool{false, true} {
		_, err := withProject(t, "", "network = \"nonw\"\n", approved)
		e := failure(t, err)
		if len(e) != 1 || e[0].Where != "/p/.dclaude.toml:1:11" || !strings.Contains(e[0].Message, "did you mean none?") {
			t.Errorf("approved %v: %+v", approved, e)
		}
	}
}

// The lists of the user's settings are not the ones that the project's file
// fills.
func TestProjectListsAreTheirOwn(t *testing.T) {
	l, err := withProject(t, `allow = ["a.example", "b.example"]`, `allow = ["evil.example", "b.example"]`, false)
	if err != nil || !slices.Equal(l.Settings.Allow, []string{"a.example", "b.example"}) {
		t.Errorf("%q, %v", l.Settings.Allow, err)
	}
}

func TestMounts(t *testing.T) {
	for item, want := range map[string][2]string{
		"/data/sets":       {"/data/sets", "sets"},
		"~/docs:reference": {"/home/u/docs", "reference"},
		"/odd:name/x":      {"/odd:name/x", "x"},
		"/odd:name:x":      {"/odd:name", "x"},
	} {
		path, name := MountOf(item, "/home/u")
		if path != want[0] || name != want[1] {
			t.Errorf("%s: %s as %s", item, path, name)
		}
		if _, f := checkMount(item); f != nil {
			t.Errorf("%s: %s", item, f.message)
		}
	}
	for _, item := range []string{"", "data", "./data", "/data:", "/data:..", "/data:a b", "/", "~", "/da\nta:x", "/data:-x"} {
		if _, f := checkMount(item); f == nil {
			t.Errorf("%q passed", item)
		}
	}
}

func TestPackages(t *testing.T) {
	for _, name := range []string{"make", "g++", "libssl-dev", "python3.11"} {
		if _, f := checkPackage(name); f != nil {
			t.Errorf("%s: %s", name, f.message)
		}
	}
	for _, name := range []string{"", "-y", "make-", "make+", "a b", "$(x)", "./x.deb", "make=1", "--allow", "Make", "x/y"} {
		if _, f := checkPackage(name); f == nil {
			t.Errorf("%q passed", name)
		}
	}
	for _, name := range []string{"kitty", "iTerm2", "/usr/bin/foot", "auto"} {
		if _, f := checkTerminal(name); f != nil {
			t.Errorf("%s: %s", name, f.message)
		}
	}
	if _, f := checkTerminal("x;rm"); f == nil {
		t.Error("a shell line passed")
	}
}
