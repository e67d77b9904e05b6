package native

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"dclaude/app/menu"
	"dclaude/app/monitor"
	"dclaude/app/tray"
	"dclaude/test/desktop"
)

// child is the variable that makes this test binary the program in the tray.
const child = "DCLAUDE_TRAY_TEST_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(child) == "" {
		os.Exit(m.Run())
	}
	if err := runChild(); err != nil {
		fmt.Println("error:", err)
		os.Exit(1)
	}
	os.Exit(0)
}

// runChild shows a menu and prints what is clicked. A click on "About" goes on
// to the next state.
func runChild() error {
	h := New()
	all := states()
	return h.Run(slog.New(slog.NewTextHandler(os.Stderr, nil)), func(b tray.Backend) {
		keys := make(chan string, 10)
		t := tray.New(b, func(key string) { keys <- key })
		_ = t.Show(all[0])
		go func() {
			at := 0
			for key := range keys {
				fmt.Println("clicked:", key)
				switch key {
				case "about":
					at = (at + 1) % len(all)
					_ = t.Show(all[at])
				case "quit":
					h.Quit()
				}
			}
		}()
	})
}

// states are menus in which, together, everything is visible at least once.
func states() []menu.Model {
	at := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	snapshot := monitor.Snapshot{At: at, Engine: monitor.Engine{State: monitor.EngineRunning, Product: "Engine_with_underscores"}}
	views := []menu.View{{Snapshot: snapshot}}
	snapshot.Sessions = []monitor.Session{{Name: "a_b-1", Container: "1", Project: "/p/a_b", Activity: monitor.ActivityWaiting}}
	views = append(views, menu.View{Snapshot: snapshot, LaunchAtLogin: true, CanLaunchAtLogin: true})

	full := menu.View{Snapshot: snapshot, CanLaunchAtLogin: true, Home: "/home/ada"}
	full.Snapshot.Isolation = monitor.Isolation{Way: "runc", Reason: "no reason"}
	full.Snapshot.Login = monitor.Login{State: monitor.LoginPresent, Plan: "Max", Expires: at.Add(-time.Minute), Source: "host"}
	full.Snapshot.Sessions = nil
	for n := range menu.SessionSlots + 3 {
		full.Snapshot.Sessions = append(full.Snapshot.Sessions, monitor.Session{Name: fmt.Sprint("s-", n), Container: fmt.Sprint("c", n), Project: fmt.Sprint("/p/", n), Network: "allowlist"})
	}
	for n := range menu.HostSlots {
		full.Snapshot.Blocked.Hosts = append(full.Snapshot.Blocked.Hosts, monitor.BlockedHost{Host: fmt.Sprintf("h%d.example", n), Port: 443, Session: "s-1", Project: "/p/1"})
	}
	for n := range menu.RecentSlots {
		full.Recents = append(full.Recents, menu.Recent{Path: fmt.Sprint("/home/ada/r", n)})
	}
	views = append(views, full)

	down := full
	down.Snapshot.Engine = monitor.Engine{State: monitor.EngineDown, Product: "Docker Desktop", CanStart: true}
	views = append(views, down)
	missing := full
	missing.Snapshot.Program.Problem = "it is gone"
	models := []menu.Model{}
	for _, v := range append(views, missing) {
		models = append(models, menu.Build(v.Place(menu.View{})))
	}
	return models
}

// program is a running child.
type program struct {
	t     *testing.T
	cmd   *exec.Cmd
	lines chan string
}

func start(t *testing.T, env []string) *program {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	// systray reads an icon while it is set, without a lock of its own.
	cmd.Env = append([]string{child + "=1", "GORACE=exitcode=0", "XDG_RUNTIME_DIR=" + t.TempDir(), "PATH=/nowhere"}, env...)
	cmd.Stderr = io.Discard
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	p := &program{t: t, cmd: cmd, lines: make(chan string, 100)}
	go func() {
		defer close(p.lines)
		for s := bufio.NewScanner(out); s.Scan(); {
			p.lines <- s.Text()
		}
	}()
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return p
}

// expect waits for a line of the child's.
func (p *program) expect(want string) {
	p.t.Helper()
	timeout := time.After(40 * time.Second)
	for {
		select {
		case line, ok := <-p.lines:
			if line == want || !ok && want == "" {
				return
			}
			if !ok {
				p.t.Fatalf("it ended without saying %q", want)
			}
		case <-timeout:
			p.t.Fatalf("it did not say %q", want)
		}
	}
}

// ended waits for the child's end and returns what it said last.
func (p *program) ended() (last string) {
	p.t.Helper()
	timeout := time.After(40 * time.Second)
	for {
		select {
		case line, ok := <-p.lines:
			if !ok {
				return last
			}
			last = line
		case <-timeout:
			p.t.Fatal("it did not end")
		}
	}
}

func TestMenuInATray(t *testing.T) {
	bus := desktop.StartBus(t)
	watcher := desktop.StartWatcher(t, bus)
	p := start(t, bus.Env())
	item := watcher.Item()
	item.Find("Docker: running, Engine_with_underscores")
	if e := item.Find("Docker: running"); !e.HasIcon {
		t.Errorf("the status line has no mark: %+v", e)
	}
	if item.Property("Id") != Title || item.Property("Title") != Title {
		t.Errorf("id %v, title %v", item.Property("Id"), item.Property("Title"))
	}
	if e := item.Find("Launch at Login"); e.Enabled || e.Ticked {
		t.Errorf("%+v", e)
	}
	before := fmt.Sprint(item.Property("IconPixmap"))
	if len(before) < 1000 {
		t.Errorf("icon: %s", before)
	}
	item.Click("About DClaude")
	p.expect("clicked: about")
	item.Find("a_b – waits for you", "Stop a_b-1")
	desktop.Await(t, "another icon", func() bool { return fmt.Sprint(item.Property("IconPixmap")) != before }, nil)
	desktop.Await(t, "the tick", func() bool { return item.Find("Launch at Login").Ticked }, item.Text)
	item.Click("a_b", "Stop a_b-1")
	p.expect("clicked: session.0.stop")
	desktop.Await(t, "the tooltip", func() bool { return strings.Contains(fmt.Sprint(item.Property("ToolTip")), "1 session") }, nil)
	item.Click("Quit DClaude")
	p.ended()
}

// In every state, a click on each item that can be clicked arrives as that
// item, and what is shown is what the menu says.
func TestEveryItemInEveryState(t *testing.T) {
	bus := desktop.StartBus(t)
	watcher := desktop.StartWatcher(t, bus)
	p := start(t, bus.Env())
	item := watcher.Item()
	clicks := 0
	for n, m := range states() {
		want := text(m.Items, "")
		desktop.Await(t, fmt.Sprintf("state %d", n), func() bool { return item.Text() == want }, item.Text)
		ids := map[string]int32{}
		pair(m.Items, item.Menu(), ids)
		for key, id := range ids {
			if _, ok := m.Target(key); !ok || key == "about" || key == "quit" {
				continue
			}
			item.ClickID(id)
			p.expect("clicked: " + key)
			clicks++
		}
		item.Click("About DClaude")
		p.expect("clicked: about")
	}
	if clicks < 140 {
		t.Errorf("only %d items were clicked", clicks)
	}
	item.Click("Quit DClaude")
	p.ended()
}

// text renders what a person would see of a model, as desktop.Item.Text does.
func text(items []menu.Item, indent string) string {
	var b strings.Builder
	for _, i := range items {
		switch {
		case i.Hidden:
		case i.Separator:
			b.WriteString(indent + "----\n")
		default:
			label := i.Label
			if i.Disabled {
				label = "(" + label + ")"
			}
			if i.Checked {
				label = "✓ " + label
			}
			b.WriteString(indent + label + "\n" + text(i.Children, indent+"    "))
		}
	}
	return b.String()
}

// pair finds the ids of the items, by their order.
func pair(items []menu.Item, entries []desktop.Entry, ids map[string]int32) {
	for n, i := range items {
		if !i.Separator && n < len(entries) {
			ids[i.Key] = entries[n].ID
			pair(i.Children, entries[n].Children, ids)
		}
	}
}

// The icon is there whether the program or the tray host comes first, and each
// time the host comes back, and it is registered once with each.
func TestTrayHostsComeAndGo(t *testing.T) {
	bus := desktop.StartBus(t)
	p := start(t, bus.Env())
	for range 3 {
		watcher := desktop.StartWatcher(t, bus)
		item := watcher.Item()
		item.Click("Settings")
		p.expect("clicked: settings")
		for name, n := range watcher.Registrations() {
			if n != 1 {
				t.Errorf("%s registered %d times", name, n)
			}
		}
		watcher.Stop()
	}
}

// Of many starts, none loses its icon or its tooltip.
func TestIconSurvivesTheStart(t *testing.T) {
	bus := desktop.StartBus(t)
	watcher := desktop.StartWatcher(t, bus)
	for range 15 {
		p := start(t, bus.Env())
		item := watcher.Item()
		desktop.Await(t, "icon and tooltip", func() bool {
			return len(fmt.Sprint(item.Property("IconPixmap"))) > 1000 && strings.Contains(fmt.Sprint(item.Property("ToolTip")), "DClaude:")
		}, nil)
		item.Click("Quit DClaude")
		p.ended()
		watcher.Forget()
	}
}

func TestWithoutABus(t *testing.T) {
	p := start(t, []string{"DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere/bus"})
	if last := p.ended(); !strings.Contains(last, "cannot reach the session bus") {
		t.Errorf("it said %q", last)
	}
}

func TestBusGoesAway(t *testing.T) {
	bus := desktop.StartBus(t)
	p := start(t, bus.Env())
	desktop.StartWatcher(t, bus).Item().Click("Settings")
	p.expect("clicked: settings")
	bus.Stop()
	if last := p.ended(); last != "error: "+errBusGone.Error() {
		t.Errorf("it said %q", last)
	}
}
