package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

	"dclaude/launcher/fakeapi"
	"dclaude/test/lab"
)

// Ids of the project's owner, and so of the session's user.
const (
	ownerUID = 501
	ownerGID = 20
)

// world is a user with a login, a project, an engine and an API.
type world struct {
	runs          int
	idle          time.Duration
	dclaude       string
	docker        []string
	engineVersion string
	home, project string
	// apiURL is reached from containers of the engine's default network.
	apiURL  string
	environ []string
	stop    func()
}

func newWorld(ctx context.Context, runs int, dclaude string) (_ *world, err error) {
	path, err := filepath.Abs(dclaude)
	if err != nil {
		return nil, err
	}
	l, err := lab.Open(nil)
	if err != nil {
		return nil, err
	}
	host, err := l.Up(ctx)
	if err != nil {
		return nil, err
	}
	w := &world{runs: runs, dclaude: path, docker: l.DockerCommand(host), stop: func() {}}
	if w.home, err = os.MkdirTemp("", "dclaude-bench-"); err != nil {
		return nil, err
	}
	defer func() {
		if err != nil {
			w.close()
		}
	}()
	w.project = filepath.Join(w.home, "project")
	if err = w.furnish(); err != nil {
		return nil, err
	}
	if w.engineVersion, err = w.dockerOutput(ctx, "version", "--format", "{{.Server.Version}}"); err != nil {
		return nil, err
	}
	gateway, err := w.dockerOutput(ctx, "network", "inspect", "bridge", "--format", "{{(index .IPAM.Config 0).Gateway}}")
	if err != nil {
		return nil, err
	}
	if w.apiURL, w.stop, err = fakeapi.New().Start(net.JoinHostPort(gateway, "0")); err != nil {
		return nil, err
	}
	w.environ = []string{
		"HOME=" + w.home, "PATH=" + os.Getenv("PATH"), "TERM=xterm-256color", "DOCKER_HOST=" + host,
		"DCLAUDE_ENV=ANTHROPIC_BASE_URL=" + w.apiURL,
	}
	return w, nil
}

// furnish makes a project of the owner's and a login.
func (w *world) furnish() error {
	login := lab.Login{Access: "sk-ant-oat01-bench", Expires: time.Now().Add(8 * time.Hour)}
	return errors.Join(
		os.MkdirAll(w.project, 0o755),
		os.Chown(w.project, ownerUID, ownerGID),
		os.MkdirAll(filepath.Join(w.home, ".claude"), 0o700),
		os.WriteFile(filepath.Join(w.home, ".claude", ".credentials.json"), login.JSON(), 0o600),
	)
}

// close removes what the measurements left: sessions, state volumes, files.
func (w *world) close() {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	w.stop()
	for list, remove := range map[string][]string{
		"ps -aq --filter label=dev.dclaude.project=":       {"rm", "-f"},
		"volume ls -q --filter label=dev.dclaude.project=": {"volume", "rm", "-f"},
	} {
		args := strings.Fields(list)
		args[len(args)-1] += w.project
		if out, err := w.dockerOutput(ctx, args...); err == nil && out != "" {
			_, _ = w.dockerOutput(ctx, append(remove, strings.Fields(out)...)...)
		}
	}
	os.RemoveAll(w.home)
}

// dockerArgs is a whole command of the docker client.
func (w *world) dockerArgs(args ...string) []string {
	return append(append([]string{}, w.docker...), args...)
}

func (w *world) dockerOutput(ctx context.Context, args ...string) (string, error) {
	return w.output(ctx, w.dockerArgs(args...)...)
}

// output runs a command in the world and returns what it printed.
func (w *world) output(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env, cmd.Dir = w.environ, w.home
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%q: %w: %s", args, err, strings.TrimSpace(stderr.String()))
	}
	return strings.TrimSpace(stdout.String()), nil
}
