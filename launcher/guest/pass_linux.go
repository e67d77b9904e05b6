package guest

import (
	"fmt"
	"io"
	"os"
	"strconv"

	"golang.org/x/sys/unix"

	"dclaude/launcher/handoff"
)

// passEnv names the descriptor on which the second stage finds the handoff.
// The descriptor is memory of this container, never a file, and closed before
// the command starts.
const passEnv = "DCLAUDE_HANDOFF_FD"

// passOn leaves the handoff in a descriptor that survives the exec.
// The caller keeps the file until then: once collected, it is closed.
func passOn(h handoff.Handoff) (*os.File, error) {
	b, err := h.Encode()
	if err != nil {
		return nil, err
	}
	fd, err := unix.MemfdCreate("handoff", 0) // no CLOEXEC: it is for the next stage
	if err != nil {
		return nil, fmt.Errorf("memory for the handoff: %w", err)
	}
	f := os.NewFile(uintptr(fd), "handoff")
	if _, err := f.Write(b); err != nil {
		return nil, fmt.Errorf("memory for the handoff: %w", err)
	}
	return f, os.Setenv(passEnv, strconv.Itoa(fd))
}

// takeOver reads what passOn left, and closes it.
func takeOver() (handoff.Handoff, error) {
	fd, err := strconv.Atoi(os.Getenv(passEnv))
	if err != nil {
		return handoff.Handoff{}, fmt.Errorf("the second stage was not started by the first")
	}
	os.Unsetenv(passEnv)
	f := os.NewFile(uintptr(fd), "handoff")
	if f == nil {
		return handoff.Handoff{}, fmt.Errorf("descriptor %d is not open", fd)
	}
	defer f.Close()
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return handoff.Handoff{}, err
	}
	b, err := io.ReadAll(f)
	if err != nil {
		return handoff.Handoff{}, err
	}
	return handoff.Decode(b)
}
