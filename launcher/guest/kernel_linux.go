package guest

import (
	"bytes"
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// printKernel writes the kernel's own description of itself, one line. Under
// gVisor it names gVisor (FACTS 2), which no program in a sandbox can change.
// Beside a nested session it is the kernel inside that counts.
func printKernel(l layout, w io.Writer) int {
	who, nested, err := insideOf(l)
	if err != nil {
		return fail(os.Stderr, exitFailure, err)
	}
	if nested {
		return executeInside(l, who, []string{"kernel"})
	}
	b, err := os.ReadFile("/proc/version")
	if err != nil {
		return fail(os.Stderr, exitFailure, err)
	}
	fmt.Fprintf(w, "%s\n", bytes.TrimSpace(b))
	return 0
}

// hasPrivileges tells whether this thread holds any capability.
func hasPrivileges() bool {
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var sets [2]unix.CapUserData
	if err := unix.Capget(&header, &sets[0]); err != nil {
		return true // cannot tell: drop, which says what is wrong
	}
	return sets[0].Permitted|sets[1].Permitted|sets[0].Effective|sets[1].Effective != 0
}

func lastLine(out []byte) string {
	out = bytes.TrimSpace(out)
	if i := bytes.LastIndexByte(out, '\n'); i >= 0 {
		out = out[i+1:]
	}
	return string(out)
}
