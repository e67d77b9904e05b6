package guest

import (
	"os"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// runscEnv is all the environment that runsc gets. The session's own is in the
// bundle.
var runscEnv = []string{"PATH=/usr/local/bin:/usr/bin:/bin", "TMPDIR=/tmp"}

// runsc is a command line of gVisor's runtime for this session.
func runsc(l layout, n nest, args ...string) command {
	return command{
		path:  l.runsc,
		args:  append(append([]string{"runsc"}, n.runscFlags()...), args...),
		env:   runscEnv,
		files: []uintptr{0, 1, 2},
	}
}

// inNamespace has a child start in a user namespace of its own: see identity.
// Every runsc command of a session gets a new one with the same maps. To the
// container they are all the same id, which is what runsc goes by.
func inNamespace(who identity) *syscall.SysProcAttr {
	maps := func(ids []idMap) (m []syscall.SysProcIDMap) {
		for _, id := range ids {
			m = append(m, syscall.SysProcIDMap{ContainerID: id.Inside, HostID: id.Outside, Size: 1})
		}
		return m
	}
	return &syscall.SysProcAttr{
		Cloneflags:                 syscall.CLONE_NEWUSER,
		UidMappings:                maps(who.UIDs),
		GidMappings:                maps(who.GIDs),
		GidMappingsEnableSetgroups: true,
		Credential:                 &syscall.Credential{Uid: 0, Gid: 0},
		Setpgid:                    true,
	}
}

// kill starts a runsc that sends a signal to the session's init, and returns
// its process id.
func kill(l layout, n nest, who identity, s syscall.Signal) (int, error) {
	c := runsc(l, n, "kill", sandboxName, strconv.Itoa(int(s)))
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	if err != nil {
		return 0, err
	}
	defer null.Close()
	fd := null.Fd()
	return syscall.ForkExec(c.path, c.args, &syscall.ProcAttr{Env: c.env, Files: []uintptr{fd, fd, fd}, Sys: inNamespace(who)})
}

// memoryFile makes a nameless file in memory with that content.
func memoryFile(name string, content []byte) (*os.File, error) {
	fd, err := unix.MemfdCreate(name, unix.MFD_CLOEXEC)
	if err != nil {
		return nil, err
	}
	f := os.NewFile(uintptr(fd), name)
	if _, err := f.WriteAt(content, 0); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}
