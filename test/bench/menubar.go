package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"

	"dclaude/test/lab"
)

// menuLimit is what one change may take to show.
const menuLimit = time.Minute

// menubar measures the menu-bar app: at rest with two sessions, from an event
// of the engine to the changed menu, and from a new login on disk to the
// sessions that have it.
func menubar(ctx context.Context, w *world) (err error) {
	a, err := startApp(ctx, w)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, w.endSessions(context.WithoutCancel(ctx))) }()
	defer a.stop()
	for range 2 {
		if _, err := w.output(ctx, w.dclaude, "--network", "open", "--detach", "--new", w.project); err != nil {
			return err
		}
	}
	if err := a.idle(ctx, w.idle); err != nil {
		return err
	}
	fmt.Println()
	return a.latencies(ctx)
}

// barApp is the app, in a desktop that is a bus and nothing else.
type barApp struct {
	w        *world
	bus, app *exec.Cmd
	changes  chan *dbus.Signal
	conn     *dbus.Conn
}

func startApp(ctx context.Context, w *world) (_ *barApp, err error) {
	a := &barApp{w: w, changes: make(chan *dbus.Signal, 10_000)}
	defer func() {
		if err != nil {
			a.stop()
		}
	}()
	a.bus = exec.CommandContext(ctx, "dbus-daemon", "--session", "--nofork", "--nopidfile", "--print-address=1")
	out, err := a.bus.StdoutPipe()
	if err != nil {
		return a, err
	}
	if err := a.bus.Start(); err != nil {
		return a, err
	}
	address, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		return a, err
	}
	address = strings.TrimSpace(address)
	if a.conn, err = dbus.Connect(address); err != nil {
		return a, err
	}
	if err := a.conn.AddMatchSignal(dbus.WithMatchInterface("com.canonical.dbusmenu"), dbus.WithMatchMember("ItemsPropertiesUpdated")); err != nil {
		return a, err
	}
	a.conn.Signal(a.changes)
	config := filepath.Join(w.home, ".config", "dclaude", "config.toml")
	err = errors.Join(os.MkdirAll(filepath.Dir(config), 0o700), os.WriteFile(config, []byte("[app]\nreinject = \"auto\"\n"), 0o600))
	if err != nil {
		return a, err
	}
	a.app = exec.CommandContext(ctx, w.dclaude+"-menubar")
	a.app.Env = append(append([]string{}, w.environ...), "DBUS_SESSION_BUS_ADDRESS="+address, "XDG_RUNTIME_DIR="+filepath.Join(w.home, "run"))
	a.app.Dir = w.home
	return a, a.app.Start()
}

func (a *barApp) stop() {
	if a.conn != nil {
		_ = a.conn.Close()
	}
	for _, cmd := range []*exec.Cmd{a.app, a.bus} {
		if cmd != nil && cmd.Process != nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}
}

// use is what a process has used.
type use struct {
	cpu      time.Duration
	resident int64 // bytes
	switches int64 // how often its threads went to sleep
}

// idle measures the app at rest, after it has settled.
func (a *barApp) idle(ctx context.Context, length time.Duration) error {
	if err := pause(ctx, 15*time.Second); err != nil {
		return err
	}
	before, err := usage(a.app.Process.Pid)
	if err != nil {
		return err
	}
	if err := pause(ctx, length); err != nil {
		return err
	}
	after, err := usage(a.app.Process.Pid)
	if err != nil {
		return err
	}
	cpu := after.cpu - before.cpu
	printTable([]string{"at rest, two sessions", "CPU time", "of a core", "resident", "wake-ups a minute"}, [][]string{{
		length.String(), fmt.Sprintf("%d ms", cpu.Milliseconds()), fmt.Sprintf("%.4f %%", 100*cpu.Seconds()/length.Seconds()),
		fmt.Sprintf("%.1f MB", float64(after.resident)/1e6), fmt.Sprintf("%.1f", float64(after.switches-before.switches)/length.Minutes()),
	}})
	return nil
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// tick is the unit of /proc/PID/stat, on every Linux that Go runs on.
const tick = 10 * time.Millisecond

func usage(pid int) (use, error) {
	dir := filepath.Join("/proc", strconv.Itoa(pid))
	stat, err := os.ReadFile(filepath.Join(dir, "stat"))
	if err != nil {
		return use{}, err
	}
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')')+1:]))
	var u use
	for _, f := range fields[11:13] { // utime and stime
		n, err := strconv.ParseInt(f, 10, 64)
		if err != nil {
			return use{}, err
		}
		u.cpu += time.Duration(n) * tick
	}
	u.resident = 1024 * statusField(filepath.Join(dir, "status"), "VmRSS:")
	threads, err := filepath.Glob(filepath.Join(dir, "task", "*", "status"))
	for _, t := range threads {
		u.switches += statusField(t, "voluntary_ctxt_switches:")
	}
	return u, err
}

func statusField(file, name string) int64 {
	b, err := os.ReadFile(file)
	if err != nil {
		return 0 // a thread that has ended
	}
	for line := range strings.Lines(string(b)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			n, _ := strconv.ParseInt(strings.Fields(rest)[0], 10, 64)
			return n
		}
	}
	return 0
}

// latencies measures how soon a change shows.
func (a *barApp) latencies(ctx context.Context) error {
	var event, login series
	for n := range a.w.runs + 1 {
		e, err := a.session(ctx, n)
		if err != nil {
			return err
		}
		l, err := a.login(ctx, n)
		if err != nil {
			return err
		}
		if n > 0 {
			event.add(e)
			login.add(l)
		}
	}
	printTable([]string{"from", "to", "time"}, [][]string{
		{"the start of a session's container", "the changed menu", event.milliseconds()},
		{"a new login on disk", "two sessions that have it", login.milliseconds()},
	})
	return nil
}

// session starts what looks like a session, and waits until it is in the menu.
func (a *barApp) session(ctx context.Context, n int) (time.Duration, error) {
	name := fmt.Sprintf("bench%d", n)
	for len(a.changes) > 0 {
		<-a.changes
	}
	args := []string{"run", "-d", "--rm", "--name", "dclaude-bench-" + name, "--entrypoint", "sleep"}
	for label, value := range map[string]string{"role": "sandbox", "session": name, "project": a.w.project + "/" + name, "isolation": "runc", "network": "none", "user": "501:20", "tty": "true"} {
		args = append(args, "--label", "dev.dclaude."+label+"="+value)
	}
	id, err := a.w.dockerOutput(ctx, append(args, "claude-sandbox", "600")...)
	if err != nil {
		return 0, err
	}
	defer func() { _, _ = a.w.dockerOutput(ctx, "rm", "-f", id) }()
	shown, err := a.shown(ctx, name)
	if err != nil {
		return 0, err
	}
	text, err := a.w.dockerOutput(ctx, "inspect", "--format", "{{.State.StartedAt}}", id)
	if err != nil {
		return 0, err
	}
	started, err := time.Parse(time.RFC3339Nano, text)
	return shown.Sub(started), err
}

// shown waits for a change of the menu with a text in it.
func (a *barApp) shown(ctx context.Context, text string) (time.Time, error) {
	timeout := time.After(menuLimit)
	for {
		select {
		case s := <-a.changes:
			if strings.Contains(fmt.Sprint(s.Body), text) {
				return time.Now(), nil
			}
		case <-timeout:
			return time.Time{}, fmt.Errorf("%q did not come into the menu", text)
		case <-ctx.Done():
			return time.Time{}, ctx.Err()
		}
	}
}

// login replaces the login and waits until both sessions' records say that they
// have the new one, which is written after they got it.
func (a *barApp) login(ctx context.Context, n int) (time.Duration, error) {
	before, err := a.fingerprints()
	if err != nil {
		return 0, err
	}
	path := filepath.Join(a.w.home, ".claude", ".credentials.json")
	fresh := lab.Login{Access: fmt.Sprintf("sk-ant-oat01-bench-%d", n), Expires: time.Now().Add(8 * time.Hour)}
	if err := os.WriteFile(path+".new", fresh.JSON(), 0o600); err != nil {
		return 0, err
	}
	start := time.Now()
	if err := os.Rename(path+".new", path); err != nil {
		return 0, err
	}
	for time.Since(start) < menuLimit {
		now, err := a.fingerprints()
		if err != nil {
			return 0, err
		}
		changed := 0
		for file, text := range now {
			if before[file] != text {
				changed++
			}
		}
		if changed >= 2 {
			return time.Since(start), nil
		}
		if err := pause(ctx, 2*time.Millisecond); err != nil {
			return 0, err
		}
	}
	return 0, errors.New("the sessions did not get the new login")
}

// fingerprints are the parts of the records that tell of the login.
func (a *barApp) fingerprints() (map[string]string, error) {
	files, err := filepath.Glob(filepath.Join(a.w.home, ".local", "state", "dclaude", "engines", "*", "sessions", "*.json"))
	found := map[string]string{}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			continue // replaced just now
		}
		_, rest, _ := strings.Cut(string(b), `"fingerprint":"`)
		found[f], _, _ = strings.Cut(rest, `"`)
	}
	return found, err
}
