package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"github.com/godbus/dbus/v5"
)

// desk is a desktop session: an X server, a bus, a window manager, a panel and
// a notification service.
type desk struct {
	dir  string
	env  []string
	conn *dbus.Conn
	all  []*exec.Cmd
}

// panel is the configuration of a bar at the top with a tray and a clock.
const panel = `<?xml version="1.0" encoding="UTF-8"?>
<channel name="xfce4-panel" version="1.0">
  <property name="configver" type="int" value="2"/>
  <property name="panels" type="array">
    <value type="int" value="1"/>
    <property name="dark-mode" type="bool" value="false"/>
    <property name="panel-1" type="empty">
      <property name="position" type="string" value="p=6;x=0;y=0"/>
      <property name="length" type="uint" value="100"/>
      <property name="position-locked" type="bool" value="true"/>
      <property name="size" type="uint" value="28"/>
      <property name="plugin-ids" type="array">
        <value type="int" value="1"/>
        <value type="int" value="2"/>
        <value type="int" value="3"/>
        <value type="int" value="4"/>
      </property>
    </property>
  </property>
  <property name="plugins" type="empty">
    <property name="plugin-1" type="string" value="tasklist"/>
    <property name="plugin-2" type="string" value="separator">
      <property name="expand" type="bool" value="true"/>
      <property name="style" type="uint" value="0"/>
    </property>
    <property name="plugin-3" type="string" value="systray">
      <property name="hide-new-items" type="bool" value="false"/>
      <property name="square-icons" type="bool" value="true"/>
    </property>
    <property name="plugin-4" type="string" value="clock"/>
  </property>
</channel>
`

const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir=%s</listen>
  <standard_session_servicedirs/>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`

// startDesk starts everything, with a theme of GTK and a colour behind it all,
// and waits for the tray.
func startDesk(dir, theme, colour string) (*desk, error) {
	d := &desk{dir: dir}
	for _, sub := range []string{"run", "home", "config/gtk-3.0", "config/xfce4/xfconf/xfce-perchannel-xml"} {
		if err := os.MkdirAll(filepath.Join(dir, sub), 0o700); err != nil {
			return d, err
		}
	}
	d.env = []string{
		"HOME=" + filepath.Join(dir, "home"), "XDG_CONFIG_HOME=" + filepath.Join(dir, "config"), "XDG_RUNTIME_DIR=" + filepath.Join(dir, "run"),
		"PATH=" + os.Getenv("PATH"), "LANG=C.UTF-8", "GTK_THEME=" + theme, "NO_AT_BRIDGE=1",
	}
	err := errors.Join(
		// A font of one's own keeps the rows of the menu where they are looked for.
		os.WriteFile(filepath.Join(dir, "config/gtk-3.0/settings.ini"), []byte("[Settings]\ngtk-font-name=DejaVu Sans 10\n"), 0o600),
		os.WriteFile(filepath.Join(dir, "config/xfce4/xfconf/xfce-perchannel-xml/xfce4-panel.xml"), []byte(panel), 0o600),
		os.WriteFile(filepath.Join(dir, "bus.conf"), fmt.Appendf(nil, busConfig, filepath.Join(dir, "run")), 0o600))
	if err != nil {
		return d, err
	}
	display, err := d.told("Xvfb", "-displayfd", "1", "-screen", "0", "1024x640x24", "-nolisten", "tcp", "-noreset")
	if err != nil {
		return d, err
	}
	d.env = append(d.env, "DISPLAY=:"+display)
	address, err := d.told("dbus-daemon", "--config-file="+filepath.Join(dir, "bus.conf"), "--nofork", "--nopidfile", "--print-address=1")
	if err != nil {
		return d, err
	}
	d.env = append(d.env, "DBUS_SESSION_BUS_ADDRESS="+address)
	if d.conn, err = dbus.Connect(address); err != nil {
		return d, err
	}
	for _, argv := range [][]string{
		{"xsetroot", "-solid", colour}, {"xfwm4", "--compositor=off"}, {"xfce4-panel", "--disable-wm-check"},
		{"/usr/lib/x86_64-linux-gnu/xfce4/notifyd/xfce4-notifyd"},
	} {
		if err := d.start(argv...); err != nil {
			return d, err
		}
	}
	return d, await("a tray", func() bool {
		var owned bool
		err := d.conn.BusObject().Call("org.freedesktop.DBus.NameHasOwner", 0, "org.kde.StatusNotifierWatcher").Store(&owned)
		return err == nil && owned
	})
}

// told starts a program that goes on, and returns the line that it says first.
func (d *desk) told(argv ...string) (string, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = d.env
	out, err := cmd.StdoutPipe()
	if err != nil {
		return "", err
	}
	if err := cmd.Start(); err != nil {
		return "", err
	}
	d.all = append(d.all, cmd)
	line, err := bufio.NewReader(out).ReadString('\n')
	return strings.TrimSpace(line), err
}

// start starts a program that goes on.
func (d *desk) start(argv ...string) error {
	_, err := d.launch(nil, argv...)
	return err
}

func (d *desk) launch(env []string, argv ...string) (*exec.Cmd, error) {
	cmd := exec.Command(argv[0], argv[1:]...)
	cmd.Env = append(append([]string{}, d.env...), env...)
	cmd.Dir = d.dir
	d.all = append(d.all, cmd)
	return cmd, cmd.Start()
}

// stop ends what was started, the latest first.
func (d *desk) stop() {
	for i := len(d.all) - 1; i >= 0; i-- {
		end(d.all[i])
	}
}

func end(cmd *exec.Cmd) {
	if cmd.Process != nil && cmd.ProcessState == nil {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}
}

// do runs a program to its end and returns what it prints.
func (d *desk) do(argv ...string) (string, error) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Env = d.env
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%q: %w: %s", argv, err, out)
	}
	return strings.TrimSpace(string(out)), nil
}

// picture saves a part of the screen, with few colours, so that it is small.
func (d *desk) picture(file, geometry string) error {
	time.Sleep(700 * time.Millisecond) // what is drawn has no event
	_, err := d.do("import", "-window", "root", "-crop", geometry, "+repage", "-strip", "-colors", "128", "PNG8:"+file)
	return err
}

// icon is the middle of the app's icon in the bar.
func (d *desk) icon() (x, y string, err error) {
	var id string
	err = await("the icon's window", func() bool {
		ids, err := d.do("xdotool", "search", "--onlyvisible", "--name", "^wrapper-2.0$")
		id, _, _ = strings.Cut(ids, "\n")
		return err == nil && id != ""
	})
	if err != nil {
		return "", "", err
	}
	geometry, err := d.do("xdotool", "getwindowgeometry", "--shell", id)
	if err != nil {
		return "", "", err
	}
	var left, top, width, height int
	for line := range strings.Lines(geometry) {
		for name, value := range map[string]*int{"X=": &left, "Y=": &top, "WIDTH=": &width, "HEIGHT=": &height} {
			if text, ok := strings.CutPrefix(line, name); ok {
				_, _ = fmt.Sscan(text, value)
			}
		}
	}
	return fmt.Sprint(left + width/2), fmt.Sprint(top + height/2), nil
}

// openMenu clicks the icon.
func (d *desk) openMenu() error {
	x, y, err := d.icon()
	if err != nil {
		return err
	}
	_, err = d.do("xdotool", "mousemove", x, y, "click", "1")
	return err
}

func (d *desk) closeMenu() error {
	_, err := d.do("xdotool", "key", "Escape", "key", "Escape", "mousemove", "300", "560")
	return err
}

// await looks until ok returns true.
func await(what string, ok func() bool) error {
	for deadline := time.Now().Add(2 * time.Minute); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(deadline) {
			return fmt.Errorf("waited in vain for %s", what)
		}
	}
	return nil
}
