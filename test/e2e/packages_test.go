package e2e

import (
	"strings"
	"testing"
)

// The user's own Debian packages are in the image, which is built once for them;
// and a name that Debian does not have is what the error says.
func TestAptPackages(t *testing.T) {
	w := newWorld(t).set("DCLAUDE_ISOLATION=runc", "DCLAUDE_REVIEW=off")
	p := w.project("p")
	image := func() string { return w.lab.Docker("image", "inspect", "--format", "{{.Id}}", "claude-sandbox") }
	w.ok(p, "--", "--version")
	before := image()
	// Other tests want the image as it was, from the engine's cache.
	t.Cleanup(func() {
		w.write(".config/dclaude/config.toml", "")
		w.ok(p, "--", "--version")
	})

	w.write(".config/dclaude/config.toml", "apt_packages = [\"no-such-package-7f3a\"]\n")
	r := w.run(p, "--", "--version")
	if r.code != 125 || !strings.Contains(r.stderr, "no-such-package-7f3a") || !strings.Contains(r.stderr, "hint:") {
		t.Errorf("a name that Debian does not have: %v", r)
	}
	if image() != before {
		t.Error("a build that failed left another image")
	}

	w.write(".config/dclaude/config.toml", "apt_packages = [\"hello\"]\n")
	name := strings.TrimSpace(w.ok("--detach", p).stdout)
	if r := w.ok("shell", name, "--", "hello"); r.stdout != "Hello, world!\n" {
		t.Errorf("the package is not there: %v", r)
	}
	w.ok("stop", name)
	built := image()
	if built == before {
		t.Error("the image is the same")
	}
	if r := w.ok(p, "--", "-p", "hi"); r.stdout != "You said: hi\n" || image() != built {
		t.Errorf("built twice: %v", r)
	}
}
