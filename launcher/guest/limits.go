package guest

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// limits are what the engine lets the container have, as its control group
// says. Zero is unknown or unlimited.
type limits struct {
	memory uint64 // bytes
	pids   uint64
}

// How the container's processes are shared out (measured, see docs/gvisor.md):
// gVisor itself takes 60 to 70 on a machine with two processors and a command
// from outside about 25, and each process of the session's takes two.
const (
	pidsOfGVisor  = 160
	pidsPerThread = 2
	fewestThreads = 16
)

// processes bounds the session's processes and threads below the container's
// limit. A fork bomb then gets an error, as it would on Linux; if gVisor itself
// ran into the limit, the session would end. Zero sets no bound.
func (l limits) processes() uint64 {
	switch {
	case l.pids == 0:
		return 0
	case l.pids < pidsOfGVisor+pidsPerThread*fewestThreads:
		return fewestThreads
	}
	return (l.pids - pidsOfGVisor) / pidsPerThread
}

// tmpfs bounds one file system in memory at half of what there is, as Linux
// does: writing too much fails instead of ending the session. gVisor's own
// default is half of the machine's memory. Zero leaves it.
func (l limits) tmpfs() uint64 { return l.memory / 2 }

// readLimits looks at the container's control group, version 2 or 1.
func readLimits(root string) limits {
	return limits{
		memory: firstNumber(root, "memory.max", "memory/memory.limit_in_bytes"),
		pids:   firstNumber(root, "pids.max", "pids/pids.max"),
	}
}

// firstNumber reads the first of the files that there is. Version 1 says "no
// limit" with a number near the largest.
func firstNumber(root string, files ...string) uint64 {
	for _, name := range files {
		b, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			continue
		}
		n, err := strconv.ParseUint(strings.TrimSpace(string(b)), 10, 64)
		if err != nil || n > 1<<60 {
			return 0
		}
		return n
	}
	return 0
}

// oomKills counts the processes that the kernel has killed because the
// container's memory was used up.
func oomKills(root string) uint64 {
	for _, name := range []string{"memory.events", "memory/memory.oom_control"} {
		b, err := os.ReadFile(filepath.Join(root, name))
		if err != nil {
			continue
		}
		for line := range strings.Lines(string(b)) {
			if value, ok := strings.CutPrefix(strings.TrimSpace(line), "oom_kill "); ok {
				n, err := strconv.ParseUint(value, 10, 64)
				if err != nil {
					return 0
				}
				return n
			}
		}
	}
	return 0
}
