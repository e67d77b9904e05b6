package lab

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// endOrphans kills what an engine that was killed itself has left running: its
// containerd, the shims and the containers.
func endOrphans(ctx context.Context, f engineFiles) error {
	containers, err := os.ReadDir(filepath.Join(f.data, "containers"))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	var ids []string
	for _, c := range containers {
		ids = append(ids, c.Name())
	}
	processes, err := filepath.Glob("/proc/[0-9]*")
	if err != nil {
		return err
	}
	for _, dir := range processes {
		pid, err := strconv.Atoi(filepath.Base(dir))
		if err != nil || pid <= 1 || pid == os.Getpid() {
			continue
		}
		// A process that ends meanwhile has neither file.
		cmdline, _ := os.ReadFile(filepath.Join(dir, "cmdline"))
		cgroup, _ := os.ReadFile(filepath.Join(dir, "cgroup"))
		if !belongs(string(cmdline), string(cgroup), f.run, ids) {
			continue
		}
		if err := kill(ctx, pid); err != nil {
			return err
		}
	}
	return nil
}

// belongs tells whether a process is the engine's with that runtime folder:
// one of its programs, by a path among the arguments, or one in the control
// group of one of its containers.
func belongs(cmdline, cgroup, run string, ids []string) bool {
	args := strings.Split(cmdline, "\x00")
	switch program := filepath.Base(args[0]); {
	case program == "containerd", program == "docker-proxy",
		strings.HasPrefix(program, "containerd-shim"), strings.HasPrefix(program, "runsc"), strings.HasPrefix(program, "runc"):
		if strings.Contains(cmdline, run+"/exec/") {
			return true
		}
	}
	for _, id := range ids {
		if len(id) == 64 && strings.Contains(cgroup, id) {
			return true
		}
	}
	return false
}
