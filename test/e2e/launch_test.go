package e2e

import (
	"crypto/rand"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"

	"dclaude/launcher/fakeapi"
	"dclaude/test/lab"
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
// project's owner, and nowhere else: a file beside it, which all may read, is
// read by a container that has the folder, and by no session.
func TestWorkInTheProject(t *testing.T) {
	dir, content := t.TempDir(), "canary-"+rand.Text()
	for _, way := range []string{dir, filepath.Dir(dir)} {
		if err := os.Chmod(way, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	canary := filepath.Join(dir, "canary")
	if err := os.WriteFile(canary, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
	look := "cat " + canary + " /proc/*/root" + canary + " 2>&1 | sort -u"
	w := newWorld(t,
		fakeapi.Bash("write it", "echo written > made.txt && id -u && cat /proc/version"),
		fakeapi.Bash("look outside", look),
	)
	for _, isolation := range isolations {
		t.Run(isolation, func(t *testing.T) {
			p := w.project(`it's "quoted" & ü ` + isolation)
			chown(t, p, 501, 20)
			r := w.ok("--isolation", isolation, p, "--", "-p", "write it")
			if !strings.Contains(r.stdout, "501") || strings.Contains(r.stdout, gvisorKernel) != (isolation != "runc") {
				t.Errorf("in the sandbox: %v", r)
			}
			info, err := os.Stat(filepath.Join(p, "made.txt"))
			if err != nil {
				t.Fatal(err)
			}
			if st := info.Sys().(*syscall.Stat_t); st.Uid != 501 || st.Gid != 20 {
				t.Errorf("the file belongs to %d:%d", st.Uid, st.Gid)
			}
			r = w.ok("--isolation", isolation, p, "--", "-p", "look outside")
			if strings.Contains(r.stdout, content) || !strings.Contains(r.stdout, "No such file") {
				t.Errorf("outside the project: %v", r)
			}
		})
	}
	out := w.lab.Docker("run", "--rm", "--network", "none", "--user", "501:20", "--volume", dir+":"+dir+":ro",
		"--entrypoint", "bash", "claude-sandbox", "-c", look)
	if !strings.Contains(out, content) {
		t.Errorf("the canary cannot even be read where it is mounted, so this test says nothing about it: %s", out)
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

// A name in the engine's list proves nothing: what this engine runs when it is
// asked for runsc is runc.
func TestAnImpostorIsNotTakenForGVisor(t *testing.T) {
	w := newWorld(t)
	var asked atomic.Int64
	impostor := front{create: func(c map[string]any) {
		if host := c["HostConfig"].(map[string]any); host["Runtime"] == lab.RuntimeGVisor {
			host["Runtime"] = lab.RuntimeImpostor
			asked.Add(1)
		}
	}}
	w.set("DOCKER_HOST=" + impostor.start(t, w.lab.Host))
	p := w.project("p")
	for range 2 { // the failure is not remembered as a success
		r := w.run("--isolation", "runsc", p, "--", "-p", "hi")
		if r.code != 125 || !strings.Contains(r.stderr, "it is not gVisor: its kernel says") || r.stdout != "" {
			t.Errorf("an impostor is taken for gVisor: %v", r)
		}
	}
	if asked.Load() == 0 {
		t.Fatal("nothing was run by the impostor")
	}
	before := asked.Load()
	name := strings.TrimSpace(w.ok("--detach", p).stdout)
	if asked.Load() == before {
		t.Error("auto did not look at what is called runsc")
	}
	if table := w.ok("ls").stdout; !strings.Contains(table, "gVisor (nested)") {
		t.Errorf("auto: %s", table)
	}
	w.ok("stop", name)
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
