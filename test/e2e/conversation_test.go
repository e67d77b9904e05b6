package e2e

import (
	"strings"
	"testing"
)

// Every project is /workspace inside, and yet its conversation is its own.
func TestConversationsOfProjectsAreApart(t *testing.T) {
	w := newWorld(t)
	a, b := w.project("a"), w.project("b")
	w.ok(a, "--", "-p", "the secret of project a is quasar-xylophone")
	w.ok(b, "--", "--continue", "-p", "go on") // finds nothing to continue, and begins anew
	name := strings.TrimSpace(w.ok("--detach", b).stdout)
	search := `grep -rl quasar-xylophone / --exclude-dir=proc --exclude-dir=sys --exclude-dir=dev --exclude-dir=node_modules --exclude-dir=usr 2>/dev/null; true`
	if r := w.ok("shell", name, "--", "sh", "-c", search); strings.Contains(r.stdout, ".claude") {
		t.Errorf("b sees the conversation of a: %v", r)
	}
	w.ok("stop", name)
	if r := w.ok(a, "--", "--continue", "-p", "go on"); r.stdout != "You said: go on\n" {
		t.Errorf("a does not continue: %v", r)
	}
	name = strings.TrimSpace(w.ok("--detach", a).stdout)
	r := w.ok("shell", name, "--", "sh", "-c", `cat ~/.claude/projects/-workspace/*.jsonl | grep -c -e quasar-xylophone -e "go on"; ls ~/.claude/projects/-workspace/*.jsonl | wc -l`)
	if lines := strings.Fields(r.stdout); len(lines) != 2 || lines[1] != "1" {
		t.Errorf("one conversation with both turns: %v", r)
	}
	w.ok("stop", name)
}
