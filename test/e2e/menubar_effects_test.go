package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dclaude/app/menu"
	"dclaude/test/desktop"
	"dclaude/test/fakeoauth"
	"dclaude/test/lab"
)

// effects are the tests in which a click on what has an action is seen to do
// what it says.
func effects() map[menu.Kind]string {
	return map[menu.Kind]string{
		menu.OpenProject: "TestMenubarEffects", menu.OpenRecent: "TestMenubarOpensProjects", menu.OpenChanged: "TestMenubarRefusals",
		menu.ForgetRecents: "TestMenubarEffects", menu.ShowSession: "TestMenubarEffects", menu.OpenShell: "TestMenubarEffects",
		menu.ShowPolicy: "TestMenubarBlockedHost", menu.StopSession: "TestMenubarEffects", menu.ListSessions: "TestMenubarManySessions",
		menu.RestartGateway: "TestMenubarGatewayThatDies", menu.AllowHost: "TestMenubarAllows", menu.ShowTraffic: "TestMenubarAllows",
		menu.InjectLogin: "TestMenubarGivesTheLogin", menu.RefreshLogin: "TestMenubarRefreshesTheLogin", menu.SignIn: "TestMenubarSignsIn",
		menu.UpdateClaude: "TestMenubarUpdateThatFails", menu.RunDoctor: "TestMenubarTools", menu.RunVerify: "TestMenubarTools",
		menu.EditSettings: "TestMenubarSettings", menu.ChangeSetting: "TestMenubarSettings",
		menu.ToggleLaunchAtLogin: "TestMenubarEffects", menu.ShowAbout: "TestMenubarEffects", menu.Quit: "TestMenubarOpensProjects",
		// Only macOS has applications to start: docs/macos-checklist.md.
		menu.StartEngine: "",
	}
}

// Every action of the menu has a test of its effect.
func TestEveryMenuActionHasATest(t *testing.T) {
	files, err := filepath.Glob("menubar*_test.go")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(b)
	}
	known := effects()
	for _, kind := range menu.Kinds() {
		test, ok := known[kind]
		if !ok || test != "" && !strings.Contains(source.String(), "\nfunc "+test+"(t *testing.T) {") {
			t.Errorf("the effect of action %d is tested nowhere: %q", kind, test)
		}
	}
}

// shows waits for a window that has shown all the texts.
func (m *menubar) shows(texts ...string) {
	m.t.Helper()
	m.soon(fmt.Sprintf("a window with %q", texts), func() bool {
		for _, w := range m.screen.Windows() {
			found := true
			for _, text := range texts {
				found = found && strings.Contains(w, text)
			}
			if found {
				return true
			}
		}
		return false
	}, func() string { return fmt.Sprintf("%.2000q", m.screen.Windows()) })
}

// soon waits for what takes longer than a look.
func (m *menubar) soon(what string, ok func() bool, last func() string) {
	m.t.Helper()
	for deadline := time.Now().Add(4 * time.Minute); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			m.t.Fatalf("waited in vain for %s\n%s", what, last())
		}
	}
}

// script puts a program on the PATH of everything that starts after it.
func (m *menubar) script(name, text string) {
	m.t.Helper()
	m.write("bin/"+name, "#!/bin/sh\n"+text)
	if err := os.Chmod(filepath.Join(m.home, "bin", name), 0o700); err != nil {
		m.t.Fatal(err)
	}
	m.set("PATH=" + filepath.Join(m.home, "bin") + ":/usr/bin:/bin")
}

const closes = "Press Enter to close this window"

// Doctor and Verify run in windows of their own, which stay to be read.
func TestMenubarTools(t *testing.T) {
	m := newMenubar(t)
	m.start()
	m.item.Click("Check", "Run Doctor")
	m.shows("Docker Engine", "gVisor", closes)
	m.item.Click("Check", "Verify the Sandbox")
	m.shows(" kept", closes)
	for _, w := range m.screen.Windows() {
		if strings.Contains(w, "broken") {
			t.Errorf("a promise is broken: %s", w)
		}
	}
}

// Settings opens the editor on the file. What is changed there, or in the menu,
// counts at once: for the menu, for notifications, and for the next session.
func TestMenubarSettings(t *testing.T) {
	m := newMenubar(t)
	m.script("edit", "echo \"editing $1\"\nprintf 'memory = \"3g\"\\n[app]\\nmute = [\"blocked\", \"finished\"]\\n' > \"$1\"\nread -r _\n")
	m.set("EDITOR=edit")
	m.start()
	m.item.Find("Isolation and Limits", "Memory: No Limit")
	m.item.Click("Settings")
	file := filepath.Join(m.home, ".config", "dclaude", "config.toml")
	m.shows("editing " + file)
	m.item.Find("Isolation and Limits", "Memory: 3 GB")
	if e := m.item.Find("Isolation and Limits", "3 GB"); e.Enabled {
		t.Errorf("a value that the menu does not offer: %+v", e)
	}
	m.item.Click("Isolation and Limits", "4 GB")
	m.item.Find("Isolation and Limits", "Memory: 4 GB")
	m.item.Click("Isolation and Limits", "2")
	m.item.Find("Isolation and Limits", "Processors: 2")
	m.item.Click("Isolation and Limits", "1024")
	m.item.Find("Isolation and Limits", "Processes: 1024")
	// The world's variable stands above the file.
	m.item.Find("Isolation and Limits", "Isolation: Only with gVisor, set by DCLAUDE_ISOLATION")
	if e := m.item.Find("Isolation and Limits", "Without gVisor"); e.Enabled {
		t.Error("what a variable says can be changed")
	}
	b, err := os.ReadFile(file)
	if err != nil || string(b) != "memory = \"4g\"\ncpus = 2\npids = 1024\n[app]\nmute = [\"blocked\", \"finished\"]\n" {
		t.Errorf("%s, %v", b, err)
	}
	name := strings.TrimSpace(m.ok("--detach", m.project("p")).stdout)
	limits := m.lab.Docker("inspect", "--format", "{{.HostConfig.Memory}} {{.HostConfig.NanoCpus}} {{.HostConfig.PidsLimit}}", "dclaude-"+name)
	if limits != "4294967296 2000000000 1024" {
		t.Errorf("the limits of a new session: %s", limits)
	}
	// What is switched off in the file is not told any more, while the app runs.
	m.item.Find("p", "Under gVisor")
	m.run("shell", name, "--", "curl", "-s", "http://muted.example/")
	m.item.Find("Network", "Blocked: muted.example:80")
	m.write(".config/dclaude/config.toml", "")
	m.item.Find("Isolation and Limits", "Memory: No Limit")
	m.run("shell", name, "--", "curl", "-s", "http://told.example/")
	note := m.notes.Await("A host was blocked")
	if all := m.notes.All(); !strings.Contains(note.Body, "told.example") || len(all) != 1 {
		t.Errorf("%+v", all)
	}
	// Another source of the login is another line in the menu.
	m.write(".config/dclaude/config.toml", "[credentials]\nsource = \"token\"\n")
	m.item.Find("Login: long-lived token")
	m.write(".config/dclaude/config.toml", "memory = lots\n")
	m.item.Find("The settings are broken")
	m.item.Find("Login: long-lived token")
	m.write(".config/dclaude/config.toml", "")
	m.item.Find("Login: Max, 7 h")
	if m.item.Has("The settings are broken") {
		t.Error("mended settings are still broken")
	}
}

// What a session is kept from can be let through from the menu: once, for the
// session, for its project, and for all.
func TestMenubarAllows(t *testing.T) {
	m := newMenubar(t)
	p := m.project("shop")
	name := strings.TrimSpace(m.ok("--detach", p).stdout)
	m.start()
	m.item.Find("shop", "Under gVisor, allow-list")
	try := func(session, site string) string {
		return m.run("shell", session, "--", "curl", "-sSk", "-m", "20", "-o", "/dev/null", "-w", "%{http_code}", "https://"+site+"/").stdout
	}
	allow := func(site, label string) {
		t.Helper()
		if got := try(name, site); got != "000" {
			t.Fatalf("%s is reached before it is allowed: %q", site, got)
		}
		m.item.Find("Network", "Blocked: "+site)
		m.item.Click("Network", "Allow "+site+" "+label)
	}
	reached := func(session, site string) {
		t.Helper()
		m.until(site+" is reached", func() bool { return try(session, site) == "404" })
	}
	once := m.website(http.NotFoundHandler())
	allow(once, "Once")
	desktop.Await(t, "the host off the list", func() bool { return m.item.Has("Network", "Nothing was blocked lately") }, m.item.Text)
	if first, second := try(name, once), try(name, once); first != "404" || second != "000" {
		t.Errorf("allowed once: %q, then %q", first, second)
	}
	session, project, always := m.website(http.NotFoundHandler()), m.website(http.NotFoundHandler()), m.website(http.NotFoundHandler())
	allow(session, "for This Session")
	reached(name, session)
	allow(project, "for shop")
	reached(name, project)
	allow(always, "Always")
	reached(name, always)

	m.item.Click("Network", "Show Traffic")
	m.shows("blocked", once, "allowed", always)
	m.ok("stop", name)
	again := strings.TrimSpace(m.ok("--detach", p).stdout)
	other := strings.TrimSpace(m.ok("--detach", m.project("other")).stdout)
	for _, tt := range []struct{ session, site, want string }{
		{again, session, "000"}, {again, project, "404"}, {again, always, "404"},
		{other, project, "000"}, {other, always, "404"},
	} {
		if got := try(tt.session, tt.site); got != tt.want {
			t.Errorf("%s from %s: %q", tt.site, tt.session, got)
		}
	}
}

// A session whose gateway has died is offline, which is told and mended, from
// the notification and from the menu.
func TestMenubarGatewayThatDies(t *testing.T) {
	m := newMenubar(t)
	site := m.website(http.NotFoundHandler())
	name := strings.TrimSpace(m.ok("--detach", m.project("p")).stdout)
	m.ok("net", "allow", site)
	m.start()
	m.item.Find("p", "Under gVisor")
	works := func() bool {
		return m.run("shell", name, "--", "curl", "-sSk", "-m", "5", "-o", "/dev/null", "-w", "%{http_code}", "https://"+site+"/").stdout == "404"
	}
	if !works() || m.item.Has("p", "Restart Its Gateway") {
		t.Fatal("it does not work from the start")
	}
	m.lab.Docker("kill", "dclaude-"+name+"-gateway")
	m.item.Find("p – offline")
	m.notes.Press(m.notes.Await("p is offline"), "Restart It")
	m.until("the session is online", works)
	desktop.Await(t, "the session online in the menu", func() bool { return !m.item.Has("p – offline") }, m.item.Text)
	m.lab.Docker("kill", "dclaude-"+name+"-gateway")
	m.item.Click("p – offline", "Restart Its Gateway")
	m.until("the session is online again", works)
	m.ok("stop", name)
	m.item.Find("No sessions")
	for _, n := range m.notes.All() {
		if strings.HasPrefix(n.Title, "Could not") {
			t.Errorf("%+v", n)
		}
	}
}

// A new Claude Code that fails its trial is told of, whoever tried it; trying
// again is a click away.
func TestMenubarUpdateThatFails(t *testing.T) {
	m := newMenubar(t)
	imageInUse(t, m.world)
	m.write(".config/dclaude/config.toml", "claude_version = \""+olderClaude+"\"\n")
	m.set("DOCKER_HOST=" + trials(broken).start(t, m.lab.Host))
	m.start()
	m.item.Find("Docker: running")
	m.item.Click("Check", "Update Claude Code")
	failure := "Claude Code " + olderClaude + " does not work in the sandbox"
	m.shows(failure, closes)
	note := m.notes.Await("A new Claude Code does not work in the sandbox")
	if !strings.Contains(note.Body, "Sessions keep the one before") {
		t.Errorf("%+v", note)
	}
	m.item.Find("Check", "The last new one failed its trial")
	m.notes.Press(note, "Try Again…")
	m.soon("a second trial", func() bool { return m.screen.Shown(failure) == 2 }, func() string { return fmt.Sprintf("%.2000q", m.screen.Windows()) })
}

// Whoever is not signed in gets to Claude Code's own sign-in, and the menu knows
// when that is done.
func TestMenubarSignsIn(t *testing.T) {
	m := newMenubar(t)
	path := filepath.Join(m.home, ".claude", ".credentials.json")
	content := lab.Login{Access: secondToken, Refresh: refreshToken, Expires: time.Now().Add(3*time.Hour + 30*time.Minute)}.JSON()
	m.write("next.json", string(content))
	m.script("claude", "echo \"Claude Code: $*\"\ncp \"$HOME/next.json\" '"+path+"'\n")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	m.start()
	m.item.Find("Login: nobody is signed in")
	m.item.Click("Login", "Sign In")
	m.shows("Claude Code: auth login", closes)
	m.item.Find("Login: Max, 3 h")

	// One that an ended session may have left behind is not run.
	p := m.project("p")
	m.ok(p, "--", "--version")
	m.write("projects/p/claude", "#!/bin/sh\necho hijacked\n")
	if err := os.Chmod(filepath.Join(p, "claude"), 0o755); err != nil {
		t.Fatal(err)
	}
	m.quit()
	m.tray.Forget()
	m.set("PATH=" + p + ":/usr/bin:/bin")
	m.start()
	m.item.Click("Login", "Sign In")
	m.notes.Await("Could not sign in")
	if m.screen.Shown("hijacked") > 0 {
		t.Error("a program out of a project was run")
	}
}

// The login of this computer is given to the sessions by a click, whatever the
// notification said.
func TestMenubarGivesTheLogin(t *testing.T) {
	m := newMenubar(t)
	m.write(".config/dclaude/config.toml", "[app]\nmute = [\"login\"]\n")
	name := strings.TrimSpace(m.ok("--detach", m.project("p")).stdout)
	m.start()
	m.item.Find("p", "Under gVisor")
	m.login(lab.Login{Access: secondToken, Refresh: refreshToken, Expires: time.Now().Add(9 * time.Hour)})
	m.item.Find("Login: Max, 8 h")
	m.item.Click("Login", "Give to Running Sessions Now")
	desktop.Await(t, "the token in the session", func() bool {
		return strings.Contains(m.lab.Docker("exec", "dclaude-"+name, "cat", "/home/claude/.claude/.credentials.json"), secondToken)
	}, nil)
	if all := m.notes.All(); len(all) != 0 {
		t.Errorf("what is switched off was told: %+v", all)
	}
}

// A login that is about to end is renewed by the real Claude Code, at a click.
func TestMenubarRefreshesTheLogin(t *testing.T) {
	m := newMenubar(t)
	service := m.signedIn(4 * time.Minute)
	m.start()
	m.item.Click("Refresh Login")
	m.item.Find("Login: Max, 7 h")
	if grants := service.Grants(); len(grants) != 1 || !grants[0].Granted {
		t.Errorf("grants: %v", grants)
	}
	b, err := os.ReadFile(filepath.Join(m.home, ".claude", ".credentials.json"))
	if err != nil || !strings.Contains(string(b), fakeoauth.Access(1)) {
		t.Errorf("the login was not renewed: %v", err)
	}
}

// More sessions than the menu has room for are in a window.
func TestMenubarManySessions(t *testing.T) {
	m := newMenubar(t)
	for n := range menu.SessionSlots + 2 {
		args := []string{"run", "-d", "--rm", "--name", fmt.Sprintf("dclaude-many-%02d", n), "--entrypoint", "sleep"}
		for label, value := range map[string]string{"role": "sandbox", "session": fmt.Sprintf("many-%02d", n), "project": fmt.Sprintf("%s/projects/m%02d", m.home, n), "isolation": "runc", "network": "none", "user": "501:20", "tty": "true"} {
			args = append(args, "--label", "dev.dclaude."+label+"="+value)
		}
		id := m.lab.Docker(append(args, "claude-sandbox", "600")...)
		t.Cleanup(func() { _, _ = m.lab.TryDocker("rm", "-f", id) })
	}
	m.start()
	m.item.Click("2 More")
	m.shows("many-00", fmt.Sprintf("many-%02d", menu.SessionSlots+1), closes)
}
