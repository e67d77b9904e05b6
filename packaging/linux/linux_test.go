// Package linux holds what the packages for Linux are described by: desktop
// entries, and the .deb's control files. There is no code here but this test;
// test/e2e installs the packages.
package linux

import (
	"os/exec"
	"path/filepath"
	"testing"

	"dclaude/test/lab"
)

// The desktop's own checker has nothing to say of the entries.
func TestDesktopEntries(t *testing.T) {
	entries, err := filepath.Glob("*.desktop")
	if err != nil || len(entries) != 2 {
		t.Fatalf("%q, %v, want two", entries, err)
	}
	validate := lab.RequireTool(t, "desktop-file-validate")
	for _, entry := range entries {
		if out, err := exec.Command(validate, entry).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%v\n%s", err, out)
		}
	}
}
