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

// runChild shows a menu, prints what is clicked, and goes through some states:
// one for each click on "About".
func runChild() error {
	h := New()
	snapshot := monitor.Snapshot{At: time.Now(), Engine: monitor.Engine{State: monitor.EngineRunning, Product: "Engine_with_underscores"}}
	states := []menu.View{{Snapshot: snapshot}}
	snapshot.Sessions = []monitor.Session{{Name: "a_b-1", Container: "1", Project: "/p/a_b", Activity: monitor.ActivityWaiting}}
	states = append(states, menu.View{Snapshot: snapshot, LaunchAtLogin: true, CanLaunchAtLogin: true}, menu.View{})
	models := make([]menu.Model, len(states))
	for i, v := range states {
		models[i] = menu.Build(v.Place(menu.View{}))
	}
	return h.Run(slog.New(slog.NewTextHandler(os.Stderr, nil)), func(b tray.Backend) {
		keys := make(chan string, 10)
		t := tray.New(b, func(key string) { keys <- key })
		_ = t.Show(models[0])
		go func() {
			at := 0
			for key := range keys {
				fmt.Println("clicked:", key)
				switch key {
				case "about":
					at = (at + 1) % len(models)
					_ = t.Show(models[at])
				case "quit":
					h.Quit()
				}
			}
		}()
	})
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
