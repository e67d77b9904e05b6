package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// spawn starts a program in a session of its own, so that it outlives this
// process and its terminal. The channel gets its end.
func spawn(ctx context.Context, logPath, program string, args ...string) (<-chan error, error) {
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
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

// stop ends exactly this process: asked first, killed when it does not listen.
func stop(ctx context.Context, pid int) error {
	if err := syscall.Kill(pid, syscall.SIGTERM); err != nil {
		return err
	}
	if gone(ctx, pid, engineStop) {
		return nil
	}
	return kill(ctx, pid)
}

// kill ends exactly this process, unasked.
func kill(ctx context.Context, pid int) error {
	if err := syscall.Kill(pid, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
		return err
	}
	if !gone(ctx, pid, 5*time.Second) {
		return fmt.Errorf("process %d does not end", pid)
	}
	return nil
}

// gone waits until there is no such process, or only what its parent has not
// collected yet.
func gone(ctx context.Context, pid int, limit time.Duration) bool {
	ctx, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for {
		stat, err := os.ReadFile(filepath.Join("/proc", fmt.Sprint(pid), "stat"))
		if err != nil || isZombie(string(stat)) {
			return true
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return false
		}
	}
}

// isZombie reads the state from a line of /proc/PID/stat; the name before it
// may hold blanks and brackets.
func isZombie(stat string) bool {
	rest := stat[strings.LastIndexByte(stat, ')')+1:]
	return strings.HasPrefix(strings.TrimSpace(rest), "Z")
}
