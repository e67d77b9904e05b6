package nested

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"dclaude/test/lab"
)

// The exit codes of the attack program.
const (
	worked   = 0
	repelled = 1
)

// Where the attack program lies in a session, and in a control.
const (
	inSession = "/workspace/attack"
	inControl = "/attack"
)

// attack is one way to break out. It has to be repelled in a session, and to
// work in a control: a container without the protection in question. A control
// in which it fails would mean that the attack proves nothing.
type attack struct {
	name string
	args []string
	// control are arguments of docker run.
	control []string
	// beside runs the control in the session's own container instead, beside the
	// sandbox, as that user.
	beside string
	// controlArgs replace args in the control, where they have to differ.
	controlArgs []string
}

// Arguments that take protections away. Not --privileged: it asks for every
// capability, which not every machine's root has.
var (
	noSeccomp = []string{"--security-opt", "seccomp=unconfined", "--security-opt", "apparmor=unconfined"}
	admin     = append([]string{"--cap-add", "SYS_ADMIN"}, noSeccomp...)
	tracer    = append([]string{"--cap-add", "SYS_PTRACE"}, noSeccomp...)
	hostPID   = append([]string{"--pid", "host"}, tracer...)
)

// TestEscape runs every attack in one session.
func TestEscape(t *testing.T) {
	s := create(t, options{}, "sleep", "1000")
	program := program(t, &programs.attack, "dclaude/test/nested/attack")
	s.plant("attack", program, 0o755)
	s.plant("setuid", program, 0o755|os.ModeSetuid)
	canary := filepath.Join(t.TempDir(), "canary")
	must(t, os.WriteFile(canary, []byte("x"), 0o644))
	s.start()
	must(t, copyFile(program, filepath.Join(s.project, "beside")))

	victim := s.victim()
	segment := sharedMemory(t)
	s.listenBeside("dclaude-attacked")
	state := strings.Fields(s.outside("ls -d /run/dclaude-nest/state/*"))
	control := strings.TrimSpace(s.outside("ls /run/dclaude-nest/state/*.sock"))
	if len(state) == 0 {
		t.Fatal("gVisor keeps no state where it was told to")
	}

	attacks := []attack{
		{name: "mount", control: admin},
		{name: "pivot-root", control: admin},
		{name: "peel", args: []string{"/run/dclaude-nest.json"},
			control: append([]string{"--tmpfs", "/etc/skel"}, admin...), controlArgs: []string{"/etc/skel/.bashrc"}},
		{name: "mknod", control: []string{"--device-cgroup-rule", "c 1:11 rwm"}},
		{name: "proc-write", control: append([]string{"--security-opt", "systempaths=unconfined"}, admin...)},
		{name: "sys-write", control: append([]string{"--volume", "/sys:/sys"}, admin...)},
		{name: "setuid", args: []string{"/workspace/setuid"}, control: []string{"--user", "4321:8765"}},
		{name: "race", args: []string{"/workspace", canary},
			control: []string{"--volume", canary + ":" + canary}, controlArgs: []string{"/tmp", canary}},
		{name: "own-files", beside: "0:0", args: append(state, "/run/dclaude-nest.json", "/run/dclaude-nest/bundle/config.json",
			"/run/dclaude-nest/log/runsc.log", "/usr/local/lib/dclaude/runsc", "/usr/local/bin/dclaude-guest")},
		{name: "control", beside: "65534:65534", args: []string{control}},
		{name: "see-pid", args: []string{victim, "sleep"}, control: hostPID},
		{name: "ptrace", args: []string{victim, "sleep"}, control: hostPID},
		{name: "kill", args: []string{victim, "sleep"}, control: hostPID}, // the last on the victim
		{name: "ipc", args: []string{segment}, control: []string{"--ipc", "host"}},
		{name: "abstract", beside: "0:0", args: []string{"dclaude-attacked"}},
		{name: "keyring", control: noSeccomp},
		{name: "bpf", control: admin},
		{name: "io-uring", control: noSeccomp},
		{name: "userfault", control: tracer},
		{name: "raw", control: []string{"--cap-add", "NET_RAW"}},
		{name: "packet", control: []string{"--cap-add", "NET_RAW"}},
	}
	for _, a := range attacks {
		t.Run(a.name, func(t *testing.T) {
			r := s.exec(nil, append([]string{inSession, a.name}, a.args...)...)
			if r.code != repelled {
				t.Errorf("in the session: %+v", r)
			}
			c := s.control(t, a)
			if c.code != worked {
				t.Errorf("in the control, where it has to work: %+v", c)
			}
			t.Logf("session: %s control: %s", strings.TrimSpace(r.out), strings.TrimSpace(c.out))
		})
	}
	if !s.running() {
		t.Error("the session did not survive")
	}
}

// control runs an attack where the protection is missing.
func (s *session) control(t *testing.T, a attack) result {
	t.Helper()
	args := a.args
	if a.controlArgs != nil {
		args = a.controlArgs
	}
	if a.beside != "" {
		return s.docker(nil, append([]string{"exec", "--user", a.beside, s.name, "/workspace/beside", a.name}, args...)...)
	}
	line := append([]string{"run", "--rm", "--runtime", "runc", "--network", "none",
		"--volume", filepath.Join(s.project, "beside") + ":" + inControl + ":ro", "--volume", s.project + ":/workspace"}, a.control...)
	line = append(line, "--entrypoint", inControl, lab.BaseName, a.name)
	return s.docker(nil, append(line, args...)...)
}

// plant puts a copy of a program into the project. A setuid one is root's.
func (s *session) plant(name, program string, mode os.FileMode) {
	s.t.Helper()
	path := filepath.Join(s.project, name)
	must(s.t, copyFile(program, path))
	if mode&os.ModeSetuid == 0 {
		must(s.t, os.Chown(path, s.uid, s.gid))
	}
	must(s.t, os.Chmod(path, mode))
}

func copyFile(from, to string) error {
	b, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, b, 0o755)
}

// victim is a process of this machine's, whose number it returns.
func (s *session) victim() string {
	s.t.Helper()
	cmd := exec.Command("sleep", "1000")
	must(s.t, cmd.Start())
	s.t.Cleanup(func() {
		_ = cmd.Process.Kill() // it may be dead, which one attack is about
		_ = cmd.Wait()
	})
	return strconv.Itoa(cmd.Process.Pid)
}

// sharedMemory makes a segment of this machine's and returns its key.
func sharedMemory(t *testing.T) string {
	t.Helper()
	key := 0x64636c00 | os.Getpid()&0xff
	id, err := unix.SysvShmGet(key, 4096, unix.IPC_CREAT|0o666)
	must(t, err)
	t.Cleanup(func() {
		if _, err := unix.SysvShmCtl(id, unix.IPC_RMID, nil); err != nil {
			t.Error(err)
		}
	})
	return strconv.Itoa(key)
}

// listenBeside has a program listen on an abstract socket in the container's
// network, outside of the sandbox.
func (s *session) listenBeside(name string) {
	s.t.Helper()
	line := append(s.env.Lab.DockerCommand(s.env.Host), "exec", "--user", "0:0", s.name, "/workspace/beside", "listen", name)
	cmd := exec.Command(line[0], line[1:]...)
	out, err := cmd.StdoutPipe()
	must(s.t, err)
	must(s.t, cmd.Start())
	s.t.Cleanup(func() {
		_ = cmd.Process.Kill() // the container, and the listener in it, goes on its own
		_ = cmd.Wait()
	})
	if got, err := bufio.NewReader(out).ReadString('\n'); err != nil || got != "listening\n" {
		s.t.Fatalf("the listener says %q, %v", got, err)
	}
	go io.Copy(io.Discard, out)
}

// Killing all that can be killed inside ends the session, and with it the
// container: its relay is not among it.
func TestKillEverythingInside(t *testing.T) {
	s := create(t, options{}, "sleep", "1000").start()
	s.exec(nil, "bash", "-c", "kill -9 -1; kill -9 1")
	if code := s.end(); code != 137 && code != 125 {
		t.Errorf("the session ended with %d", code)
	}
}
