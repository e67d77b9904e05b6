package main

import (
	"context"
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
	url, stop, err := fakeapi.New().Start(net.JoinHostPort(strings.TrimSpace(string(gateway)), "0"))
	if err != nil {
		return err
	}
	defer stop()
	dir, err := os.MkdirTemp("", "ds-")
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	d, err := startDesk(dir)
	defer d.stop()
	if err != nil {
		return err
	}
	s := &stage{desk: d, dclaude: dclaude, out: out}
	s.env = []string{"DOCKER_HOST=" + host, "DCLAUDE_ENV=ANTHROPIC_BASE_URL=" + url, "DCLAUDE_ALLOW=" + strings.TrimPrefix(url, "http://"), "TERMINAL=" + s.terminal(), "TERM=xterm-256color"}
	defer s.stopSessions()
	return errors.Join(os.MkdirAll(out, 0o750), s.all())
}

// terminal is xterm with colours that are easy on the eyes.
func (s *stage) terminal() string {
	path := filepath.Join(s.dir, "xterm")
	script := "#!/bin/sh\nexec xterm -geometry 96x26+60+80 -fa 'DejaVu Sans Mono' -fs 10 -bg '#1e1e1e' -fg '#d4d4d4' \"$@\"\n"
	_ = os.WriteFile(path, []byte(script), 0o700)
	return path
}

func (s *stage) all() error {
	for _, step := range []func() error{s.sessions, s.expired, s.withoutEngine, s.withoutGVisor, s.newLogin, s.dropped} {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
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

func (s *stage) sessions() error {
	if err := s.login("one", 3*time.Hour+13*time.Minute); err != nil {
		return err
	}
	for _, name := range []string{"payments-api", "website"} {
		if _, err := s.run("--detach", "--isolation", "gvisor", s.project(name)); err != nil {
			return err
		}
	}
	if err := errors.Join(s.start(), s.openMenu()); err != nil {
		return err
	}
	time.Sleep(time.Second)
	_, err := s.do("xdotool", "mousemove", "650", "197") // the first session
	return errors.Join(err, s.picture(filepath.Join(s.out, "menu-sessions.png"), "840x480+184+0"), s.closeMenu())
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
	return errors.Join(err, s.picture(filepath.Join(s.out, "terminal.png"), "1024x640+0+0"))
}
