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

// endMark is what the second stage of a nested session leaves in the handoff's
// memory at its end. Without it, the first knows that the sandbox died.
const endMark = "session ended"

// takeOver reads what passOn left, and wipes it. In a nested session the file
// stays open, for the end mark alone and in this process alone; else it is nil.
func takeOver() (handoff.Handoff, *os.File, error) {
	fd, err := strconv.Atoi(os.Getenv(passEnv))
	if err != nil {
		return handoff.Handoff{}, nil, fmt.Errorf("the second stage was not started by the first")
	}
	os.Unsetenv(passEnv)
	unix.CloseOnExec(fd)
	f := os.NewFile(uintptr(fd), "handoff")
	if f == nil {
		return handoff.Handoff{}, nil, fmt.Errorf("descriptor %d is not open", fd)
	}
	h, err := readHandoff(f)
	if err == nil && h.Isolation == handoff.Nested {
		return h, f, nil
	}
	f.Close()
	return h, nil, err
}

func readHandoff(f *os.File) (handoff.Handoff, error) {
	b, err := io.ReadAll(io.NewSectionReader(f, 0, 1<<62))
	if err != nil {
		return handoff.Handoff{}, err
	}
	if err := f.Truncate(0); err != nil {
		return handoff.Handoff{}, fmt.Errorf("wipe the handoff: %w", err)
	}
	return handoff.Decode(b)
}

// announce tells the first stage that the session is about to run. If nobody
// reads it, nobody waits.
func announce() {
	f := os.NewFile(readyFD, "ready")
	_, _ = f.Write([]byte{1})
	f.Close()
}

// leaveEnd writes the end mark. A first stage that does not find it reports a
// failure, so there is nobody to tell of one here.
func leaveEnd(f *os.File) {
	if f != nil {
		_, _ = f.WriteAt([]byte(endMark), 0)
	}
}
