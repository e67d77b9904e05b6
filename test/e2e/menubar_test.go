package e2e

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dclaude/launcher/fakeapi"
	"dclaude/test/desktop"
	"dclaude/test/lab"
)

// menubar is the built app in a desktop of the test's own.
type menubar struct {
	*world
	bus    *desktop.Bus
	tray   *desktop.Watcher
	notes  *desktop.Notifications
	screen *desktop.Screen
	cmd    *exec.Cmd
	item   *desktop.Item
}

func newMenubar(t *testing.T, rules ...fakeapi.Rule) *menubar {
	t.Helper()
	m := &menubar{world: newWorld(t, rules...)}
	m.bus = desktop.StartBus(t)
	m.tray = desktop.StartWatcher(t, m.bus)
	m.notes = desktop.StartNotifications(t, m.bus, "actions", "body")
	m.screen = desktop.StartScreen(t)
	m.set(append(m.bus.Env(), m.screen.Env()...)...)
	m.set("XDG_RUNTIME_DIR="+shortDir(t), "DCLAUDE_ISOLATION=gvisor")
	t.Cleanup(func() {
		for _, s := range m.sessions() {
			m.run("stop", s.Name)
		}
		if t.Failed() {
			t.Logf("windows: %q", m.screen.Windows())
		}
	})
	// A first launch may build the image, for longer than a test waits.
	m.ok(m.project("first"), "--", "--version")
	return m
}

// shortDir leaves room for the name of a socket.
func shortDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "mb-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

// start starts the app and waits for its icon.
func (m *menubar) start(args ...string) {
	m.t.Helper()
	m.cmd = exec.Command(dclaude+"-menubar", args...)
	m.cmd.Env, m.cmd.Dir = m.environ, m.home
	var out output
	m.cmd.Stdout, m.cmd.Stderr = &out, &out
	if err := m.cmd.Start(); err != nil {
		m.t.Fatal(err)
	}
	m.t.Cleanup(func() {
		_ = m.cmd.Process.Kill()
		_ = m.cmd.Wait()
		m.noSecrets(out.String())
	})
	m.item = m.tray.Item()
}

// output collects what a program prints.
type output struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// noSecrets looks for tokens in what the app printed and logged.
func (m *menubar) noSecrets(printed string) {
	m.t.Helper()
	logs, _ := filepath.Glob(filepath.Join(m.home, ".local", "state", "dclaude", "logs", "*"))
	for _, l := range logs {
		b, _ := os.ReadFile(l)
		printed += string(b)
	}
	if len(logs) == 0 {
		m.t.Error("there is no log")
	}
	for _, secret := range []string{accessToken, refreshToken, secondToken} {
		if strings.Contains(printed, secret) {
			m.t.Errorf("a token is in the log or the output:\n%s", printed)
		}
	}
	if m.t.Failed() {
		m.t.Logf("log:\n%s", printed)
	}
}

const secondToken = "sk-ant-oat01-e2e-second-b81e44"

// quit ends the app by its menu.
func (m *menubar) quit() {
	m.t.Helper()
	m.item.Click("Quit DClaude")
	done := make(chan error, 1)
	go func() { done <- m.cmd.Wait() }()
	select {
	case err := <-done:
		if err != nil {
			m.t.Errorf("the app ended with %v", err)
		}
	case <-time.After(time.Minute):
		m.t.Fatal("the app does not quit")
	}
}

// sessions lists those of the test's own projects, as dclaude ls tells.
func (m *menubar) sessions() []listed {
	var all []listed
	_ = json.Unmarshal([]byte(m.run("ls", "--json").stdout), &all)
	return slices.DeleteFunc(all, func(s listed) bool { return !strings.HasPrefix(s.Project, m.home) })
}

// A folder that a second start hands over, and one that is clicked, each open a
// terminal window with a live Claude session under gVisor.
func TestMenubarOpensProjects(t *testing.T) {
	m := newMenubar(t)
	p := m.project(`it's a "project" $(x)`)
	m.start()
	m.item.Find("Docker: running")
	m.item.Find("Login: Max, 7 h")
	m.item.Find("No sessions")

	second := exec.Command(dclaude+"-menubar", "file://"+strings.ReplaceAll(filepath.Dir(p), " ", "%20")+"/it's%20a%20%22project%22%20$(x)")
	second.Env = m.environ
	if out, err := second.CombinedOutput(); err != nil || len(out) > 0 {
		t.Fatalf("the second start: %v %s", err, out)
	}
	m.item.Find("1 session")
	name := m.sessions()[0].Name
	desktop.Await(t, "Claude's prompt in a window", func() bool { return m.screen.Shown("❯") == 1 }, func() string { return fmt.Sprintf("%q", m.screen.Windows()) })
	m.item.Click("it's a", "Stop "+name)
	m.item.Find("No sessions")

	m.item.Click("Open Recent", "~/projects/it's a")
	desktop.Await(t, "Claude's prompt in a second window", func() bool { return m.screen.Shown("❯") == 2 }, func() string { return fmt.Sprintf("%q", m.screen.Windows()) })
	m.item.Find("1 session")
	again := m.sessions()
	if len(again) != 1 || again[0].Project != p || again[0].Name == name {
		t.Fatalf("sessions: %+v", again)
	}
	if kernel := m.lab.Docker("exec", "dclaude-"+again[0].Name, "cat", "/proc/version"); !strings.Contains(strings.ToLower(kernel), "gvisor") {
		t.Errorf("kernel: %s", kernel)
	}
	m.item.Find("it's a", "Under gVisor")
	m.item.Find("gVisor: registered with Docker, proved")

	// What is typed at the session from elsewhere is shown in the window.
	term := m.terminal("attach", again[0].Name)
	term.AwaitFunc("Claude's prompt", func(s string) bool { return strings.Contains(s, "❯") })
	term.Send("a live one")
	term.Await("a live one")
	term.Send("\r")
	term.Await("You said: a live one")
	desktop.Await(t, "the answer in the window", func() bool { return m.screen.Shown("You") > 0 && len(m.api.Tokens()) > 0 }, nil)

	// Quitting the app ends no session.
	m.quit()
	if n := len(m.sessions()); n != 1 {
		t.Errorf("%d sessions after the app quit", n)
	}
}

// What cannot be opened is told, and what has become something else is asked
// about.
func TestMenubarRefusals(t *testing.T) {
	m := newMenubar(t)
	p := m.project("swapped")
	secret := filepath.Join(m.home, "secret")
	if err := os.Mkdir(secret, 0o700); err != nil {
		t.Fatal(err)
	}
	m.start(m.home)
	note := m.notes.Await("Could not open that folder")
	if !strings.Contains(note.Body, "it is your home folder") {
		t.Errorf("%+v", note)
	}
	m.ok("menubar", filepath.Join(m.home, "nowhere"))
	desktop.Await(t, "a word about the missing folder", func() bool {
		return strings.Contains(m.notes.Await("Could not open that").Body, "does not exist")
	}, nil)

	m.ok("menubar", p)
	m.item.Find("1 session")
	m.item.Click("swapped", "Stop")
	m.item.Find("No sessions")
	// A session swaps its folder for a link to what it wants to see.
	if err := os.Rename(p, p+"-old"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, p); err != nil {
		t.Fatal(err)
	}
	m.item.Click("Open Recent", "~/projects/swapped")
	note = m.notes.Await(p)
	if !strings.HasSuffix(note.Title, "is not the folder that it was") || len(m.sessions()) != 0 {
		t.Errorf("%+v, sessions %v", note, m.sessions())
	}
	m.notes.Press(note, "Open Anyway")
	m.item.Find("secret", "Show in Terminal")
}

// The host's login is replaced while a session runs: the app tells, and a press
// of the button brings the new token into the session.
func TestMenubarNewLogin(t *testing.T) {
	m := newMenubar(t)
	p := m.project("p")
	name := strings.TrimSpace(m.ok("--detach", p).stdout)
	m.start()
	m.item.Find("p", "Under gVisor")
	m.item.Find("Login: Max, 7 h")
	m.login(lab.Login{Access: secondToken, Refresh: refreshToken, Expires: time.Now().Add(9 * time.Hour)})
	note := m.notes.Await("New Claude login")
	inside := func() string {
		return m.lab.Docker("exec", "dclaude-"+name, "cat", "/home/claude/.claude/.credentials.json")
	}
	if strings.Contains(inside(), secondToken) || !strings.Contains(inside(), accessToken) {
		t.Error("the session got the new token before the user agreed")
	}
	m.item.Find("Login: Max, 8 h")
	m.notes.Press(note, "Give It to Them")
	desktop.Await(t, "the token in the session", func() bool { return strings.Contains(inside(), secondToken) }, inside)
	if strings.Contains(inside(), refreshToken) {
		t.Error("the session got the refresh token")
	}
	term := m.terminal("attach", name)
	term.AwaitFunc("Claude's prompt", func(s string) bool { return strings.Contains(s, "❯") })
	term.Send("which one")
	term.Await("which one")
	term.Send("\r")
	term.Await("You said: which one")
	if tokens := m.api.Tokens(); tokens[len(tokens)-1] != secondToken {
		t.Error("the API saw another token")
	}
}

// What the rest of the menu does, seen from outside.
func TestMenubarEffects(t *testing.T) {
	m := newMenubar(t)
	bin := filepath.Join(m.home, "bin")
	p := m.project("chosen")
	m.write("bin/zenity", "#!/bin/sh\nprintf '%s\\n' '"+p+"'\n")
	if err := os.Chmod(filepath.Join(bin, "zenity"), 0o700); err != nil {
		t.Fatal(err)
	}
	m.set("PATH="+bin+":/usr/bin:/bin", "EDITOR=true")
	m.start()
	window := func(what, text string) {
		t.Helper()
		desktop.Await(t, what+" in a window", func() bool { return m.screen.Shown(text) > 0 }, func() string { return fmt.Sprintf("%q", m.screen.Windows()) })
	}
	m.item.Click("Open Project in Sandbox")
	m.item.Find("chosen", "Under gVisor")
	name := m.sessions()[0].Name
	desktop.Await(t, "Claude's prompt", func() bool { return m.screen.Shown("❯") == 1 }, nil)
	m.item.Click("chosen", "Show in Terminal")
	desktop.Await(t, "the session in a second window", func() bool { return m.screen.Shown("❯") == 2 }, nil)
	m.item.Click("chosen", "Open Shell")
	desktop.Await(t, "a shell in a window of its own", func() bool {
		return slices.ContainsFunc(m.screen.Windows(), func(w string) bool { return !strings.Contains(w, "❯") && strings.Contains(w, "workspace") })
	}, func() string { return fmt.Sprintf("%.300q", m.screen.Windows()) })
	m.item.Click("Check", "Run Doctor")
	window("the doctor's findings", "Press Enter to close this window")
	m.item.Click("Network", "Show Traffic")
	desktop.Await(t, "a fifth window", func() bool { return len(m.screen.Windows()) == 5 }, nil)

	m.item.Click("Launch at Login")
	desktop.Await(t, "the tick", func() bool { return m.item.Find("Launch at Login").Ticked }, m.item.Text)
	entry := filepath.Join(m.home, ".config", "autostart", "dclaude-menubar.desktop")
	if b, err := os.ReadFile(entry); err != nil || !strings.Contains(string(b), dclaude+"-menubar") {
		t.Errorf("autostart: %s, %v", b, err)
	}
	m.item.Click("Launch at Login")
	desktop.Await(t, "no tick", func() bool { return !m.item.Find("Launch at Login").Ticked }, m.item.Text)
	m.item.Click("About DClaude")
	if note := m.notes.Await("DClaude"); !strings.Contains(note.Body, "Docker Engine") {
		t.Errorf("%+v", note)
	}
	if m.item.Find("Login", "Refresh").Enabled {
		t.Error("a login that works for hours can be refreshed: Claude Code would not")
	}
	m.item.Click("chosen", "Stop "+name)
	m.item.Find("No sessions")
	m.item.Click("Open Recent", "Clear Menu")
	desktop.Await(t, "no recent projects", func() bool { return !m.item.Find("Open Recent").Enabled }, m.item.Text)
}

// A host that is blocked is told, is in the menu, and can be allowed from both;
// Claude's own hooks say when it has finished.
func TestMenubarBlockedHost(t *testing.T) {
	m := newMenubar(t,
		fakeapi.Bash("try:first", "curl -sS -o /dev/null -w '%{http_code}' http://first.example/"),
		fakeapi.Bash("try:second", "curl -sS -o /dev/null -w '%{http_code}' http://second.example:8080/"))
	p := m.project("shop")
	name := strings.TrimSpace(m.ok("--detach", p).stdout)
	m.start()
	m.item.Find("shop", "Under gVisor, allow-list")
	term := m.terminal("attach", name)
	term.AwaitFunc("Claude's prompt", func(s string) bool { return strings.Contains(s, "❯") })
	say := func(text string) {
		term.Send(text)
		term.Await(text)
		term.Send("\r")
	}
	say("try:first")
	note := m.notes.Await("A host was blocked")
	if !strings.Contains(note.Body, "first.example, which shop wanted to reach") {
		t.Errorf("%+v", note)
	}
	m.item.Find("Network", "Blocked: first.example:80")
	m.item.Find("Network", "Allow first.example:80 for This Session")
	m.item.Find("shop – finished")
	m.notes.Await("Claude has finished")
	m.notes.Press(note, "Allow for This Session")
	policy := func(rule string) func() bool {
		return func() bool { return strings.Contains(m.ok("net", "policy", name).stdout, "allow  "+rule+"\n") }
	}
	desktop.Await(t, "the first host in the session's rules", policy("first.example:80"), nil)
	m.item.Find("Network", "Nothing was blocked lately")

	say("try:second")
	m.item.Click("Network", "Allow second.example:8080 for shop")
	desktop.Await(t, "the second host in the session's rules", policy("second.example:8080"), nil)
	m.item.Click("shop", "Show Network Rules")
	desktop.Await(t, "the rules in a window", func() bool { return m.screen.Shown("second.example:8080") == 1 }, nil)
}

// With app.reinject = "auto" nobody is asked.
func TestMenubarGivesNewLoginsByItself(t *testing.T) {
	m := newMenubar(t)
	m.write(".config/dclaude/config.toml", "[app]\nreinject = \"auto\"\n")
	name := strings.TrimSpace(m.ok("--detach", m.project("p")).stdout)
	m.start()
	m.item.Find("p", "Under gVisor")
	m.login(lab.Login{Access: secondToken, Refresh: refreshToken, Expires: time.Now().Add(9 * time.Hour)})
	desktop.Await(t, "the token in the session", func() bool {
		return strings.Contains(m.lab.Docker("exec", "dclaude-"+name, "cat", "/home/claude/.claude/.credentials.json"), secondToken)
	}, nil)
	if all := m.notes.All(); len(all) != 0 {
		t.Errorf("somebody was asked: %+v", all)
	}
}

// The engine goes and comes back; the menu says so, and stays alive.
func TestMenubarWithoutEngine(t *testing.T) {
	m := newMenubar(t)
	m.set("DOCKER_HOST=unix://" + filepath.Join(shortDir(t), "docker.sock"))
	m.start()
	m.item.Find("Docker: not running")
	if !m.item.Has("Open Project in Sandbox") {
		t.Error("the menu is not whole")
	}
	if e := m.item.Find("Check", "Verify the Sandbox"); e.Enabled {
		t.Error("what needs the engine is not grey")
	}
	socket := strings.TrimPrefix(m.environ[len(m.environ)-1], "DOCKER_HOST=unix://")
	if err := os.Symlink(strings.TrimPrefix(m.lab.Host, "unix://"), socket); err != nil {
		t.Fatal(err)
	}
	m.item.Find("Docker: running")
	m.quit()
}
