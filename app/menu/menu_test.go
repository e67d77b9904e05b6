package menu

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"dclaude/app/monitor"
)

var update = flag.Bool("update", false, "write the golden files")

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// healthy is a computer on which all is well.
func healthy() View {
	return View{
		Home: "/Users/ada",
		Snapshot: monitor.Snapshot{
			At:        noon,
			Engine:    monitor.Engine{State: monitor.EngineRunning, Product: "Docker Desktop 4.44.0"},
			Isolation: monitor.Isolation{Way: "nested", Proved: true},
			Login:     monitor.Login{State: monitor.LoginPresent, Plan: "Max", Expires: noon.Add(3*time.Hour + 12*time.Minute), Place: "the keychain", Source: "host"},
		},
		Recents:          []Recent{{Path: "/Users/ada/Projects/engine"}, {Path: "/Users/ada/Projects/old", Gone: true}},
		Settings:         Settings{Isolation: "auto", Pids: 4096},
		LaunchAtLogin:    true,
		CanLaunchAtLogin: true,
	}
}

func session(n int, change func(*monitor.Session)) monitor.Session {
	s := monitor.Session{
		Name: fmt.Sprintf("engine-%04d", n), Container: fmt.Sprintf("c%d", n), Project: "/Users/ada/Projects/engine",
		Created: noon.Add(-time.Duration(n) * time.Hour), Isolation: "nested", Network: "allowlist", Observed: true, GVisor: true,
	}
	if change != nil {
		change(&s)
	}
	return s
}

// views are the states that a person can see.
func views() map[string]View {
	change := func(f func(*View)) View { v := healthy(); f(&v); return v.Place(View{}) }
	login := func(l monitor.Login) View { return change(func(v *View) { v.Snapshot.Login = l }) }
	engine := func(e monitor.Engine) View {
		return change(func(v *View) { v.Snapshot.Engine, v.Snapshot.Isolation = e, monitor.Isolation{} })
	}
	isolation := func(i monitor.Isolation) View { return change(func(v *View) { v.Snapshot.Isolation = i }) }
	left := func(d time.Duration) View {
		return change(func(v *View) { v.Snapshot.Login.Expires = noon.Add(d) })
	}
	return map[string]View{
		"starting":          {Snapshot: monitor.Snapshot{At: noon}, Settings: healthy().Settings},
		"healthy":           change(func(*View) {}),
		"engine-down":       engine(monitor.Engine{State: monitor.EngineDown, Product: "Docker Engine", Problem: "cannot reach it", Hint: "start the engine: sudo systemctl start docker"}),
		"engine-can-start":  engine(monitor.Engine{State: monitor.EngineDown, Product: "Docker Desktop", Hint: "open -a Docker", CanStart: true}),
		"engine-unusable":   engine(monitor.Engine{State: monitor.EngineUnusable, Product: "Docker Engine", Problem: "Docker Engine speaks API 1.24, DClaude needs 1.41"}),
		"gvisor-registered": isolation(monitor.Isolation{Way: "runsc", Proved: true}),
		"gvisor-unproved":   isolation(monitor.Isolation{Way: "nested"}),
		"gvisor-unknown":    isolation(monitor.Isolation{}),
		"gvisor-missing":    isolation(monitor.Isolation{Way: "runc", Reason: "AppArmor keeps gVisor from starting inside a container"}),
		"login-expiring":    left(12 * time.Minute),
		"login-refreshable": left(4 * time.Minute),
		"login-expired":     left(-5 * time.Minute),
		"login-no-expiry":   change(func(v *View) { v.Snapshot.Login.Expires = time.Time{} }),
		"login-missing":     login(monitor.Login{State: monitor.LoginMissing}),
		"login-unreadable":  login(monitor.Login{State: monitor.LoginUnreadable, Problem: "the keychain is locked"}),
		"login-elsewhere":   login(monitor.Login{State: monitor.LoginElsewhere, Source: "sandbox"}),
		"program-missing": change(func(v *View) {
			v.Snapshot.Program.Problem = "it is not beside the app; install DClaude again"
			v.Snapshot.Sessions = []monitor.Session{session(1, nil)}
		}),
		"sessions": change(func(v *View) {
			v.Snapshot.Sessions = []monitor.Session{
				session(1, func(s *monitor.Session) { s.Activity = monitor.ActivityWaiting }),
				session(2, func(s *monitor.Session) { s.Project, s.Activity = "/srv/api", monitor.ActivityFinished }),
				session(3, func(s *monitor.Session) { s.Project, s.GVisor, s.Network = "/srv/bare", false, "open" }),
				session(4, func(s *monitor.Session) { s.Project, s.Observed, s.Network = "/srv/new", false, "none" }),
			}
		}),
		"many-sessions": change(func(v *View) {
			for n := range 500 {
				v.Snapshot.Sessions = append(v.Snapshot.Sessions, session(n+1, nil))
			}
		}),
		"blocked": change(func(v *View) {
			v.Snapshot.Sessions = []monitor.Session{session(1, nil)}
			for _, h := range []monitor.BlockedHost{
				{Host: "crates.example.org", Port: 443},
				{Host: "xn--pypal-4ve.com", Port: 8443},
				{Host: "evil.com\u202e\nmoc.buhtig", Port: 443},
				{Host: strings.Repeat("a", 60) + "." + strings.Repeat("b", 60), Port: 443},
			} {
				h.Session, h.Project, h.Count = "engine-0001", "/Users/ada/Projects/engine", 1
				v.Snapshot.Blocked.Hosts = append(v.Snapshot.Blocked.Hosts, h)
			}
		}),
		"offline": change(func(v *View) {
			v.Snapshot.Sessions = []monitor.Session{session(1, func(s *monitor.Session) { s.Offline = true }), session(2, nil)}
		}),
		"update-failed": change(func(v *View) {
			v.Snapshot.Update = monitor.Update{Failed: noon.Add(-time.Hour), Why: "as it is: no answer"}
		}),
		"limits-of-the-file": change(func(v *View) {
			v.Settings = Settings{Isolation: "nested", Memory: 3 << 29, CPUs: 1.5, Pids: 100}
		}),
		"limits-of-variables": change(func(v *View) {
			v.Settings.Fixed = map[string]string{"isolation": "DCLAUDE_ISOLATION", "pids": "DCLAUDE_PIDS"}
		}),
		"settings-broken": change(func(v *View) { v.Settings.Problem = "config.toml:1:8: pids: 1 is not a limit\x1b[2J" }),
		"hostile-names": change(func(v *View) {
			v.Home = ""
			v.Recents = []Recent{{Path: "/p/\x1b[2Jclear\nQuit DClaude"}, {Path: "/p/_under__score_&amp"}, {Path: "/p/" + strings.Repeat("long", 100)}, {Path: "/p/\xff\xfe"}}
			v.Snapshot.Engine.Product = "Docker\nQuit"
			v.Snapshot.Login.Plan = "M\u202eax"
			v.Snapshot.Sessions = []monitor.Session{
				session(1, func(s *monitor.Session) { s.Name, s.Project = "a\tb", "/x/\u202egnp.exe" }),
				session(2, func(s *monitor.Session) { s.Project = "/" }),
				session(3, func(s *monitor.Session) { s.Name, s.Project = "nothing-known", "" }),
			}
		}),
	}
}

func TestGolden(t *testing.T) {
	for name, v := range views() {
		t.Run(name, func(t *testing.T) {
			got := render(Build(v))
			file := filepath.Join("testdata", name+".txt")
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if got != string(want) {
				t.Errorf("differs from %s (-update writes it):\n%s", file, got)
			}
		})
	}
}

// render shows a menu as text: what is hidden is left out, what is grey is in
// parentheses.
func render(m Model) string {
	var b strings.Builder
	face := []string{"ready", "attention", "stopped"}[m.Icon.Face]
	if m.Icon.Badge {
		face += ", waits for you"
	}
	fmt.Fprintf(&b, "icon: %s\ntooltip: %s\n\n", face, m.Tooltip)
	renderItems(&b, m.Items, "")
	return b.String()
}

func renderItems(b *strings.Builder, items []Item, indent string) {
	for _, i := range items {
		if i.Hidden {
			continue
		}
		if i.Separator {
			fmt.Fprintf(b, "%s----\n", indent)
			continue
		}
		label := i.Label
		if i.Disabled {
			label = "(" + label + ")"
		}
		if i.Checked {
			label = "✓ " + label
		}
		fmt.Fprintf(b, "%s%s%s\n", indent, []string{"", "[good] ", "[warning] ", "[bad] ", "[off] "}[i.Mark], label)
		renderItems(b, i.Children, indent+"    ")
	}
}

// The skeleton, which a tray host can only be given once, is the same in every
// state, and its keys occur once.
func TestSkeletonNeverChanges(t *testing.T) {
	want := skeleton(Build(View{}).Items)
	seen := map[string]bool{}
	for line := range strings.SplitSeq(want, "\n") {
		if seen[line] && line != "" {
			t.Errorf("%s occurs twice", line)
		}
		seen[line] = true
	}
	for name, v := range views() {
		if got := skeleton(Build(v).Items); got != want {
			t.Errorf("%s has another skeleton:\n%s", name, got)
		}
	}
}

func skeleton(items []Item) string {
	var b strings.Builder
	for _, i := range items {
		fmt.Fprintf(&b, "%s %v %v\n", i.Key, i.Separator, i.Checkable)
		b.WriteString(skeleton(i.Children))
	}
	return b.String()
}

// Every label is one line of harmless, valid text of a bearable width.
func TestLabelsAreHarmless(t *testing.T) {
	var check func(name string, items []Item)
	check = func(name string, items []Item) {
		for _, i := range items {
			if !utf8.ValidString(i.Label) || strings.ContainsAny(i.Label, "\n\r\t\x1b\u202e\x00") || utf8.RuneCountInString(i.Label) > 130 {
				t.Errorf("%s: %s: %q", name, i.Key, i.Label)
			}
			if !i.Separator && !i.Hidden && strings.TrimSpace(i.Label) == "" {
				t.Errorf("%s: %s has no label", name, i.Key)
			}
			if !i.Hidden {
				check(name, i.Children)
			}
		}
	}
	for name, v := range views() {
		m := Build(v)
		check(name, m.Items)
		if strings.ContainsAny(m.Tooltip, "\n\x1b") {
			t.Errorf("%s: tooltip %q", name, m.Tooltip)
		}
	}
}

// What can be clicked is exactly what is visible, enabled and has an action.
func TestTarget(t *testing.T) {
	m := Build(views()["blocked"])
	for key, want := range map[string]Action{
		"quit":           {Kind: Quit},
		"host.0.always":  {Kind: AllowHost, Host: "crates.example.org", Port: 443, Session: "engine-0001", Path: "/Users/ada/Projects/engine", Scope: ForAlways},
		"host.2.always":  {},
		"host.2.session": {},
		"host.2.odd":     {},
		"host.5.session": {},
		"session.0.stop": {Kind: StopSession, Session: "engine-0001", Path: "/Users/ada/Projects/engine"},
		"session.1.stop": {},
		"network":        {},
		"no.such.key":    {},
	} {
		got, ok := m.Target(key)
		if ok != (want != Action{}) || ok && got != want {
			t.Errorf("%s: %+v, %v", key, got, ok)
		}
	}
	stopped := Build(views()["engine-down"])
	if _, ok := stopped.Target("check.verify"); ok {
		t.Error("a grey item can be clicked")
	}
	if i, ok := stopped.Find("check.verify"); !ok || !i.Disabled {
		t.Error("Find does not find a grey item")
	}
}

func TestSlots(t *testing.T) {
	var s Slots
	s = s.Assign([]string{"a", "b", "c"}, 3)
	if s.at(0) != "a" || s.at(1) != "b" || s.at(2) != "c" {
		t.Fatalf("%+v", s)
	}
	s = s.Assign([]string{"c", "d"}, 3) // a and b have gone; c stays where it is
	if s.at(0) != "d" || s.at(1) != "" || s.at(2) != "c" {
		t.Fatalf("%+v", s)
	}
	s = s.Assign([]string{"c"}, 3)
	s = s.Assign([]string{"c", "e"}, 3) // the place of d was left later than that of b
	if s.at(0) != "" || s.at(1) != "e" {
		t.Fatalf("%+v", s)
	}
	s = s.Assign([]string{"c", "e", "f", "g", "c"}, 3)
	if s.at(0) != "f" || s.at(1) != "e" || s.at(2) != "c" {
		t.Fatalf("%+v", s)
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Hour: "less than 1 min", 0: "less than 1 min", 59 * time.Second: "less than 1 min", time.Minute: "1 min", 59 * time.Minute: "59 min",
		61 * time.Minute: "1 h 1 min", 47 * time.Hour: "47 h 0 min", 49 * time.Hour: "2 days",
	} {
		if got := span(d); got != want {
			t.Errorf("%v: %q, want %q", d, got, want)
		}
	}
}

// No submenu has submenus: see networkMenu.
func TestDepth(t *testing.T) {
	for _, top := range Build(View{}).Items {
		for _, i := range top.Children {
			if len(i.Children) > 0 {
				t.Errorf("%s, in %s, is a submenu", i.Key, top.Key)
			}
		}
	}
}
