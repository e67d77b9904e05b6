package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Every project is /workspace inside, and yet its conversation and its files are
// its own.
func TestConversationsOfProjectsAreApart(t *testing.T) {
	w := newWorld(t)
	a, b := w.project("a"), w.project("b")
	for p, content := range map[string]string{a: "a file with quasar-xylophone", b: "another file"} {
		if err := os.WriteFile(filepath.Join(p, "planted"), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	w.ok(a, "--", "-p", "the secret of project a is quasar-xylophone")
	w.ok(b, "--", "--continue", "-p", "go on") // finds nothing to continue, and begins anew
	search := func(p string) string {
		t.Helper()
		name := strings.TrimSpace(w.ok("--detach", p).stdout)
		defer w.ok("stop", name)
		return w.ok("shell", name, "--", "sh", "-c",
			`grep -rlE quasar-[x]ylophone / --exclude-dir=proc --exclude-dir=sys --exclude-dir=dev --exclude-dir=node_modules --exclude-dir=usr 2>/dev/null; true`).stdout
	}
	if found := search(a); !strings.Contains(found, "/workspace/planted\n") || !strings.Contains(found, "/.claude/projects/-workspace/") {
		t.Fatalf("a's own conversation and file are not found, so the search says nothing about b: %q", found)
	}
	if found := search(b); found != "" {
		t.Errorf("b sees what is a's: %s", found)
	}
	if r := w.ok(a, "--", "--continue", "-p", "go on"); r.stdout != "You said: go on\n" {
		t.Errorf("a does not continue: %v", r)
	}
	name := strings.TrimSpace(w.ok("--detach", a).stdout)
	r := w.ok("shell", name, "--", "sh", "-c", `cat ~/.claude/projects/-workspace/*.jsonl | grep -c -e quasar-xylophone -e "go on"; ls ~/.claude/projects/-workspace/*.jsonl | wc -l`)
	if lines := strings.Fields(r.stdout); len(lines) != 2 || lines[1] != "1" {
		t.Errorf("one conversation with both turns: %v", r)
	}
	w.ok("stop", name)
}
