package e2e

import (
	"slices"
	"strings"
	"testing"
)

// olderClaude is a version of Claude Code that is not the newest.
const olderClaude = "2.1.328"

// imageInUse puts the image in use back at the end of a test that changes it,
// and returns its id.
func imageInUse(t *testing.T, w *world) string {
	t.Helper()
	w.ok(w.project("first"), "--", "--version") // makes it
	id := w.lab.Docker("image", "inspect", "--format", "{{.Id}}", "claude-sandbox")
	t.Cleanup(func() {
		if out, err := w.lab.TryDocker("tag", id, "claude-sandbox"); err != nil {
			t.Errorf("put the image back: %v: %s", err, out)
		}
	})
	return id
}

// trials changes the containers in which a new Claude Code is tried.
func trials(change func(c map[string]any)) front {
	return front{create: func(c map[string]any) {
		if c["Image"] == "claude-sandbox:candidate" {
			change(c)
		}
	}}
}

// broken keeps Claude Code from being found.
func broken(c map[string]any) { c["Env"] = []string{"PATH=/nowhere"} }

// noCandidate fails if a new image that was not taken is left by its name.
func noCandidate(t *testing.T, w *world) {
	t.Helper()
	if out := w.lab.Docker("image", "ls", "-q", "claude-sandbox:candidate"); out != "" {
		t.Errorf("a candidate is left: %s", out)
	}
}

func TestUpdateToAVersion(t *testing.T) {
	w := newWorld(t)
	w.set("DCLAUDE_ISOLATION=nested")
	before := imageInUse(t, w)
	r := w.ok("update", olderClaude)
	if !strings.Contains(r.stderr, "under gVisor (nested)") || !strings.Contains(r.stderr, "Claude Code "+olderClaude+" works, as it is") || r.stdout != "" {
		t.Errorf("%v", r)
	}
	noCandidate(t, w)
	r = w.ok(w.project("p"), "--", "--version")
	if !strings.Contains(r.stdout, olderClaude) || strings.Contains(r.stderr, "building") {
		t.Errorf("the next session: %v", r)
	}
	r = w.ok("update", "--check")
	if lines := strings.Fields(r.stdout); len(lines) != 4 || lines[1] != olderClaude || lines[3] == olderClaude || !strings.Contains(r.stderr, "dclaude update") {
		t.Errorf("--check: %v", r)
	}
	if len(w.api.Tokens()) > 0 {
		t.Error("the trial used the API of the user's sessions")
	}
	if after := w.lab.Docker("image", "inspect", "--format", "{{.Id}}", "claude-sandbox"); after == before {
		t.Error("the image is the same")
	}
}

// A Claude Code that fails its trial leaves everything as it was.
func TestUpdateThatFails(t *testing.T) {
	w := newWorld(t)
	before := imageInUse(t, w)
	through := trials(broken).start(t, w.lab.Host)
	r := w.run("update", "--host", through, olderClaude)
	if r.code != 125 || !strings.Contains(r.stderr, "Claude Code "+olderClaude+" does not work in the sandbox, so the previous image stays in use") ||
		!strings.Contains(r.stderr, "dclaude: hint: ") || !strings.Contains(r.stderr, "ended with code 127") {
		t.Errorf("%v", r)
	}
	noCandidate(t, w)
	if after := w.lab.Docker("image", "inspect", "--format", "{{.Id}}", "claude-sandbox"); after != before {
		t.Errorf("the image changed from %s to %s", before, after)
	}
	// A launch that wants that version says so, goes on with the one in use, and
	// does not try once more.
	r = w.ok("--host", through, "--claude-version", olderClaude, w.project("p"), "--", "-p", "hi")
	if r.stdout != "You said: hi\n" || !strings.Contains(r.stderr, "dclaude: warning: Claude Code "+olderClaude+" does not work") ||
		strings.Contains(r.stderr, "building the image") {
		t.Errorf("a launch: %v", r)
	}
	for _, bad := range []string{"--help me", "^2", "../x"} {
		if r := w.run("update", "--", bad); r.code != 2 {
			t.Errorf("update %q: %v", bad, r)
		}
	}
	w.set("DCLAUDE_CLAUDE_VERSION=2.1.300")
	if r := w.run("update", olderClaude); r.code != 125 || !strings.Contains(r.stderr, "claude_version holds Claude Code at 2.1.300") {
		t.Errorf("against the settings: %v", r)
	}
}

// What works only with a remedy gets it, in every session after that.
func TestUpdateThatNeedsARemedy(t *testing.T) {
	w := newWorld(t)
	imageInUse(t, w)
	const remedy = "BUN_JSC_useJIT=0"
	through := trials(func(c map[string]any) {
		env, _ := c["Env"].([]any)
		if !slices.Contains(env, any(remedy)) {
			broken(c)
		}
	}).start(t, w.lab.Host)
	w.set("DOCKER_HOST=" + through)
	r := w.ok("update", olderClaude)
	if !strings.Contains(r.stderr, "works, without Bun's just-in-time compiler") {
		t.Errorf("%v", r)
	}
	name := strings.TrimSpace(w.ok("--detach", w.project("p")).stdout)
	if r := w.ok("shell", name, "--", "env"); !strings.Contains(r.stdout, remedy+"\n") {
		t.Errorf("a session's environment: %v", r)
	}
	w.ok("stop", name)
	r = w.ok("--isolation", "runc", "--detach", w.project("p"))
	name = strings.TrimSpace(r.stdout)
	if r := w.ok("shell", name, "--", "env"); strings.Contains(r.stdout, remedy) {
		t.Errorf("under another isolation: %v", r)
	}
	w.ok("stop", name)
}
