package guest

import (
	"errors"
	"fmt"
	"os"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// become turns this process into the given user, for good, and executes the
// guest program again with args. It returns only on failure. Privileges belong
// to a thread: the thread that gives them up is the one that executes.
func become(uid, gid int, args []string) error {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := dropPrivileges(uid, gid); err != nil {
		return fmt.Errorf("give up privileges: %w", err)
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	return fmt.Errorf("start the second stage: %w", syscall.Exec(self, append([]string{"dclaude-guest"}, args...), os.Environ()))
}

// dropPrivileges leaves this thread with one user, one group, no capability in
// any set, and no way to gain one. The order matters: the bounding set needs
// CAP_SETPCAP, the ids need CAP_SETUID and CAP_SETGID, and user 0, which keeps
// its capabilities over a change of ids, loses them by the explicit capset.
func dropPrivileges(uid, gid int) error {
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return fmt.Errorf("no_new_privs: %w", err)
	}
	if err := emptyBoundingSet(); err != nil {
		return err
	}
	// gVisor does not know ambient capabilities; without them there is
	// nothing to clear.
	if err := unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0); err != nil && !errors.Is(err, unix.EINVAL) {
		return fmt.Errorf("ambient capabilities: %w", err)
	}
	if os.Getuid() == 0 {
		if _, _, errno := unix.RawSyscall(unix.SYS_SETGROUPS, 0, 0, 0); errno != 0 {
			return fmt.Errorf("supplementary groups: %w", errno)
		}
		if err := unix.Setresgid(gid, gid, gid); err != nil {
			return fmt.Errorf("group %d: %w", gid, err)
		}
		if err := unix.Setresuid(uid, uid, uid); err != nil {
			return fmt.Errorf("user %d: %w", uid, err)
		}
	}
	header := unix.CapUserHeader{Version: unix.LINUX_CAPABILITY_VERSION_3}
	var none [2]unix.CapUserData
	if err := unix.Capset(&header, &none[0]); err != nil {
		return fmt.Errorf("capabilities: %w", err)
	}
	return nil
}

// emptyBoundingSet drops every capability that the kernel knows; it ends at the
// first that it does not. Who holds none to begin with (a user other than
// root) may not drop, and need not: no_new_privs stands.
func emptyBoundingSet() error {
	for c := uintptr(0); c <= 63; c++ {
		err := unix.Prctl(unix.PR_CAPBSET_DROP, c, 0, 0, 0)
		switch {
		case err == nil:
		case errors.Is(err, unix.EINVAL):
			return nil
		case errors.Is(err, unix.EPERM) && os.Getuid() != 0:
			return nil
		default:
			return fmt.Errorf("bounding set, capability %d: %w", c, err)
		}
	}
	return nil
}
