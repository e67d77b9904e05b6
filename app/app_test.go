package app

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dclaude/app/menu"
	"dclaude/app/monitor"
	"dclaude/creds"
	"dclaude/launcher/egress"
	"dclaude/launcher/engine"
	"dclaude/launcher/plan"
	"dclaude/launcher/session"
)

func TestParse(t *testing.T) {
	var out bytes.Buffer
	sys := System{Out: &out, Dir: "/work"}
	for _, tc := range []struct {
		args  []string
		paths []string
		done  bool
		fail  bool
		says  string
	}{
		{nil, nil, false, false, ""},
		{[]string{"a", "/b", "file:///c%20d"}, []string{"/work/a", "/b", "/c d"}, false, false, ""},
		{[]string{"--", "-odd"}, []string{"/work/-odd"}, false, false, ""},
		{[]string{"--version"}, nil, true, false, "dclaude-menubar dev\n"},
		{[]string{"--help"}, nil, true, false, usage},
		{[]string{"--no-such"}, nil, false, true, ""},
		{[]string{"file://elsewhere/x"}, nil, false, true, ""},
	} {
		out.Reset()
		r, done, err := parse(tc.args, sys)
		if !slices.Equal(r.Paths, tc.paths) || done != tc.done || (err != nil) != tc.fail || out.String() != tc.says {
			t.Errorf("%q: %q, %v, %v, %q", tc.args, r.Paths, done, err, out.String())
		}
	}
}

// Every action that the menu or a notification can ask for is carried out by
// some command, whose words are ours but for a checked name.
func TestCommands(t *testing.T) {
	session := menu.Action{Session: "api-x2b4"}
	do := func(kind menu.Kind) menu.Action { a := session; a.Kind = kind; return a }
	allow := func(host string, port int, scope menu.Scope) menu.Action {
		a := do(menu.AllowHost)
		a.Host, a.Port, a.Scope = host, port, scope
		return a
	}
	for _, tc := range []struct {
		action menu.Action
		want   string
		window bool
	}{
		{do(menu.ShowSession), "attach api-x2b4", true},
		{do(menu.OpenShell), "shell api-x2b4", true},
		{do(menu.StopSession), "stop api-x2b4", false},
		{do(menu.ListSessions), "ls", true},
		{do(menu.InjectLogin), "creds inject", false},
		{do(menu.RefreshLogin), "creds refresh", false},
		{do(menu.ShowTraffic), "net log -f", true},
		{do(menu.RestartGateway), "net restart api-x2b4", false},
		{menu.Action{Kind: menu.ChangeSetting, Setting: "memory", Value: "0"}, "config set memory 0", false},
		{allow("a.example", 443, menu.ForOnce), "net allow --once --in api-x2b4 a.example", false},
		{do(menu.ShowPolicy), "net policy api-x2b4", true},
		{do(menu.UpdateClaude), "update", true},
		{do(menu.RunDoctor), "doctor", true},
		{do(menu.RunVerify), "verify", true},
		{do(menu.EditSettings), "config edit", true},
		{allow("a.example", 443, menu.ForSession), "net allow --session --in api-x2b4 a.example", false},
		{allow("a.example", 8443, menu.ForProject), "net allow --project --in api-x2b4 a.example:8443", false},
		{allow("10.1.2.3", 80, menu.ForAlways), "net allow --always 10.1.2.3:80", false},
		{allow("[fd00::1]", 80, menu.ForAlways), "net allow --always [fd00::1]:80", false},
	} {
		c, err := commandFor(tc.action)
		if got := strings.Join(c.args, " "); err != nil || got != tc.want || c.window != tc.window || !c.window && c.what == "" {
			t.Errorf("%+v: %q, %v, %v", tc.action, got, c.window, err)
		}
	}
}

func TestHostileNamesAreNoArguments(t *testing.T) {
	for _, name := range []string{"", "-rf", "--all", "a b", "a\nb", "../x", "A", strings.Repeat("a", 65), "ü", "$(x)"} {
		for _, kind := range []menu.Kind{menu.ShowSession, menu.OpenShell, menu.ShowPolicy, menu.RestartGateway, menu.StopSession} {
			if c, err := commandFor(menu.Action{Kind: kind, Session: name}); err == nil {
				t.Errorf("session %q: %q", name, c.args)
			}
		}
	}
	for _, host := range []string{"", "-x", "--always", "*", "*.example", "a b", "a\nb", "ü.example", "A.example", "a/b", "a,b", ".x"} {
		if c, err := commandFor(menu.Action{Kind: menu.AllowHost, Host: host, Session: "s", Scope: menu.ForAlways}); err == nil {
			t.Errorf("host %q: %q", host, c.args)
		}
	}
	if _, err := commandFor(menu.Action{Kind: menu.AllowHost, Host: "a", Session: "s"}); err == nil {
		t.Error("a permission without an end")
	}
	if _, err := commandFor(menu.Action{}); err == nil {
		t.Error("an action that is none")
	}
}

// A host that takes another's place in the menu cannot be allowed by a click
// that was meant for that one.
func TestGuard(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	g := guard{}
	item := func(host string) []menu.Item {
		if host == "" {
			return []menu.Item{{Key: "host.0", Hidden: true}}
		}
		return []menu.Item{{Key: "network", Children: []menu.Item{{Key: "host.0", Action: menu.Action{Kind: menu.AllowHost, Host: host}}}}}
	}
	steps := []struct {
		after time.Duration
		host  string
		fresh bool
	}{
		{0, "", false},                          // nothing
		{time.Second, "good", false},            // new where nothing was
		{time.Millisecond, "evil", true},        // changed under the pointer
		{999 * time.Millisecond, "evil", true},  // not yet
		{time.Millisecond, "evil", false},       // long enough to be read
		{time.Millisecond, "", false},           // gone
		{time.Millisecond, "another", true},     // the gap does not help
		{2 * time.Second, "another", false},     // read
		{time.Millisecond, "another", false},    // still
		{-time.Hour, "one more", true},          // the clock was set back
		{time.Second + time.Hour, "", false},    // gone
		{time.Second, "one more", false},        // the same as before it went
		{time.Millisecond, "and another", true}, // again
		{-2 * time.Hour, "and another", false},  // cannot be told: let it be
		{100 * time.Hour, "and another", false}, // read
	}
	for i, s := range steps {
		now = now.Add(s.after)
		g.see(item(s.host), now)
		if got := g.fresh("host.0", now); s.host != "" && got != s.fresh {
			t.Errorf("step %d (%q): fresh is %v", i, s.host, got)
		}
	}
	if g.fresh("no.such", now) {
		t.Error("what was never shown is fresh")
	}
}

func TestClicked(t *testing.T) {
	s := screen{guard: guard{}, model: menu.Build(menu.View{})}
	s.guard.see(s.model.Items, time.Now())
	if a, ok := s.clicked("quit", time.Now()); !ok || a.Kind != menu.Quit {
		t.Errorf("%+v, %v", a, ok)
	}
	for _, key := range []string{"check.verify", "session.0.stop", "nothing"} {
		if _, ok := s.clicked(key, time.Now()); ok {
			t.Errorf("%s can be clicked", key)
		}
	}
}

func TestSaid(t *testing.T) {
	err := said("dclaude: warning: w\ndclaude: error: it broke\ndclaude: hint: mend it\n", errors.New("exit status 125"))
	if err.Error() != "it broke" || hintOf(err) != "mend it" {
		t.Errorf("%v, %q", err, hintOf(err))
	}
	if err := said("", errors.New("exit status 125")); err.Error() != "exit status 125" || hintOf(err) != "" {
		t.Errorf("%v", err)
	}
}

func TestProgram(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("PATH", filepath.Join(dir, "path"))
	put := func(name string, mode os.FileMode) string {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, nil, mode)); err != nil {
			t.Fatal(err)
		}
		return path
	}
	plain := System{Executable: filepath.Join(dir, "bin", "dclaude-menubar")}
	bundled := System{Executable: filepath.Join(dir, "DClaude.app", "Contents", "MacOS", "dclaude-menubar")}
	if p := plain.program(); p.Problem == "" || p.Path != "" {
		t.Errorf("none: %+v", p)
	}
	onPath := put("path/dclaude", 0o700)
	if p := plain.program(); p.Path != onPath || p.Problem != "" {
		t.Errorf("on PATH: %+v", p)
	}
	put("bin/dclaude", 0o600)
	if p := plain.program(); p.Path != onPath {
		t.Errorf("one that cannot be run: %+v", p)
	}
	beside := filepath.Join(dir, "bin", "dclaude")
	if err := os.Chmod(beside, 0o700); err != nil {
		t.Fatal(err)
	}
	if p := plain.program(); p.Path != beside {
		t.Errorf("beside: %+v", p)
	}
	// A bundle uses its own, or none: another could be of another version.
	put("DClaude.app/Contents/MacOS/dclaude", 0o700)
	if p := bundled.program(); p.Problem == "" {
		t.Errorf("missing from the bundle: %+v", p)
	}
	helper := put("DClaude.app/Contents/Helpers/dclaude", 0o700)
	if p := bundled.program(); p.Path != helper {
		t.Errorf("in the bundle: %+v", p)
	}
}

func TestExplain(t *testing.T) {
	e := &engines{product: "Docker Desktop 4.44.0"}
	for _, tc := range []struct {
		err     error
		state   monitor.EngineState
		product string
	}{
		{errors.New("gone"), monitor.EngineDown, "Docker Desktop 4.44.0"},
		{&engine.Error{Kind: engine.KindUnreachable, Product: engine.OrbStack, Err: errors.New("x\ny")}, monitor.EngineDown, engine.OrbStack},
		{&engine.Error{Kind: engine.KindTooOld, Product: engine.Podman, Err: errors.New("x")}, monitor.EngineUnusable, engine.Podman},
		{&engine.Error{Kind: engine.KindPermission, Err: errors.New("x")}, monitor.EngineUnusable, "Docker Desktop 4.44.0"},
		{&toldError{"broken settings", "mend them"}, monitor.EngineUnusable, "Docker Desktop 4.44.0"},
	} {
		got := e.explain(tc.err)
		if got.State != tc.state || got.Product != tc.product || strings.Contains(got.Problem, "\n") {
			t.Errorf("%v: %+v", tc.err, got)
		}
	}
	for product, want := range map[string]string{"Docker Desktop 4.44.0 (1)": "Docker", engine.OrbStack: "OrbStack", engine.RancherDesktop: "Rancher Desktop", engine.Colima: "", "": ""} {
		if got := startable(product, "darwin"); got != want {
			t.Errorf("%s: %q", product, got)
		}
		if startable(product, "linux") != "" {
			t.Errorf("%s on Linux", product)
		}
	}
}

func TestIsolationOf(t *testing.T) {
	for _, tc := range []struct {
		setting string
		proved  []string
		want    monitor.Isolation
	}{
		{"auto", nil, monitor.Isolation{}},
		{"auto", []string{"nested", "runsc"}, monitor.Isolation{Way: "runsc", Proved: true}},
		{"gvisor", []string{"nested"}, monitor.Isolation{Way: "nested", Proved: true}},
		{"nested", []string{"nested", "runsc"}, monitor.Isolation{Way: "nested", Proved: true}},
		{"runsc", []string{"nested"}, monitor.Isolation{}},
		{"runc", []string{"runsc"}, monitor.Isolation{Way: "runc", Reason: `the setting isolation is "runc"`}},
	} {
		if got := isolationOf(tc.setting, tc.proved); got != tc.want {
			t.Errorf("%+v: %+v", tc, got)
		}
	}
}

func TestLoginOf(t *testing.T) {
	expires := time.Date(2026, 11, 25, 20, 0, 0, 0, time.UTC)
	c, err := creds.Parse(fmt.Appendf(nil, `{"claudeAiOauth":{"accessToken":"SECRET","expiresAt":%d,"subscriptionType":"max"}}`, expires.UnixMilli()))
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		state creds.State
		want  monitor.LoginState
	}{
		{creds.State{Credential: c}, monitor.LoginPresent},
		{creds.State{Err: creds.ErrMissing}, monitor.LoginMissing},
		{creds.State{Err: creds.ErrUnreadable}, monitor.LoginUnreadable},
		{creds.State{Err: errors.New("locked")}, monitor.LoginUnreadable},
	} {
		got := loginOf(tc.state, creds.SourceHost)
		if got.State != tc.want || strings.Contains(got.Fingerprint+got.Problem, "SECRET") {
			t.Errorf("%v: %+v", tc.state.Err, got)
		}
	}
	if got := loginOf(creds.State{Credential: c}, creds.SourceHost); got.Plan != "Max" || !got.Expires.Equal(expires) || got.Fingerprint == "" {
		t.Errorf("%+v", got)
	}
}

func TestTelling(t *testing.T) {
	for action, want := range map[string]bool{"start": true, "die": true, "destroy": true, "create": false, "exec_create: cat /proc/version": false, "exec_die": false, "attach": false, "resize": false} {
		for role, tells := range map[string]bool{plan.RoleSandbox: want, plan.RoleGateway: want, plan.RoleProbe: false, "": false} {
			if telling(engine.Event{Action: action, Labels: map[string]string{plan.LabelRole: role}}) != tells {
				t.Errorf("%s of %q", action, role)
			}
		}
	}
}

// A session is offline once its gateway has been seen and is gone, or was never
// there, but not while both are being started.
func TestOutages(t *testing.T) {
	now := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	o := outages{}
	for n, step := range []struct {
		without bool
		age     time.Duration
		want    bool
	}{{true, time.Second, false}, {true, time.Minute, true}, {false, time.Minute, false}, {true, 2 * time.Second, true}} {
		s := session.Session{Name: "a", ID: "1", Created: now.Add(-step.age), Offline: step.without}
		if got := o.offline(s, now); got != step.want {
			t.Errorf("step %d: %v", n, got)
		}
	}
	if o.offline(session.Session{Name: "a", ID: "2", Created: now, Offline: true}, now) {
		t.Error("another session of that name is offline while it starts")
	}
}

func TestPlaces(t *testing.T) {
	sys := System{Environ: []string{"HOME=/home/ada", "XDG_RUNTIME_DIR=/run/user/1"}, Executable: "/Applications/DClaude.app/Contents/MacOS/dclaude-menubar"}
	if sys.runtimeDir() != "/run/user/1/dclaude" || sys.bundle() != "/Applications/DClaude.app" {
		t.Errorf("%q, %q", sys.runtimeDir(), sys.bundle())
	}
	sys = System{Environ: []string{"HOME=/home/ada", "XDG_RUNTIME_DIR=relative"}, Executable: "/usr/bin/dclaude-menubar"}
	if sys.runtimeDir() != "/home/ada/.local/state/dclaude/run" || sys.bundle() != "" {
		t.Errorf("%q, %q", sys.runtimeDir(), sys.bundle())
	}
	if item := sys.loginItem(); item.ConfigDir != "/home/ada/.config" || item.Program != sys.Executable {
		t.Errorf("%+v", item)
	}
}

// Whatever is in the folder that is watched, only what concerns wakes.
func TestWatchFolder(t *testing.T) {
	dir := t.TempDir()
	changed, err := watchFolder(t.Context(), dir, func(name string) bool { return name == "it" })
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"other", "it"} {
		if err := os.WriteFile(filepath.Join(dir, name), nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	<-changed
	if _, err := watchFolder(t.Context(), filepath.Join(dir, "none"), nil); err == nil {
		t.Error("a folder that is not there can be watched")
	}
}

func TestEventOf(t *testing.T) {
	blocked := egress.Event{Session: "s", Kind: egress.KindTunnel, Host: "x.example", Port: 443, Verdict: egress.VerdictBlocked, Reason: egress.NotAllowed}
	change := func(f func(*egress.Event)) egress.Event { e := blocked; f(&e); return e }
	policy := func(op egress.Op, rule string) egress.Event {
		return egress.Event{Session: "s", Kind: egress.KindPolicy, Change: op, Host: rule}
	}
	hook := func(h egress.Hook) egress.Event { return egress.Event{Session: "s", Kind: egress.KindHook, Hook: h} }
	told := func(kind monitor.EventKind, host string, port int) monitor.Event {
		return monitor.Event{Kind: kind, Session: "s", Host: host, Port: port}
	}
	for _, tc := range []struct {
		event egress.Event
		want  monitor.Event
		ok    bool
	}{
		{blocked, told(monitor.HostBlocked, "x.example", 443), true},
		{change(func(e *egress.Event) { e.Kind, e.Reason = egress.KindHTTP, egress.BadPort }), told(monitor.HostBlocked, "x.example", 443), true},
		{change(func(e *egress.Event) { e.Verdict, e.Reason = egress.VerdictAllowed, egress.Allowed }), monitor.Event{}, false},
		{change(func(e *egress.Event) { e.Reason = egress.Denied }), monitor.Event{}, false},
		{change(func(e *egress.Event) { e.Reason = egress.OtherServer }), monitor.Event{}, false},
		{change(func(e *egress.Event) { e.Kind = egress.KindDNS }), monitor.Event{}, false},
		{hook(egress.HookWaiting), told(monitor.ClaudeWaits, "", 0), true},
		{hook(egress.HookFinished), told(monitor.ClaudeFinished, "", 0), true},
		{hook("evil"), monitor.Event{}, false},
		{policy(egress.OpAllow, "x.example"), told(monitor.HostAllowed, "x.example", 0), true},
		{policy(egress.OpOnce, "x.example:8443"), told(monitor.HostAllowed, "x.example", 8443), true},
		{policy(egress.OpAllow, "*.x.example"), told(monitor.HostAllowed, "*.x.example", 0), true},
		{policy(egress.OpDeny, "x.example"), monitor.Event{}, false},
		{policy(egress.OpAllow, "10.0.0.0/8"), told(monitor.HostAllowed, "10.0.0.0/8", 0), true},
		{policy(egress.OpOnce, "10.0.0.1:8443"), told(monitor.HostAllowed, "10.0.0.1/32", 8443), true},
		{policy(egress.OpAllow, "*"), told(monitor.HostAllowed, "*", 0), true},
		{policy(egress.OpAllow, "not a rule"), monitor.Event{}, false},
	} {
		got, ok := eventOf(tc.event)
		if ok != tc.ok || ok && got != tc.want {
			t.Errorf("%+v: %+v, %v", tc.event, got, ok)
		}
	}
}
