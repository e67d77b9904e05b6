package lab

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
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
	data, config, log string
	network, driver   string
	run, socket, pid  string
	bridge            string
}

func (l *Lab) engineFiles() engineFiles {
	sum := sha256.Sum256([]byte(l.engineDir()))
	id := hex.EncodeToString(sum[:4])
	run := filepath.Join("/run", "dclaude-lab-"+id)
	return engineFiles{
		data:    filepath.Join(l.engineDir(), "data"),
		config:  filepath.Join(l.engineDir(), "daemon.json"),
		log:     l.path("log", "dockerd.log"),
		network: filepath.Join(l.engineDir(), "network.json"),
		driver:  filepath.Join(l.engineDir(), "driver"),
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
	root, err := l.engineRoot(ctx)
	if err != nil {
		return "", err
	}
	there := func() bool { return answers(ctx, l.EngineHost()) }
	err = l.once(ctx, "engine", there, func(ctx context.Context) error { return l.startEngine(ctx, root, files) })
	if err != nil {
		return "", err
	}
	return l.EngineHost(), nil
}

// startEngine starts dockerd, of the file system root unless that is empty, with
// the best storage driver that works here.
func (l *Lab) startEngine(ctx context.Context, root string, f engineFiles) error {
	if pid := enginePID(f); pid != 0 {
		if err := awaitEngine(ctx, l.EngineHost(), nil); err == nil {
			return nil
		}
		return fail("use the private engine", fmt.Errorf("process %d runs but does not answer", pid), "Run `lab down`; the engine's log is "+f.log+".")
	}
	for _, dir := range []string{f.data, f.run, filepath.Dir(f.log)} {
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return fail("start the private engine", err, "")
		}
	}
	// The way to the socket, which the engine gives to the group docker.
	if err := os.Chmod(f.run, 0o755); err != nil {
		return fail("start the private engine", err, "")
	}
	network, err := l.bridgeUp(ctx, f)
	if err != nil {
		return err
	}
	before := readRules(ctx)
	var failure error
	for _, driver := range storageDrivers(f) {
		if failure = l.tryDriver(ctx, root, f, network, driver); failure == nil {
			if err := replaceFile(f.driver, []byte(driver), 0o600); err != nil {
				return fail("start the private engine", err, "")
			}
			return restoreRules(ctx, before, f.bridge)
		}
		if ctx.Err() != nil {
			break
		}
		l.sayf("engine: no start with storage driver %s", driver)
	}
	return failure
}

// storageDrivers lists what to try, best first. What worked once is kept: the
// images of one driver do not exist for another.
func storageDrivers(f engineFiles) []string {
	if b, err := os.ReadFile(f.driver); err == nil {
		return []string{string(b)}
	}
	if hasProgram("fuse-overlayfs") {
		return []string{"overlay2", "fuse-overlayfs", "vfs"}
	}
	return []string{"overlay2", "vfs"}
}

func (l *Lab) tryDriver(ctx context.Context, root string, f engineFiles, network Network, driver string) error {
	// Left by an engine that did not end in order. dockerd would refuse to
	// start if the id in its pid file belongs to any process by now, and wait
	// for a containerd that no longer answers.
	if err := endOrphans(ctx, f); err != nil {
		return fail("clean up after an engine that broke off", err, "")
	}
	for _, stale := range []string{f.pid, f.socket, filepath.Join(f.run, "exec", "containerd", "containerd.pid")} {
		if err := os.RemoveAll(stale); err != nil {
			return fail("start the private engine", err, "")
		}
	}
	config, err := l.engineConfig(f, network, driver)
	if err != nil {
		return err
	}
	if err := replaceFile(f.config, config, 0o600); err != nil {
		return fail("start the private engine", err, "")
	}
	program, args := l.engineCommand(root, f.config)
	ended, err := spawn(ctx, f.log, program, args...)
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

// Running tells whether the private engine answers.
func (l *Lab) Running(ctx context.Context) bool { return answers(ctx, l.EngineHost()) }
