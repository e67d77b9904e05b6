package guest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"dclaude/launcher/handoff"
)

// startTime is what a nested session may take until it runs, for a command that
// came before. A second is the rule.
const startTime = time.Minute

// insideOf says whether this process stands outside of a nested session, in
// which it belongs, and as whom. It waits for a session that is about to start:
// a command that came early must not run beside the sandbox.
func insideOf(l layout) (who identity, nested bool, err error) {
	n := nestOf(l)
	if os.Getenv(handoff.NestedEnv) == "" {
		return n.findMarker()
	}
	who, err = n.awaitMarker(startTime)
	return who, err == nil, err
}

// awaitMarker waits until the marker is there.
func (n nest) awaitMarker(patience time.Duration) (identity, error) {
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		return identity{}, os.NewSyscallError("inotify_init1", err)
	}
	changes := os.NewFile(uintptr(fd), "inotify")
	defer changes.Close()
	if _, err := unix.InotifyAddWatch(fd, filepath.Dir(n.marker), unix.IN_MOVED_TO); err != nil {
		return identity{}, os.NewSyscallError("inotify_add_watch", err)
	}
	if err := changes.SetReadDeadline(time.Now().Add(patience)); err != nil {
		return identity{}, err
	}
	events := make([]byte, 4096)
	for {
		who, there, err := n.findMarker()
		if there || err != nil {
			return who, err
		}
		_, err = changes.Read(events)
		if errors.Is(err, os.ErrDeadlineExceeded) {
			return identity{}, fmt.Errorf("the session has not started within %v", patience)
		}
		if err != nil {
			return identity{}, err
		}
	}
}
