package lab

import (
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestIsEngine(t *testing.T) {
	const config = "/lab/engine/daemon.json"
	tests := map[string]struct {
		cmdline string
		want    bool
	}{
		"ours":             {"/usr/sbin/dockerd\x00--config-file\x00" + config + "\x00", true},
		"another engine":   {"/usr/sbin/dockerd\x00--config-file\x00/other.json\x00", false},
		"the system's":     {"/usr/sbin/dockerd\x00-H\x00fd://\x00", false},
		"an editor":        {"vi\x00--config-file\x00" + config + "\x00", false},
		"flag at the end":  {"dockerd\x00--config-file\x00", false},
		"a kernel thread":  {"", false},
		"a zombie's blank": {"\x00", false},
	}
	for name, test := range tests {
		if got := isEngine(test.cmdline, config); got != test.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestEnginePIDMistrustsThePidFile(t *testing.T) {
	f := engineFiles{pid: filepath.Join(t.TempDir(), "pid"), config: "/lab/daemon.json"}
	if pid := enginePID(f); pid != 0 {
		t.Errorf("without a file: %d", pid)
	}
	for _, text := range []string{strconv.Itoa(os.Getpid()), "1", "0", "-5", "no number", "", "99999999999999999999"} {
		write(t, f.pid, text)
		if pid := enginePID(f); pid != 0 {
			t.Errorf("%q was taken for the engine: %d", text, pid)
		}
	}
}

func TestIsZombie(t *testing.T) {
	tests := map[string]bool{
		"12 (sleep) S 1 12 12 0": false,
		"12 (sleep) Z 1 12 12 0": true,
		"12 (a) Z b) R 1 12":     false,
		"12 (a) R) Z 1 12":       true,
		"":                       false,
	}
	for stat, want := range tests {
		if got := isZombie(stat); got != want {
			t.Errorf("%q: got %v", stat, got)
		}
	}
}

func TestStopEndsOneProcess(t *testing.T) {
	if !exists("/proc/self/stat") {
		t.Skip("this system has no /proc")
	}
	start := func() *exec.Cmd {
		cmd := exec.Command("sleep", "600")
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
		return cmd
	}
	victim, bystander := start(), start()
	if err := stop(t.Context(), victim.Process.Pid); err != nil {
		t.Fatal(err)
	}
	if !gone(t.Context(), victim.Process.Pid, time.Second) {
		t.Error("the process is still there")
	}
	if err := bystander.Process.Signal(syscall.Signal(0)); err != nil {
		t.Errorf("another process ended too: %v", err)
	}
}

func TestSpawnOutlivesItsStarter(t *testing.T) {
	log := filepath.Join(t.TempDir(), "log")
	t.Setenv("DOCKER_HOST", "unix:///elsewhere")
	ended, err := spawn(t.Context(), log, "/bin/sh", "-c", `ps -o sid= -p $$ | tr -d ' '; echo $$; echo "host=$DOCKER_HOST"; pwd; exit 5`)
	if err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err == nil || !strings.Contains(err.Error(), "exit status 5") {
		t.Errorf("end = %v", err)
	}
	b, err := os.ReadFile(log)
	if err != nil {
		t.Fatal(err)
	}
	words := strings.Fields(string(b))
	if len(words) != 4 || words[0] != words[1] || words[2] != "host=" || words[3] != "/" {
		t.Errorf("log %q: want a session of its own, no DOCKER_HOST, and the root as working folder", b)
	}
	if _, err := spawn(t.Context(), log, "/no/such/program"); err == nil {
		t.Error("no error for a missing program")
	}
}

func TestBelongs(t *testing.T) {
	const run = "/run/dclaude-lab-00112233"
	id := strings.Repeat("ab", 32)
	tests := map[string]struct {
		cmdline, cgroup string
		want            bool
	}{
		"containerd":           {"containerd\x00--config\x00" + run + "/exec/containerd/containerd.toml\x00", "", true},
		"shim":                 {"/usr/bin/containerd-shim-runc-v2\x00-address\x00" + run + "/exec/containerd/containerd.sock\x00", "", true},
		"sandbox":              {"runsc-sandbox\x00--root=" + run + "/exec/runtime-runc\x00", "", true},
		"container's process":  {"sleep\x00600\x00", "9:pids:/docker/" + id + "\n", true},
		"another's shim":       {"containerd-shim-runc-v2\x00-address\x00/run/containerd/containerd.sock\x00", "", false},
		"another's container":  {"sleep\x00600\x00", "9:pids:/docker/" + strings.Repeat("cd", 32), false},
		"an editor on its log": {"less\x00" + run + "/exec/log\x00", "", false},
		"a kernel thread":      {"", "0::/", false},
	}
	for name, test := range tests {
		if got := belongs(test.cmdline, test.cgroup, run, []string{id, "short"}); got != test.want {
			t.Errorf("%s: got %v", name, got)
		}
	}
}

func TestEndOrphansLeavesOthersAlone(t *testing.T) {
	f := engineFiles{data: t.TempDir(), run: "/run/no-such-lab"}
	if err := endOrphans(t.Context(), f); err != nil {
		t.Error(err)
	}
}
