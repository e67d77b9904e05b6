package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"dclaude/launcher/fakeapi"
)

// An engine with nothing registered: gVisor all the same, without a word about
// it, one-shot and beside a session.
func TestGVisorOnAnEngineWithoutIt(t *testing.T) {
	w := newWorld(t, fakeapi.Bash("look", "cat /proc/version; id -u; echo made >made; pwd"))
	w.set("DOCKER_HOST="+front{info: unregistered}.start(t, w.lab.Host), "DCLAUDE_NETWORK=open")
	p := w.project("p")
	chown(t, p, 501, 20)
	r := w.ok(p, "--", "-p", "look")
	for _, want := range []string{"gvisor", "501", "/workspace"} {
		if !strings.Contains(r.stdout, want) {
			t.Errorf("no %q: %v", want, r)
		}
	}
	if strings.Contains(r.stderr, "no gVisor") {
		t.Errorf("a warning: %s", r.stderr)
	}
	if info, err := os.Stat(filepath.Join(p, "made")); err != nil || info.Sys().(*syscall.Stat_t).Uid != 501 {
		t.Errorf("what the session made: %v, %v", info, err)
	}
	for _, token := range w.api.Tokens() {
		if token != accessToken {
			t.Error("the API saw another token than the host's")
		}
	}
	name := strings.TrimSpace(w.ok("--detach", p).stdout)
	if table := w.ok("ls").stdout; !strings.Contains(table, "gVisor (nested)") {
		t.Errorf("ls: %s", table)
	}
	if out := w.ok("shell", name, "--", "dmesg").stdout; !strings.Contains(out, "gVisor") {
		t.Errorf("dmesg: %s", out)
	}
	w.ok("stop", name)
	if r := w.run("--isolation", "runsc", p, "--", "-p", "hi"); r.code != 125 || !strings.Contains(r.stderr, "not registered") {
		t.Errorf("registered gVisor from nowhere: %v", r)
	}
}

// What `docker inspect` shows of the container around a nested session.
func TestContainerAroundANestedSession(t *testing.T) {
	w := newWorld(t)
	p := w.project("p")
	chown(t, p, 501, 20)
	name := strings.TrimSpace(w.ok("--isolation", "nested", "--memory", "1g", "--cpus", "1", "--pids", "600", "--detach", p).stdout)
	var c struct {
		Config     struct{ User string }
		HostConfig struct {
			Privileged, ReadonlyRootfs      bool
			CapAdd, CapDrop, SecurityOpt    []string
			Runtime, PidMode, UsernsMode    string
			IpcMode                         string
			Tmpfs                           map[string]string
			Memory, MemorySwap, NanoCpus    int64
			PidsLimit                       int64
			Devices, DeviceRequests, Sysctl []any
			LogConfig                       struct{ Type string }
		}
		Mounts []struct{ Type, Source, Destination string }
	}
	text := w.lab.Docker("inspect", "--format", "{{json .}}", "dclaude-"+name)
	if err := json.Unmarshal([]byte(text), &c); err != nil {
		t.Fatal(err)
	}
	h := c.HostConfig
	for i, name := range h.CapAdd {
		h.CapAdd[i] = strings.TrimPrefix(name, "CAP_")
	}
	slices.Sort(h.CapAdd)
	if h.Privileged || !h.ReadonlyRootfs || h.Runtime != "runc" || h.PidMode != "" || h.UsernsMode != "" || h.IpcMode != "private" || len(h.Devices) > 0 {
		t.Errorf("host configuration %+v", h)
	}
	if !slices.Equal(h.CapAdd, []string{"CHOWN", "SETGID", "SETUID", "SYS_CHROOT"}) || !slices.Equal(h.CapDrop, []string{"ALL"}) {
		t.Errorf("capabilities %v without %v", h.CapAdd, h.CapDrop)
	}
	if len(h.SecurityOpt) != 2 || h.SecurityOpt[0] != "no-new-privileges" || !strings.HasPrefix(h.SecurityOpt[1], `seccomp={"`) || strings.Contains(text, "unconfined") {
		t.Errorf("security options %.300v", h.SecurityOpt)
	}
	if h.Memory != 1<<30 || h.MemorySwap != 1<<30 || h.NanoCpus != 1e9 || h.PidsLimit != 600 {
		t.Errorf("limits %d, %d, %d, %d", h.Memory, h.MemorySwap, h.NanoCpus, h.PidsLimit)
	}
	for _, m := range c.Mounts {
		if m.Type == "bind" && (m.Source != p || m.Destination != "/workspace") {
			t.Errorf("mounts %+v", m)
		}
	}
	if strings.Contains(text, accessToken) {
		t.Error("the engine shows the token")
	}
	w.ok("stop", name)
}

// The whole of a conversation on a terminal, left and come back to.
func TestNestedConversation(t *testing.T) {
	w := newWorld(t)
	w.set("DCLAUDE_ISOLATION=nested")
	p := w.project("p")
	chown(t, p, 501, 20)
	term := w.terminal(p)
	prompt(t, term.AwaitFunc)
	say(term, "hello there")
	term.Await("You said: hello there")
	term.Resize(90, 30)
	term.Send("remember the milk")
	term.Await("remember the milk")
	term.Send("\x1d\x1d")
	term.Await("dclaude attach")
	if code := term.Exit(); code != 0 {
		t.Errorf("detached: exit code %d", code)
	}
	term = w.terminal("attach", p)
	term.Await("remember the milk")
	term.Hangup()
	term.Exit()
	if table := w.ok("ls").stdout; !strings.Contains(table, "gVisor (nested)") || !strings.Contains(table, "in the background") {
		t.Errorf("ls: %s", table)
	}
	term = w.terminal("attach", p)
	term.Await("remember the milk")
	leave(t, term)
}

// A shell goes inside, however early it comes, and is as good as any.
func TestNestedShell(t *testing.T) {
	w := newWorld(t)
	p := w.project("p")
	chown(t, p, 501, 20)
	name := strings.TrimSpace(w.ok("--isolation", "nested", "--detach", p).stdout)
	r := w.run("shell", name, "--", "sh", "-c", "id -u; id -g; pwd; echo $HOME; cat; exit 3")
	if r.code != 3 || r.stdout != "501\n20\n/workspace\n/home/claude\n" {
		t.Errorf("%v", r)
	}
	if r := w.runWith("piped in", "shell", name, "--", "cat"); r.stdout != "piped in" {
		t.Errorf("%v", r)
	}
	if r := w.run("shell", name, "--", "grep", "Cap", "/proc/self/status"); strings.Count(r.stdout, "0000000000000000") < 4 {
		t.Errorf("capabilities: %v", r)
	}
	if r := w.run("shell", name, "--", "no-such-command"); r.code != 127 {
		t.Errorf("unknown command: %v", r)
	}
	if r := w.run("shell", name, "--", "env"); strings.Contains(r.stdout, "DCLAUDE_NESTED") {
		t.Errorf("the container's sign is inside: %v", r)
	}
	term := w.terminal("shell", name)
	term.Send("stty size\r")
	term.Await("40 120")
	term.Resize(77, 33)
	term.Send("clear; stty size\r")
	term.Await("33 77")
	term.Send("sh -c 'echo in-fro\"\"nt; exec sleep 100'\r")
	term.Await("in-front") // what is typed before belongs to the shell
	term.Send("\x03")
	term.AwaitFunc("the prompt again", func(s string) bool {
		_, after, ok := strings.Cut(s, "^C")
		return ok && strings.Contains(after, "$")
	})
	term.Send("echo $((6*7)); cat /proc/version\r")
	term.Await("42")
	term.Await("gvisor")
	term.Send("exit 9\r")
	if code := term.Exit(); code != 9 {
		t.Errorf("the shell's exit code: %d", code)
	}
	w.ok("stop", name)
}

// Exit codes, of Claude and of commands, and a folder of root's.
func TestNestedOneShots(t *testing.T) {
	w := newWorld(t, fakeapi.Bash("who", "id -u; touch made"))
	w.set("DCLAUDE_ISOLATION=nested")
	p := w.project("it's \"quoted\" & ü")
	if r := w.run(p, "--", "--no-such-flag"); r.code != 1 || !strings.Contains(r.stderr, "unknown option '--no-such-flag'") {
		t.Errorf("Claude's own failure: %v", r)
	}
	if r := w.runWith("text from the pipe", p, "--", "-p", "repeat"); r.code != 0 || !strings.Contains(r.stdout, "text from the pipe") {
		t.Errorf("a pipe: %v", r)
	}
	r := w.ok(p, "--", "-p", "who")
	if info, err := os.Stat(filepath.Join(p, "made")); err != nil || int(info.Sys().(*syscall.Stat_t).Uid) != os.Getuid() || !strings.Contains(r.stdout, "501") {
		t.Errorf("root's folder: %v, %v, %v", r, info, err)
	}
	if strings.Contains(r.stderr, "runs as root") {
		t.Errorf("a warning that does not hold: %s", r.stderr)
	}
}

// Where nested gVisor cannot be had, auto falls back loudly, gvisor refuses, and
// nothing is left behind.
func TestEngineThatForbidsNestedGVisor(t *testing.T) {
	withoutProfile := func(c map[string]any) {
		host := c["HostConfig"].(map[string]any)
		if options, ok := host["SecurityOpt"].([]any); ok {
			host["SecurityOpt"] = slices.DeleteFunc(options, func(o any) bool { return strings.HasPrefix(o.(string), "seccomp=") })
		}
	}
	refusing := func(option, answer string) func(map[string]any) string {
		return func(c map[string]any) string {
			options, _ := c["HostConfig"].(map[string]any)["SecurityOpt"].([]any)
			if slices.ContainsFunc(options, func(o any) bool { return strings.HasPrefix(o.(string), option) }) {
				return answer
			}
			return ""
		}
	}
	apparmor := func(info map[string]any) {
		unregistered(info)
		info["SecurityOptions"] = []string{"name=apparmor", "name=seccomp,profile=default"}
	}
	selinux := func(info map[string]any) {
		unregistered(info)
		info["SecurityOptions"] = []string{"name=selinux", "name=seccomp,profile=default"}
	}
	tests := []struct {
		name string
		front
		why string
	}{
		{"the profile is ignored", front{info: unregistered, create: withoutProfile}, "does not allow user namespaces or refuses our seccomp profile"},
		{"the profile is refused", front{info: unregistered, refuse: refusing("seccomp=", "seccomp profiles are forbidden here")}, "seccomp profiles are forbidden here"},
		{"SELinux", front{info: selinux}, "SELinux"},
		// The lab's kernel has no AppArmor; this is what runc says where it has.
		{"AppArmor without our profile", front{info: apparmor, refuse: refusing("apparmor=dclaude-nested",
			"OCI runtime create failed: apparmor failed to apply profile: write /proc/self/attr/apparmor/exec: no such file or directory")}, "dclaude apparmor"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w := newWorld(t)
			w.set("DOCKER_HOST=" + tt.start(t, w.lab.Host))
			p := w.project("p")
			for _, setting := range []string{"gvisor", "nested"} {
				r := w.run("--isolation", setting, p, "--", "-p", "hi")
				if r.code != 125 || !strings.Contains(r.stderr, tt.why) || !strings.Contains(r.stderr, "dclaude: hint: ") || r.stdout != "" {
					t.Errorf("%s: %v", setting, r)
				}
			}
			r := w.ok(p, "--", "-p", "hi")
			if !strings.Contains(r.stderr, "no gVisor: this session shares the engine's kernel") || !strings.Contains(r.stderr, tt.why) {
				t.Errorf("auto: %v", r)
			}
		})
	}
}

func chown(t *testing.T, path string, uid, gid int) {
	t.Helper()
	if err := os.Chown(path, uid, gid); err != nil {
		t.Fatal(err)
	}
}
