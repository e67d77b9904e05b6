package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A session can swap a folder in its project for a link. While it runs, nothing
// below its project is mounted; afterwards, no folder is shown through a link.
func TestFoldersThatASessionCouldSwap(t *testing.T) {
	w := newWorld(t).set("DCLAUDE_ISOLATION=runc", "DCLAUDE_NETWORK=open")
	parent := w.project("parent")
	below, other := filepath.Join(parent, "below"), w.project("other")
	if err := os.Mkdir(below, 0o755); err != nil {
		t.Fatal(err)
	}
	name := strings.TrimSpace(w.ok("--detach", parent).stdout)
	for _, args := range [][]string{{"--detach", below}, {"--detach", "--mounts", below, other}} {
		if r := w.run(args...); r.code != 125 || !strings.Contains(r.stderr, "session "+name) || !strings.Contains(r.stderr, "dclaude stop "+name) {
			t.Errorf("%q: %v", args, r)
		}
	}
	w.ok("stop", name)

	secret := filepath.Join(w.home, "Documents")
	if err := os.Mkdir(secret, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.Remove(below); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(secret, below); err != nil {
		t.Fatal(err)
	}
	if r := w.run("--detach", "--mounts", below, other); r.code != 125 || !strings.Contains(r.stderr, "leads through a link to "+secret) {
		t.Errorf("through a link: %v", r)
	}
	if r := w.run(below, "--", "--version"); r.code != 125 || !strings.Contains(r.stderr, "is a link that a session could have made") {
		t.Errorf("a launch through it: %v", r)
	}
	mine := filepath.Join(w.home, "mine")
	if err := os.Symlink(secret, mine); err != nil {
		t.Fatal(err)
	}
	if r := w.run(mine, "--", "--version"); r.code != 0 || !strings.Contains(r.stderr, mine+" leads to "+secret) {
		t.Errorf("the user is not told where the folder leads: %v", r)
	}
}
