package lab

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"
)

// HostVariable names the environment variable that holds the endpoint of the
// engine to test against, as in unix:///path/of/docker.sock.
const HostVariable = "DCLAUDE_LAB_HOST"

// Names of the runtimes that the private engine knows besides its own.
const (
	// RuntimeGVisor is the runsc built from the pinned module.
	RuntimeGVisor = "runsc"
	// RuntimeImpostor is registered like a gVisor but is plain runc: what a
	// probe must see through.
	RuntimeImpostor = "runsc-impostor"
)

const (
	// engineStart is how long a new engine may take until it answers.
	engineStart = 60 * time.Second
	// engineStop is how long it may take to end its containers and itself.
	engineStop = 40 * time.Second
)

// engineFiles are the places of the private engine. Its runtime folder is
// under /run and not in the lab's own: socket paths are limited to 108 bytes,
// and users other than root must be able to reach the socket.
type engineFiles struct {
	data, config, log, network string
	run, socket, pid           string
	bridge                     string
}

func (l *Lab) engineFiles() engineFiles {
	sum := sha256.Sum256([]byte(l.dir))
	id := hex.EncodeToString(sum[:4])
	run := filepath.Join("/run", "dclaude-lab-"+id)
	return engineFiles{
		data:    l.path("engine", "data"),
		config:  l.path("engine", "daemon.json"),
		log:     l.path("log", "dockerd.log"),
		network: l.path("engine", "network.json"),
		run:     run,
		socket:  filepath.Join(run, "docker.sock"),
		pid:     filepath.Join(run, "docker.pid"),
		bridge:  "dclab" + id, // 13 of the 15 bytes that Linux allows
	}
}

// EngineHost is the private engine's endpoint, whether it runs or not.
func (l *Lab) EngineHost() string { return "unix://" + l.engineFiles().socket }

// Engine brings the private engine up, if it is not, and returns its endpoint.
// It does not wait for runsc, which Runsc makes.
func (l *Lab) Engine(ctx context.Context) (host string, err error) {
	if runtime.GOOS != "linux" {
		return "", unavailable("start the private engine", "it runs on Linux only",
			"Start Docker Desktop, OrbStack or Colima and name its endpoint in "+HostVariable+".")
	}
	files := l.engineFiles()
	if answers(ctx, l.EngineHost()) {
		return l.EngineHost(), nil
	}
	if os.Geteuid() != 0 {
		return "", unavailable("start the private engine", "only root can",
			"Run `lab up` as root once, or name a running engine in "+HostVariable+".")
	}
	if err := l.packages(ctx, engineNeeds()); err != nil {
		return "", err
	}
	there := func() bool { return answers(ctx, l.EngineHost()) }
	err = l.once(ctx, "engine", there, func(ctx context.Context) error { return l.startEngine(ctx, files) })
	if err != nil {
		return "", err
	}
	return l.EngineHost(), nil
}

// startEngine starts dockerd with the best storage driver that works here.
func (l *Lab) startEngine(ctx context.Context, f engineFiles) error {
	if pid := enginePID(f); pid != 0 {
		if err := awaitEngine(ctx, l.EngineHost(), nil); err == nil {
			return nil
		}
		return fail("use the private engine", fmt.Errorf("process %d runs but does not answer", pid), "Run `lab down`; the engine's log is "+f.log+".")
	}
	for _, dir := range []string{f.data, f.run, filepath.Dir(f.log)} {
		if err := os.MkdirAll(dir, 0o755); err != nil {
			return fail("start the private engine", err, "")
		}
	}
	network, err := l.bridgeUp(ctx, f)
	if err != nil {
		return err
	}
	before := readRules(ctx)
	var failure error
	for _, driver := range storageDrivers() {
		if failure = l.tryDriver(ctx, f, network, driver); failure == nil {
			return restoreRules(ctx, before, f.bridge)
		}
		if ctx.Err() != nil {
			break
		}
		l.sayf("engine: no start with storage driver %s", driver)
	}
	return failure
}

// storageDrivers lists what to try, best first.
func storageDrivers() []string {
	if hasProgram("fuse-overlayfs") {
		return []string{"overlay2", "fuse-overlayfs", "vfs"}
	}
	return []string{"overlay2", "vfs"}
}

func (l *Lab) tryDriver(ctx context.Context, f engineFiles, network Network, driver string) error {
	// Left by an engine that did not end in order: dockerd would refuse to
	// start if the id in the pid file belongs to any process by now.
	for _, stale := range []string{f.pid, f.socket} {
		if err := os.RemoveAll(stale); err != nil {
			return fail("start the private engine", err, "")
		}
	}
	config, err := l.engineConfig(f, network, driver)
	if err != nil {
		return err
	}
	if err := replaceFile(f.config, config, 0o644); err != nil {
		return fail("start the private engine", err, "")
	}
	ended, err := spawn(ctx, f.log, findProgram("dockerd"), "--config-file", f.config)
	if err != nil {
		return fail("start the private engine", err, "")
	}
	if err := awaitEngine(ctx, l.EngineHost(), ended); err != nil {
		return fail("start the private engine", fmt.Errorf("%w\n%s", err, tailOfFile(f.log)), "Its whole log is "+f.log+".")
	}
	return nil
}

// engineConfig renders dockerd's configuration. A file of its own also keeps
// dockerd from reading the machine's /etc/docker/daemon.json.
func (l *Lab) engineConfig(f engineFiles, network Network, driver string) ([]byte, error) {
	runtimes := map[string]map[string]string{RuntimeGVisor: {"path": l.runscLink()}}
	if runc := findProgram("runc"); filepath.IsAbs(runc) {
		runtimes[RuntimeImpostor] = map[string]string{"path": runc}
	}
	config := map[string]any{
		"data-root": f.data,
		"exec-root": filepath.Join(f.run, "exec"),
		"pidfile":   f.pid,
		"hosts":     []string{"unix://" + f.socket},
		"bridge":    f.bridge,
		"default-address-pools": []map[string]any{
			{"base": network.Pool, "size": poolBits},
		},
		// A containerd that the machine runs already is used by dockerd, but
		// under these names it sees nothing of another engine's.
		"containerd-namespace":         "dclaude-lab",
		"containerd-plugins-namespace": "dclaude-lab-plugins",
		"runtimes":                     runtimes,
		"storage-driver":               driver,
		"exec-opts":                    []string{"native.cgroupdriver=cgroupfs"},
		"iptables":                     true,
		"shutdown-timeout":             10,
	}
	return json.MarshalIndent(config, "", "  ")
}

// spawn starts a program in a session of its own, so that it outlives this
// process and its terminal. The channel gets its end.
func spawn(ctx context.Context, logPath, program string, args ...string) (<-chan error, error) {
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, err
	}
	defer func() { _ = log.Close() }() // the child has its own copy
	cmd := exec.CommandContext(context.WithoutCancel(ctx), program, args...)
	cmd.Stdout, cmd.Stderr = log, log
	cmd.Dir = "/"
	cmd.Env = without(withSbin(os.Environ()), "DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG", "NOTIFY_SOCKET")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }() // ends with the child or with us
	return ended, nil
}

// enginePID returns the id of the private engine's process, 0 if it does not
// run. An id in the pid file that belongs to another process by now is not
// taken for it.
func enginePID(f engineFiles) int {
	b, err := os.ReadFile(f.pid)
	if err != nil {
		return 0
	}
	var pid int
	if _, err := fmt.Sscan(string(b), &pid); err != nil || pid <= 1 {
		return 0
	}
	line, err := os.ReadFile(filepath.Join("/proc", fmt.Sprint(pid), "cmdline"))
	if err != nil || !isEngine(string(line), f.config) {
		return 0
	}
	return pid
}

// isEngine tells whether a command line, as in /proc, is dockerd's with that
// configuration.
func isEngine(cmdline, config string) bool {
	args := strings.Split(strings.TrimRight(cmdline, "\x00"), "\x00")
	if filepath.Base(args[0]) != "dockerd" {
		return false
	}
	for i, arg := range args {
		if arg == "--config-file" && i+1 < len(args) && args[i+1] == config {
			return true
		}
	}
	return false
}

// Running tells whether the private engine answers.
func (l *Lab) Running(ctx context.Context) bool { return answers(ctx, l.EngineHost()) }
