package loginitem

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestAutostart(t *testing.T) {
	i := Item{Program: "/opt/dclaude-menubar", ConfigDir: filepath.Join(t.TempDir(), "config")}
	if i.Enabled() || !i.Supported() {
		t.Error("at the start")
	}
	for range 2 {
		if err := i.Set(true); err != nil || !i.Enabled() {
			t.Fatalf("on: %v", err)
		}
	}
	b, err := os.ReadFile(i.entryPath())
	if err != nil || !strings.Contains(string(b), "Exec=\"/opt/dclaude-menubar\"\n") {
		t.Errorf("%s, %v", b, err)
	}
	for _, off := range []string{"Hidden=true\n", "X-GNOME-Autostart-enabled=false\n"} {
		if err := os.WriteFile(i.entryPath(), []byte("[Desktop Entry]\n"+off), 0o600); err != nil {
			t.Fatal(err)
		}
		if i.Enabled() {
			t.Errorf("%q counts as on", off)
		}
	}
	for range 2 {
		if err := i.Set(false); err != nil || i.Enabled() {
			t.Errorf("off: %v", err)
		}
	}
	if left, _ := os.ReadDir(filepath.Dir(i.entryPath())); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
	if err := (Item{Program: "/x"}).Set(true); err == nil {
		t.Error("no place, and no error")
	}
	blocked := Item{Program: "/x", ConfigDir: "/dev/null/x"}
	if err := blocked.Set(true); err == nil {
		t.Error("no error")
	}
}
