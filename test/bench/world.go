package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"

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
	stop    func(context.Context)
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
	w := &world{runs: runs, dclaude: path, docker: l.DockerCommand(host), stop: func(context.Context) {}}
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
	var stopAPI func()
	if w.apiURL, stopAPI, err = l.ServeAPI(ctx, host); err != nil {
		return nil, err
	}
	w.stop = func(ctx context.Context) { stopAPI(); l.RemoveProject(ctx, host, w.project) }
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
	w.stop(ctx)
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
