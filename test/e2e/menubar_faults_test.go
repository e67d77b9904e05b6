package e2e

import (
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"dclaude/test/desktop"
	"dclaude/test/lab"
)

// relay is an engine's socket that comes and goes, with the lab's engine behind
// it.
type relay struct {
	t            *testing.T
	path, engine string

	mu       sync.Mutex
	listener net.Listener
	open     []net.Conn
}

func (r *relay) start() {
	r.t.Helper()
	listener, err := net.Listen("unix", r.path)
	if err != nil {
		r.t.Fatal(err)
	}
	r.listener = listener
	go func() {
		for {
			in, err := listener.Accept()
			if err != nil {
				return
			}
			out, err := net.Dial("unix", r.engine)
			if err != nil {
				_ = in.Close()
				continue
			}
			r.mu.Lock()
			r.open = append(r.open, in, out)
			r.mu.Unlock()
			go func() { _, _ = io.Copy(out, in); _ = out.(*net.UnixConn).CloseWrite() }()
			go func() { _, _ = io.Copy(in, out); _ = in.Close() }()
		}
	}()
}

// stop ends the engine as far as anybody can see.
func (r *relay) stop() {
	_ = r.listener.Close() // the socket goes with it
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.open {
		_ = c.Close()
	}
	r.open = nil
}

// The engine goes and comes again and again: the menu follows, tells it once
// each time, and its sessions are there again.
func TestMenubarEngineGoesAndComes(t *testing.T) {
	m := newMenubar(t)
	name := strings.TrimSpace(m.ok("--detach", m.project("p")).stdout)
	r := &relay{t: t, path: filepath.Join(shortDir(t), "docker.sock"), engine: strings.TrimPrefix(m.lab.Host, "unix://")}
	r.start()
	t.Cleanup(func() { r.stop() })
	direct := m.environ
	m.set("DOCKER_HOST=unix://" + r.path)
	m.start()
	m.environ = direct
	for n := range 3 {
		m.item.Find("Docker: running")
		m.item.Find("p", "Stop "+name)
		before := len(m.notes.All())
		r.stop()
		m.item.Find("Docker: not running")
		m.item.Find("No sessions")
		note := m.notes.Await("Docker has stopped")
		if all := m.notes.All(); n == 0 && len(all) != before+1 || !strings.Contains(note.Body, "The sessions that ran have ended.") {
			t.Errorf("%+v", all)
		}
		r.start()
	}
	m.item.Click("p", "Stop "+name)
	m.item.Find("No sessions")
	m.quit()
}

// What is missing or cannot be read is said, and found when it comes back.
func TestMenubarWhatIsMissing(t *testing.T) {
	m := newMenubar(t)
	// The app without its command.
	alone := filepath.Join(m.home, "alone")
	program := filepath.Join(alone, "dclaude-menubar")
	if err := errors.Join(os.Mkdir(alone, 0o755), os.Link(dclaude+"-menubar", program)); err != nil {
		b, readErr := os.ReadFile(dclaude + "-menubar")
		if err := errors.Join(readErr, os.WriteFile(program, b, 0o755)); err != nil {
			t.Fatal(err)
		}
	}
	gone := m.project("gone")
	m.ok(gone, "--", "--version")
	m.set("PATH=/usr/bin:/bin")
	m.cmd = exec.Command(program)
	m.cmd.Env, m.cmd.Dir = m.environ, m.home
	if err := m.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = m.cmd.Process.Kill()
		_ = m.cmd.Wait()
	})
	m.item = m.tray.Item()
	m.item.Find("The dclaude command is missing")
	if e := m.item.Find("Open Project in Sandbox"); e.Enabled {
		t.Error("what needs the command can be clicked")
	}
	if err := os.Symlink(dclaude, filepath.Join(alone, "dclaude")); err != nil {
		t.Fatal(err)
	}

	// A login that cannot be read, and none.
	m.write(".claude/.credentials.json", "{ this is no login")
	m.item.Find("Login: cannot be read")
	desktop.Await(t, "the command", func() bool { return !m.item.Has("The dclaude command is missing") }, m.item.Text)
	if err := os.Remove(filepath.Join(m.home, ".claude", ".credentials.json")); err != nil {
		t.Fatal(err)
	}
	m.item.Find("Login: nobody is signed in")
	m.login(lab.Login{Access: accessToken, Refresh: refreshToken, Expires: time.Now().Add(8 * time.Hour)})
	m.item.Find("Login: Max, 7 h")

	// A project that has gone since it was opened.
	second := exec.Command(program, gone)
	second.Env = m.environ
	if out, err := second.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	m.item.Find("1 session")
	m.ok("stop", m.sessions()[0].Name)
	m.item.Find("No sessions")
	if err := os.RemoveAll(gone); err != nil {
		t.Fatal(err)
	}
	recent := m.item.Find("Open Recent", "~/projects/gone")
	m.item.ClickID(recent.ID)
	note := m.notes.Await("Could not open that")
	if !strings.Contains(note.Body, "does not exist any more") {
		t.Errorf("%+v", note)
	}
	if e := m.item.Find("Open Recent", "~/projects/gone (gone)"); e.Enabled {
		t.Error("a folder that has gone can be opened")
	}
	if n := len(m.sessions()); n != 0 {
		t.Errorf("%d sessions", n)
	}
}

// Without a desktop's bus, or when it goes, the program says so and ends.
func TestMenubarWithoutABus(t *testing.T) {
	m := newMenubar(t)
	alone := exec.Command(dclaude + "-menubar")
	alone.Env = slices.Concat(m.environ, []string{"DBUS_SESSION_BUS_ADDRESS=unix:path=/nowhere/bus"})
	out, err := alone.CombinedOutput()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(string(out), "dclaude-menubar: error: cannot reach the session bus") {
		t.Errorf("%v: %s", err, out)
	}
	m.start()
	m.item.Find("Docker: running")
	m.bus.Stop()
	ended := make(chan error, 1)
	go func() { ended <- m.cmd.Wait() }()
	select {
	case err := <-ended:
		if err == nil {
			t.Error("it ended as if it had been told to")
		}
	case <-time.After(time.Minute):
		t.Error("it outlives its bus")
	}
}
