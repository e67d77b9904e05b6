//go:build linux

package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sys/unix"
)

func mountFileSystem([]string) error {
	dir, err := os.MkdirTemp("", "mount")
	if err != nil {
		return unready{err}
	}
	return unix.Mount("none", dir, "tmpfs", 0, "")
}

func pivotRoot([]string) error {
	dir, err := os.MkdirTemp("", "pivot")
	if err != nil {
		return unready{err}
	}
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("unshare: %w", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_PRIVATE|unix.MS_REC, ""); err != nil {
		return fmt.Errorf("make mounts private: %w", err)
	}
	if err := unix.Mount("none", dir, "tmpfs", 0, ""); err != nil {
		return fmt.Errorf("mount: %w", err)
	}
	old := filepath.Join(dir, "old")
	if err := os.Mkdir(old, 0o755); err != nil {
		return err
	}
	return unix.PivotRoot(dir, old)
}

// peelMounts looks for FILE under the mounts that hide it: as it is, in a user
// namespace of its own, where it may unmount, and through a bind of / alone.
func peelMounts(args []string) error {
	file, err := argument(args, 0)
	if err != nil {
		return err
	}
	found := func(root string) bool {
		_, err := os.Lstat(filepath.Join(root, file))
		return err == nil
	}
	if found("/") {
		return nil
	}
	if len(args) == 1 {
		// A thread of many cannot make a user namespace; a child can begin in one.
		cmd := exec.Command("/proc/self/exe", "peel", file, "in-namespace")
		cmd.Stdout, cmd.Stderr = os.Stdout, os.Stderr
		cmd.SysProcAttr = &syscall.SysProcAttr{
			Cloneflags:  unix.CLONE_NEWUSER | unix.CLONE_NEWNS,
			UidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getuid(), Size: 1}},
			GidMappings: []syscall.SysProcIDMap{{ContainerID: 0, HostID: os.Getgid(), Size: 1}},
		}
		if os.Getuid() == 0 {
			cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: unix.CLONE_NEWNS}
		}
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("in a namespace of our own: %w", err)
		}
		return nil
	}
	var failures []error
	note := func(what string, err error) { failures = append(failures, fmt.Errorf("%s: %w", what, err)) }
	bound := "/tmp/peeled"
	if err := errors.Join(os.MkdirAll(bound, 0o755), unix.Mount("/", bound, "", unix.MS_BIND, "")); err != nil {
		note("bind /", err)
	} else if found(bound) {
		return nil
	}
	for range 3 { // there may be several layers
		for dir := filepath.Dir(file); dir != "/"; dir = filepath.Dir(dir) {
			if err := unix.Unmount(dir, unix.MNT_DETACH); err != nil {
				note("unmount "+dir, err)
			}
		}
		if found("/") {
			return nil
		}
	}
	return errors.Join(append(failures, errors.New(file+" stays hidden"))...)
}

func makeDevice([]string) error {
	dir, err := os.MkdirTemp("", "mknod")
	if err != nil {
		return unready{err}
	}
	path := filepath.Join(dir, "kmsg")
	if err := unix.Mknod(path, unix.S_IFCHR|0o666, int(unix.Mkdev(1, 11))); err != nil {
		return fmt.Errorf("mknod: %w", err)
	}
	f, err := os.OpenFile(path, os.O_WRONLY, 0) // to read it takes a capability more
	if err != nil {
		return err
	}
	return f.Close()
}

// rewrite writes a file's own content back to it.
func rewrite(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	// The value that is chosen stands in brackets in some files of /sys.
	if _, rest, ok := strings.Cut(string(b), "["); ok {
		value, _, _ := strings.Cut(rest, "]")
		b = []byte(value)
	}
	return os.WriteFile(path, b, 0)
}

func writeProc([]string) error { return rewrite("/proc/sys/kernel/core_pattern") }

func writeSys([]string) error {
	failures := []error{errors.New("no file could be written")}
	for _, path := range []string{"/sys/kernel/mm/transparent_hugepage/enabled", "/sys/kernel/mm/ksm/run", "/sys/kernel/profiling"} {
		err := rewrite(path)
		if err == nil {
			return nil
		}
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}

// gainRoot executes FILE, a copy of this program that belongs to root and is
// setuid.
func gainRoot(args []string) error {
	file, err := argument(args, 0)
	if err != nil {
		return err
	}
	if os.Geteuid() == 0 {
		return unready{errors.New("this is root already")}
	}
	if err := exec.Command(file, "am-i-root").Run(); err != nil {
		return fmt.Errorf("%s did not become root: %w", file, err)
	}
	return nil
}

// raceLinks keeps exchanging a folder of DIR for a link to / while it opens
// FILE below it, so that who checks first and follows later is led outside.
func raceLinks(args []string) error {
	dir, err := argument(args, 0)
	if err != nil {
		return err
	}
	file, err := argument(args, 1)
	if err != nil {
		return err
	}
	folder, link, name := filepath.Join(dir, "folder"), filepath.Join(dir, "link"), filepath.Join(dir, "name")
	if err := errors.Join(os.MkdirAll(filepath.Join(folder, filepath.Dir(file)), 0o755), os.Symlink("/", link), os.Rename(folder, name)); err != nil {
		return unready{err}
	}
	stop := make(chan struct{})
	defer close(stop)
	go func() {
		for {
			select {
			case <-stop:
				return
			default:
				_ = unix.Renameat2(unix.AT_FDCWD, name, unix.AT_FDCWD, link, unix.RENAME_EXCHANGE)
			}
		}
	}()
	tries := 0
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); tries++ {
		if f, err := os.Open(filepath.Join(name, file)); err == nil {
			f.Close()
			return nil
		}
	}
	return fmt.Errorf("%d tries", tries)
}

// writeOwnFiles tries to change what the sandbox itself is made of.
func writeOwnFiles(args []string) error {
	failures := []error{errors.New("nothing could be written")}
	for _, path := range args {
		f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o600)
		if err == nil {
			return f.Close()
		}
		failures = append(failures, err)
	}
	return errors.Join(failures...)
}

// callControl connects to the socket by which a sandbox is controlled.
func callControl(args []string) error {
	path, err := argument(args, 0)
	if err != nil {
		return err
	}
	conn, err := net.Dial("unix", path)
	if err != nil {
		return err
	}
	return conn.Close()
}
