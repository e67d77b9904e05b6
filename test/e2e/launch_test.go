package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"dclaude/launcher/fakeapi"
)

// gvisorKernel is in what the kernel of the pinned gVisor says of itself.
const gvisorKernel = "-gvisor"

func TestOneShotPrintsTheAnswerAndNothingElse(t *testing.T) {
	w := newWorld(t)
	p := w.project("one shot")
	r := w.ok(p, "--", "-p", "say hi")
	if r.stdout != "You said: say hi\n" {
		t.Errorf("stdout: %q", r.stdout)
	}
	for _, token := range w.api.Tokens() {
		if token != accessToken {
			t.Error("the API saw another token than the host's")
		}
	}
	if len(w.api.Tokens()) == 0 {
		t.Error("the API saw no token")
	}
}

func TestOneShotReadsAPipe(t *testing.T) {
	w := newWorld(t)
	r := w.runWith("text from the pipe", w.project("p"), "--", "-p", "repeat")
	if r.code != 0 || !strings.Contains(r.stdout, "text from the pipe") {
		t.Errorf("%v", r)
	}
}

func TestExitCodes(t *testing.T) {
	w := newWorld(t)
	p := w.project("p")
	if r := w.run(p, "--", "--no-such-flag"); r.code != 1 || !strings.Contains(r.stderr, "unknown option '--no-such-flag'") {
		t.Errorf("Claude's own failure: %v", r)
	}
	if r := w.run("--no-such-flag", p); r.code != 2 || !strings.Contains(r.stderr, "dclaude: error: unknown flag: --no-such-flag") {
		t.Errorf("wrong usage: %v", r)
	}
	if r := w.run(filepath.Join(w.home, "missing")); r.code != 125 || !strings.Contains(r.stderr, "dclaude: hint: ") {
		t.Errorf("failure of dclaude: %v", r)
	}
	if r := w.ok(p, "--", "--version"); !strings.Contains(r.stdout, "(Claude Code)") {
		t.Errorf("version: %v", r)
	}
}

// What Claude is asked to do in the sandbox happens in the project, as the
// project's owner.
func TestWorkInTheProject(t *testing.T) {
	w := newWorld(t,
		fakeapi.Bash("write it", "echo written > made.txt && id -u && cat /proc/version"),
		fakeapi.Bash("look outside", "cat "+filepath.Join(t.TempDir(), "canary")+" ; ls /home /root"),
	)
	p := w.project(`it's "quoted" & ü`)
	if err := os.Chown(p, 501, 20); err != nil {
		t.Fatal(err)
	}
	r := w.ok(p, "--", "-p", "write it")
	if !strings.Contains(r.stdout, "501") || !strings.Contains(r.stdout, gvisorKernel) {
		t.Errorf("in the sandbox: %v", r)
	}
	info, err := os.Stat(filepath.Join(p, "made.txt"))
	if err != nil {
		t.Fatal(err)
	}
	if st := info.Sys().(*syscall.Stat_t); st.Uid != 501 || st.Gid != 20 {
		t.Errorf("the file belongs to %d:%d", st.Uid, st.Gid)
	}
	if r := w.ok(p, "--", "-p", "look outside"); !strings.Contains(r.stdout, "No such file") {
		t.Errorf("outside the project: %v", r)
	}
}

func TestRuncAndGVisorAreWhatTheyClaim(t *testing.T) {
	w := newWorld(t)
	p := w.project("p")
	for isolation, gvisor := range map[string]bool{"runsc": true, "gvisor": true, "auto": true, "runc": false} {
		name := strings.TrimSpace(w.ok("--isolation", isolation, "--detach", p).stdout)
		var sessions []struct{ Name, Kernel, Project string }
		if err := json.Unmarshal([]byte(w.ok("ls", "--json").stdout), &sessions); err != nil {
			t.Fatal(err)
		}
		if len(sessions) != 1 || sessions[0].Name != name || sessions[0].Project != p {
			t.Fatalf("sessions: %+v, want %s on %s", sessions, name, p)
		}
		if got := strings.Contains(sessions[0].Kernel, gvisorKernel); got != gvisor {
			t.Errorf("%s: kernel %q", isolation, sessions[0].Kernel)
		}
		out := w.lab.Docker("exec", "dclaude-"+name, "cat", "/proc/version")
		if strings.Contains(out, gvisorKernel) != gvisor {
			t.Errorf("%s: docker exec sees %q", isolation, out)
		}
		if table := w.ok("ls").stdout; !strings.Contains(table, name) {
			t.Errorf("ls: %s", table)
		}
		w.ok("stop", name)
	}
}

// A name in the engine's list proves nothing: this runtime is runc.
func TestAnImpostorIsNotTakenForGVisor(t *testing.T) {
	w := newWorld(t)
	w.set("DCLAUDE_ISOLATION=runsc")
	out := w.lab.Docker("info", "--format", "{{json .Runtimes}}")
	if !strings.Contains(out, "runsc-impostor") {
		t.Fatalf("the lab has no impostor: %s", out)
	}
	r := w.ok(w.project("p"), "--detach")
	if kernel := w.lab.Docker("exec", "dclaude-"+strings.TrimSpace(r.stdout), "cat", "/proc/version"); !strings.Contains(kernel, gvisorKernel) {
		t.Errorf("kernel: %s", kernel)
	}
	w.ok("stop", "--all")
}

func TestGitIdentityInside(t *testing.T) {
	w := newWorld(t, fakeapi.Bash("commit", "git init -q . && echo a > a && git add a && git commit -qm first && git log --format='%an <%ae>'"))
	p := w.project("p")
	r := w.ok(p, "--", "-p", "commit")
	if !strings.Contains(r.stdout, "Ada Lovelace <ada@example.com>") {
		t.Errorf("identity: %v", r)
	}
	config, err := os.ReadFile(filepath.Join(w.home, ".gitconfig"))
	if err != nil || !strings.Contains(string(config), "helper = store") {
		t.Errorf("the host's file changed: %q, %v", config, err)
	}
	w = w.set()
	r = w.ok("--detach", p)
	name := strings.TrimSpace(r.stdout)
	if got := w.ok("shell", name, "--", "git", "config", "--global", "--list").stdout; strings.Contains(got, "credential") || !strings.Contains(got, "safe.directory=/workspace") {
		t.Errorf("inside: %s", got)
	}
	w.ok("stop", name)
}

func TestAUserWithID501(t *testing.T) {
	w := newWorld(t, fakeapi.Bash("write it", "touch made && id -u"))
	p := w.project("p")
	w.owner = 501
	for dir := w.home; ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil {
			t.Fatal(err)
		}
		if dir == os.TempDir() || dir == "/" {
			break
		}
		if err := os.Chmod(dir, info.Mode()|0o055); err != nil {
			t.Fatal(err)
		}
	}
	err := filepath.Walk(w.home, func(path string, _ os.FileInfo, err error) error {
		if err != nil {
			return err
		}
		return os.Lchown(path, 501, 20)
	})
	if err != nil {
		t.Fatal(err)
	}
	r := w.ok(p, "--", "-p", "write it")
	if !strings.Contains(r.stdout, "501") {
		t.Errorf("%v", r)
	}
	info, err := os.Stat(filepath.Join(p, "made"))
	if err != nil || info.Sys().(*syscall.Stat_t).Uid != 501 {
		t.Errorf("file: %v, %v", info, err)
	}
}
