package lab_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"dclaude/test/lab"
)

// dockerAt runs the docker client against the engine at host.
func dockerAt(t *testing.T, l *lab.Lab, host string, args ...string) string {
	t.Helper()
	words := append(l.DockerCommand(host), args...)
	out, err := exec.Command(words[0], words[1:]...).CombinedOutput()
	if err != nil {
		t.Fatalf("docker %s: %v\n%s", strings.Join(args, " "), err, out)
	}
	return strings.TrimSpace(string(out))
}

// filter returns the machine's packet-filter rules.
func filter(t *testing.T) string {
	t.Helper()
	var text strings.Builder
	for _, table := range []string{"filter", "nat"} {
		out, err := exec.Command("iptables", "-w", "-t", table, "-S").Output()
		if err != nil {
			t.Fatalf("iptables: %v", err)
		}
		text.Write(out)
	}
	return text.String()
}

// filterRules gives the engine a network and a published port, and returns the
// rules that it made for them.
func filterRules(t *testing.T, env *lab.Env) []string {
	t.Helper()
	before := strings.Split(filter(t), "\n")
	network, container := env.Name("network"), env.Name("container")
	env.RemoveAtEnd("network", network)
	env.RemoveAtEnd("container", container)
	env.Docker("network", "create", "--internal", network)
	env.Docker("run", "--detach", "--name", container, "--publish", "127.0.0.1::80", lab.BaseName, "sleep", "600")
	var added []string
	for _, rule := range strings.Split(filter(t), "\n") {
		if strings.HasPrefix(rule, "-A DOCKER") && !slices.Contains(before, rule) {
			added = append(added, rule)
		}
	}
	if len(added) < 3 {
		t.Fatalf("an internal network and a published port made the rules %q only", added)
	}
	return added
}

// breakOff kills the lab's engine, as a crash or a lack of memory does, and
// waits for its end.
func breakOff(t *testing.T, l *lab.Lab) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(runtimeDir(l), "docker.pid"))
	if err != nil {
		t.Fatal(err)
	}
	pid, err := strconv.Atoi(strings.TrimSpace(string(b)))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for l.Running(t.Context()) {
		if t.Context().Err() != nil {
			t.Fatal("the engine still answers")
		}
	}
}

// runtimeDir is the folder with the engine's socket.
func runtimeDir(l *lab.Lab) string {
	return filepath.Dir(strings.TrimPrefix(l.EngineHost(), "unix://"))
}

// assertNothingLeft looks for processes, mounts, interfaces and rules of a lab
// that is down.
func assertNothingLeft(t *testing.T, l *lab.Lab, host string) {
	t.Helper()
	run := runtimeDir(l)
	if _, err := os.Stat(run); !os.IsNotExist(err) {
		t.Errorf("%s is still there: %v", run, err)
	}
	mounts, err := os.ReadFile("/proc/self/mountinfo")
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{run, l.Dir()} {
		if strings.Contains(string(mounts), dir) {
			t.Errorf("something below %s is still mounted", dir)
		}
	}
	lines, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range lines {
		if b, err := os.ReadFile(path); err == nil && strings.Contains(string(b), run) {
			t.Errorf("%s still runs: %q", path, b)
		}
	}
	bridge := "dclab" + strings.TrimPrefix(filepath.Base(run), "dclaude-lab-")
	links, err := exec.Command("ip", "-oneline", "link").Output()
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(links), bridge) || strings.Contains(filter(t), bridge) {
		t.Errorf("the interface %s or a rule that names it is still there", bridge)
	}
	if l.Running(t.Context()) {
		t.Errorf("an engine answers at %s", host)
	}
}
