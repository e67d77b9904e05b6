// Package desktop plays the user's desktop for tests: a private D-Bus with a
// tray host, a client of the menu, a notification service, and an X server that
// nobody sees. The bus is a real dbus-daemon; only what draws is missing.
package desktop

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/godbus/dbus/v5"

	"dclaude/test/lab"
)

// limit is how long a test waits for what must come.
const limit = 40 * time.Second

// step is the pause between two looks at what has no event.
const step = 5 * time.Millisecond

// Bus is a D-Bus of the test's own.
type Bus struct {
	Address string

	t   testing.TB
	cmd *exec.Cmd
}

const busConfig = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN" "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir=%s</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
`

// StartBus starts a bus that ends with the test. It has no services of its
// own, and starts none.
func StartBus(t testing.TB) *Bus {
	t.Helper()
	lab.RequireBus(t)
	dir := shortDir(t)
	config := filepath.Join(dir, "bus.conf")
	if err := os.WriteFile(config, fmt.Appendf(nil, busConfig, dir), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "dbus-daemon", "--config-file="+config, "--nofork", "--nopidfile", "--print-address=1")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	b := &Bus{t: t, cmd: cmd}
	t.Cleanup(b.Stop)
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("dbus-daemon says nothing: %v", err)
	}
	b.Address = strings.TrimSpace(line)
	return b
}

// Stop ends the bus, as the end of a desktop session does.
func (b *Bus) Stop() {
	if b.cmd.ProcessState == nil {
		_ = b.cmd.Process.Kill()
		_ = b.cmd.Wait()
	}
}

// Env is what leads a program to the bus, and to no other desktop.
func (b *Bus) Env() []string { return []string{"DBUS_SESSION_BUS_ADDRESS=" + b.Address} }

// Connect returns a connection that is closed with the test.
func (b *Bus) Connect() *dbus.Conn {
	b.t.Helper()
	conn, err := dbus.Connect(b.Address)
	if err != nil {
		b.t.Fatalf("connect to the bus: %v", err)
	}
	b.t.Cleanup(func() { _ = conn.Close() })
	return conn
}

// shortDir is a folder whose path leaves room for the name of a socket.
func shortDir(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "dt-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}

// Await looks until ok returns true, and fails the test with what it waited
// for, and what last told, when that does not happen.
func Await(t testing.TB, what string, ok func() bool, last func() string) {
	t.Helper()
	for deadline := time.Now().Add(limit); !ok(); time.Sleep(step) {
		if time.Now().After(deadline) {
			text := ""
			if last != nil {
				text = "\n" + last()
			}
			t.Fatalf("waited %v for %s%s", limit, what, text)
		}
	}
}
