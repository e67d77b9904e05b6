package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"dclaude/test/lab"
)

// makePackage runs one of the Makefile's targets for packages and returns the
// path of what it made.
func makePackage(t *testing.T, target, suffix string) string {
	t.Helper()
	dist := t.TempDir()
	cmd := exec.Command("make", "-s", "-C", filepath.Join("..", ".."), target, "DIST="+dist, "ARCH="+runtime.GOARCH)
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "MAKEFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make %s: %v\n%s", target, err, out)
	}
	made, err := filepath.Glob(filepath.Join(dist, "*"))
	if err != nil || len(made) != 1 || !strings.HasSuffix(made[0], suffix) {
		t.Fatalf("make %s made %q", target, made)
	}
	return made[0]
}

// inDebian runs a script in a clean Debian that has the engine's socket where
// programs look for it, the test's home under the same path, and what is named.
// It has the engine's network, as a program of that machine has.
func (w *world) inDebian(script string, mounts ...string) (string, error) {
	args := []string{"run", "--rm", "--network", "host", "--workdir", w.home, "--env", "TMPDIR=" + w.home,
		"--volume", strings.TrimPrefix(w.lab.Host, "unix://") + ":/var/run/docker.sock", "--volume", w.home + ":" + w.home}
	if certificates := "/usr/local/share/ca-certificates"; exists(certificates) {
		// The image that dclaude builds takes the certificates of its machine.
		mounts = append(mounts, certificates+":"+certificates)
	}
	for _, m := range mounts {
		args = append(args, "--volume", m+":ro")
	}
	for _, kv := range w.environ {
		if !strings.HasPrefix(kv, "DOCKER_HOST=") && !strings.HasPrefix(kv, "PATH=") {
			args = append(args, "--env", kv)
		}
	}
	return w.lab.TryDocker(append(args, lab.BaseName, "sh", "-euc", script)...)
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// The .deb installs on a clean Debian, works there, and is removed without a
// trace but what it says stays.
func TestDebOnACleanDebian(t *testing.T) {
	if _, err := exec.LookPath("dpkg-deb"); err != nil {
		t.Skip("no dpkg-deb here: the package is made on Debian and Ubuntu")
	}
	w := newWorld(t)
	deb := makePackage(t, "deb", ".deb")
	p := w.project("p")
	out, err := w.inDebian(`
		files() { find / -xdev -not -path '/proc/*' -not -path '/tmp/*' -not -path '/var/lib/dpkg/*' -not -path '/var/log/*' | sort; }
		files >/tmp/before
		dpkg -i /dclaude.deb >/dev/null
		dpkg --verify dclaude
		echo "version: $(dclaude version)"
		for name in applications/dclaude.desktop icons/hicolor/scalable/apps/dclaude.svg bash-completion/completions/dclaude \
			applications/dclaude-menubar.desktop zsh/vendor-completions/_dclaude fish/vendor_completions.d/dclaude.fish; do test -s "/usr/share/$name" || echo "missing: $name"; done
		for text in 'License: Apache-2.0' 'gvisor.dev/gvisor@' 'Permission is hereby granted'; do grep -qF "$text" /usr/share/doc/dclaude/copyright || echo "missing: $text"; done
		dclaude "`+p+`" -- -p 'say hi'
		dclaude doctor && echo 'doctor: no fault'
		dclaude verify && echo 'verify: all kept'
		dclaude reset --yes "`+p+`"
		rm -rf "$HOME/.cache/dclaude" "$HOME/.local/state/dclaude"
		dpkg --purge dclaude 2>&1 | grep '^dclaude: '
		files >/tmp/after
		diff /tmp/before /tmp/after && echo 'no trace'`, deb+":/dclaude.deb")
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"version: dclaude ", "You said: say hi", "doctor: no fault", "verify: all kept", "claude-data-*", "no trace"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in:\n%s", want, out)
		}
	}
	if strings.Contains(out, "missing: ") {
		t.Errorf("not installed:\n%s", out)
	}
}

// The tarball's program runs where it was unpacked.
func TestTarballOnACleanDebian(t *testing.T) {
	w := newWorld(t)
	out, err := w.inDebian(`cd /tmp && tar xzf /dclaude.tar.gz && cd dclaude_* && bin/dclaude version && ls share/man/man1/dclaude.1 LICENSE README.md && grep 'Permission is hereby granted' share/doc/dclaude/THIRD_PARTY_NOTICES`,
		makePackage(t, "tarball", ".tar.gz")+":/dclaude.tar.gz")
	if err != nil || !strings.HasPrefix(out, "dclaude ") {
		t.Errorf("%v\n%s", err, out)
	}
}
