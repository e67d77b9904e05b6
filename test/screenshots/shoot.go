package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"

	"dclaude/launcher/fakeapi"
	"dclaude/test/lab"
)

// stage is a user with a desktop, a login and two projects.
type stage struct {
	*desk
	dir     string
	dclaude string
	out     string
	env     []string // for dclaude and the app
	app     *exec.Cmd
}

func shoot(dclaude, out string) error {
	ctx := context.Background()
	l, err := lab.Open(nil)
	if err != nil {
		return err
	}
	host, err := l.Up(ctx)
	if err != nil {
		return err
	}
	gateway, err := exec.CommandContext(ctx, "docker", "-H", host, "network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}").Output()
	if err != nil {
		return err
	}
	url, stop, err := fakeapi.New(fakeapi.Bash(question, "dmesg | head -3; ls /workspace")).Start(net.JoinHostPort(strings.TrimSpace(string(gateway)), "0"))
	if err != nil {
		return err
	}
	defer stop()
	dir, err := os.MkdirTemp("", "ds-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.MkdirAll(out, 0o750); err != nil {
		return err
	}
	s := &stage{dir: dir, dclaude: dclaude, out: out}
	s.env = []string{"DOCKER_HOST=" + host, "DCLAUDE_ENV=ANTHROPIC_BASE_URL=" + url, "DCLAUDE_ALLOW=" + strings.TrimPrefix(url, "http://"), "TERMINAL=" + s.terminal(), "TERM=xterm-256color"}
	for _, look := range []struct {
		theme, colour string
		steps         []func() error
	}{
		{"Adwaita", "#5b7083", []func() error{s.sessions, s.limits, s.blocked, s.expired, s.withoutEngine, s.withoutGVisor, s.newLogin, s.dropped}},
		{"Adwaita:dark", "#26303a", []func() error{s.inTheDark}},
	} {
		if err := s.take(look.theme, look.colour, look.steps); err != nil {
			return err
		}
	}
	return nil
}

// question is what is asked in the window of a folder that was handed over.
const question = "Where are you?"

// take takes pictures on a desktop of their own.
func (s *stage) take(theme, colour string, steps []func() error) (err error) {
	s.desk, err = startDesk(s.dir, theme, colour)
	defer s.stop()
	if err != nil {
		return err
	}
	defer s.stopSessions()
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// terminal is xterm with colours that are easy on the eyes.
func (s *stage) terminal() string {
	path := filepath.Join(s.dir, "xterm")
	script := "#!/bin/sh\nexec xterm -geometry 96x25+4+168 -fa 'DejaVu Sans Mono' -fs 10 -bg '#1e1e1e' -fg '#d4d4d4' \"$@\"\n"
	_ = os.WriteFile(path, []byte(script), 0o700)
	return path
}

// run runs a dclaude command.
func (s *stage) run(args ...string) (string, error) {
	cmd := exec.Command(s.dclaude, args...)
	cmd.Env = append(append([]string{}, s.desk.env...), s.env...)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("dclaude %q: %w: %s", args, err, stderr.String())
	}
	return strings.TrimSpace(string(out)), nil
}

func (s *stage) stopSessions() { _, _ = s.run("stop", "--all") }

func (s *stage) login(token string, left time.Duration) error {
	path := filepath.Join(s.dir, "home", ".claude", ".credentials.json")
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	return os.WriteFile(path, lab.Login{Access: token, Refresh: "none", Expires: time.Now().Add(left)}.JSON(), 0o600)
}

// project makes a folder that belongs to an ordinary user.
func (s *stage) project(name string) string {
	path := filepath.Join(s.dir, "home", "Projects", name)
	_ = os.MkdirAll(path, 0o755)
	_ = os.Chown(path, 501, 20)
	return path
}

// start starts the app; the one before ends.
func (s *stage) start(env ...string) error {
	if s.app != nil {
		end(s.app)
	}
	var err error
	s.app, err = s.launch(append(append([]string{}, s.env...), env...), s.dclaude+"-menubar")
	if err != nil {
		return err
	}
	time.Sleep(4 * time.Second) // it connects, and the panel draws
	return s.dismiss()
}

// menu opens the menu and takes its picture.
func (s *stage) menu(name string) error {
	return errors.Join(s.openMenu(), s.picture(filepath.Join(s.out, name+".png"), "500x480+524+0"), s.closeMenu())
}

// sessionsOf starts a session on each of these projects.
func (s *stage) sessionsOf(names ...string) error {
	for _, name := range names {
		if _, err := s.run("--detach", "--isolation", "gvisor", s.project(name)); err != nil {
			return err
		}
	}
	return nil
}

func (s *stage) sessions() error {
	if err := errors.Join(s.login("one", 3*time.Hour+13*time.Minute), s.sessionsOf("payments-api", "website")); err != nil {
		return err
	}
	return errors.Join(s.start(), s.submenu("menu-sessions", rowSession, 480))
}

// The rows of the menu of a computer on which all is well, with two sessions, by
// the middle of each on the screen.
const (
	rowSession = 197
	rowNetwork = 248
	rowLimits  = 298
)

// submenu opens the menu and a submenu, and takes the picture, of that height.
func (s *stage) submenu(name string, row, height int) error {
	if err := s.openMenu(); err != nil {
		return err
	}
	time.Sleep(time.Second) // it opens
	if _, err := s.do("xdotool", "mousemove", "650", fmt.Sprint(row)); err != nil {
		return err
	}
	return errors.Join(s.picture(filepath.Join(s.out, name+".png"), fmt.Sprintf("900x%d+124+0", height)), s.closeMenu())
}

// limits shows what the next session may take.
func (s *stage) limits() error { return s.submenu("menu-limits", rowLimits, 640) }

// blocked shows a host that a session was kept from.
func (s *stage) blocked() error {
	all, err := s.run("ls", "--json")
	if err != nil {
		return err
	}
	var sessions []struct{ Name string }
	if err := json.Unmarshal([]byte(all), &sessions); err != nil || len(sessions) == 0 {
		return errors.Join(err, errors.New("no session is there"))
	}
	_, _ = s.run("shell", sessions[0].Name, "--", "curl", "-s", "https://crates.example/") // it is to fail
	time.Sleep(2 * time.Second)
	return errors.Join(s.picture(filepath.Join(s.out, "notification-blocked.png"), "500x200+524+0"), s.dismiss(), s.submenu("menu-blocked", rowNetwork, 480))
}

// inTheDark shows the menu on a dark desktop.
func (s *stage) inTheDark() error {
	return errors.Join(s.sessionsOf("payments-api", "website"), s.start(), s.submenu("menu-dark", rowSession, 480))
}

func (s *stage) expired() error {
	return errors.Join(s.login("two", -7*time.Minute), s.start(), s.menu("menu-login-expired"))
}

func (s *stage) withoutEngine() error {
	return errors.Join(s.login("three", 5*time.Hour), s.start("DOCKER_HOST=unix:///run/no-such-engine.sock"), s.menu("menu-engine-stopped"))
}

func (s *stage) withoutGVisor() error {
	name, err := s.run("--detach", "--isolation", "runc", s.project("scratch"))
	if err != nil {
		return err
	}
	err = errors.Join(s.start(), s.menu("menu-without-gvisor"))
	_, stopErr := s.run("stop", name)
	return errors.Join(err, stopErr)
}

// newLogin shows the notification of a new login, with its button.
func (s *stage) newLogin() error {
	if err := errors.Join(s.start(), s.login("four", 8*time.Hour)); err != nil {
		return err
	}
	time.Sleep(2 * time.Second)
	return errors.Join(s.picture(filepath.Join(s.out, "notification.png"), "500x200+524+0"), s.dismiss())
}

// dismiss closes the notification.
func (s *stage) dismiss() error {
	object := s.conn.Object("org.freedesktop.Notifications", "/org/freedesktop/Notifications")
	for id := range uint32(20) {
		object.Go("org.freedesktop.Notifications.CloseNotification", dbus.FlagNoReplyExpected, nil, id)
	}
	return nil
}

// dropped hands a folder to the app that runs.
func (s *stage) dropped() error {
	second, err := s.launch(s.env, s.dclaude+"-menubar", s.project("shop frontend"))
	if err != nil {
		return err
	}
	if err := second.Wait(); err != nil {
		return err
	}
	err = await("a window", func() bool {
		_, err := s.do("xdotool", "search", "--onlyvisible", "--class", "xterm")
		return err == nil
	})
	time.Sleep(8 * time.Second) // Claude starts, and has no event that reaches us
	for _, keys := range [][]string{{"mousemove", "450", "330", "click", "1"}, {"type", "--delay", "60", question}, {"key", "Return"}, {"mousemove", "980", "600"}} {
		_, keyErr := s.do(append([]string{"xdotool"}, keys...)...)
		err = errors.Join(err, keyErr)
		time.Sleep(time.Second)
	}
	time.Sleep(8 * time.Second) // Claude answers
	return errors.Join(err, s.picture(filepath.Join(s.out, "terminal.png"), "1024x640+0+0"))
}
