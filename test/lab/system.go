package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"time"
)

// systemHost is where the docker client looks for an engine by default.
const systemHost = "unix:///var/run/docker.sock"

// System makes sure of an engine where the docker client looks for one by
// default, with the base image in it, and returns its endpoint. A running one
// is used as it is. On Debian and Ubuntu root gets the distribution's engine
// installed and started; elsewhere the error says how to get one.
func (l *Lab) System(ctx context.Context) (host string, err error) {
	host, err = l.defaultEngine(ctx)
	if err == nil {
		return host, l.BaseImage(ctx, host)
	}
	if err := canStartSystem(host, err); err != nil {
		return "", err
	}
	if err := l.packages(ctx, engineNeeds()); err != nil {
		return "", err
	}
	there := func() bool { return answers(ctx, systemHost) }
	if err := l.once(ctx, "system engine", there, l.startSystem); err != nil {
		return "", err
	}
	return systemHost, l.BaseImage(ctx, systemHost)
}

// defaultEngine returns the endpoint that the user's own docker client talks
// to, contexts and DOCKER_HOST included, and an error if nothing answers.
func (l *Lab) defaultEngine(ctx context.Context) (host string, err error) {
	ctx, cancel := context.WithTimeout(ctx, 15*time.Second)
	defer cancel()
	host = os.Getenv("DOCKER_HOST")
	if host == "" {
		host = systemHost
	}
	if !hasProgram("docker") {
		return host, ping(ctx, host)
	}
	named, err := command{args: []string{"docker", "context", "inspect", "--format", "{{.Endpoints.docker.Host}}"}}.output(ctx)
	if err == nil && named != "" {
		host = named
	}
	_, err = command{args: []string{"docker", "version", "--format", "{{.Server.Version}}"}}.output(ctx)
	return host, err
}

// canStartSystem says why no engine of the system can be started for a user
// whose client looks at host, where nothing answers because of cause.
func canStartSystem(host string, cause error) error {
	const op = "find a Docker engine"
	switch {
	case runtime.GOOS == "darwin":
		return unavailable(op, "none answers at "+host,
			"Start Docker Desktop, OrbStack or Colima (`brew install colima docker && colima start`), then try again.")
	case !isSystemHost(host):
		return fail(op, fmt.Errorf("none answers at %s: %w", host, cause), "Start that engine, or unset DOCKER_HOST and DOCKER_CONTEXT.")
	case runtime.GOOS != "linux" || os.Geteuid() != 0:
		return unavailable(op, "none answers at "+host+", and only root can start one",
			"Start an engine that you may use (`sudo systemctl start docker`, and be in the group docker), or run this as root.")
	}
	return nil
}

func isSystemHost(host string) bool {
	return host == systemHost || host == "unix:///run/docker.sock"
}

// startSystem starts the distribution's engine: through the init system if
// one runs, and else by itself, as in a container or a small virtual machine.
func (l *Lab) startSystem(ctx context.Context) error {
	before := readRules(ctx)
	ended, logPath, err := l.launchSystem(ctx)
	if err != nil {
		return err
	}
	if err := awaitEngine(ctx, systemHost, ended); err != nil {
		return fail("start the system's engine", err, "Its log: "+logPath)
	}
	return restoreRules(ctx, before, "docker0")
}

// launchSystem returns where the log is, and a channel with the engine's end
// if it was started here.
func (l *Lab) launchSystem(ctx context.Context) (ended <-chan error, logPath string, err error) {
	switch {
	case exists("/run/systemd/system"):
		l.sayf("system engine: systemctl start docker")
		err = l.run(ctx, command{step: "systemctl", args: []string{"systemctl", "start", "docker"}})
		return nil, "journalctl -u docker", err
	case initRuns() && exists("/etc/init.d/docker"):
		l.sayf("system engine: service docker start")
		err = l.run(ctx, command{step: "service", args: []string{"service", "docker", "start"}})
		return nil, "/var/log/docker.log", err
	}
	logPath = "/var/log/dockerd.log"
	l.sayf("system engine: no init system runs here, starting dockerd itself, log in %s", logPath)
	if err := dropStalePID("/var/run/docker.pid"); err != nil {
		return nil, "", fail("start the system's engine", err, "")
	}
	ended, err = spawn(ctx, logPath, findProgram("dockerd"))
	if err != nil {
		return nil, "", fail("start the system's engine", err, "")
	}
	return ended, logPath, nil
}

// initRuns tells whether the first process is a System V init.
func initRuns() bool {
	comm, err := os.ReadFile("/proc/1/comm")
	return err == nil && strings.TrimSpace(string(comm)) == "init"
}

// dropStalePID removes the pid file of an engine that is gone, for dockerd
// would take any process with that id for it.
func dropStalePID(path string) error {
	b, err := os.ReadFile(path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	comm, err := os.ReadFile(filepath.Join("/proc", strings.TrimSpace(string(b)), "comm"))
	if err == nil && strings.TrimSpace(string(comm)) == "dockerd" {
		return nil
	}
	return os.Remove(path)
}
