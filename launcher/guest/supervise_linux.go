package guest

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// supervise runs a command as a child in a process group of its own, and is to
// it what the first process of a system is: it passes signals on, reaps what is
// orphaned, and returns the child's exit code, 128 plus the signal's number if
// a signal ended it.
func supervise(path string, command []string) (int, error) {
	signals := make(chan os.Signal, 64)
	signal.Notify(signals)
	defer signal.Stop(signals)

	attr := &syscall.SysProcAttr{Setpgid: true}
	if isTerminal(0) {
		// The terminal belongs to the command: Ctrl-C reaches its group, not us.
		attr.Foreground, attr.Ctty = true, 0
	}
	pid, err := syscall.ForkExec(path, command, &syscall.ProcAttr{
		Env:   os.Environ(),
		Files: []uintptr{0, 1, 2},
		Sys:   attr,
	})
	if err != nil {
		return exitNotExec, fmt.Errorf("start %s: %w", command[0], err)
	}
	for s := range signals {
		if number, ok := s.(syscall.Signal); ok && number != syscall.SIGCHLD {
			forward(pid, number)
		}
		// Always look: in a flood of signals the one about a child may have
		// found no room.
		if code, ended := reap(pid); ended {
			return code, nil
		}
	}
	return exitFailure, errors.New("signals ended") // the channel is never closed
}

// forward passes a signal to the command's group. Some stay here: SIGURG is the
// Go runtime's own, the terminal's job control and SIGPIPE are about us.
func forward(pid int, s syscall.Signal) {
	switch s {
	case syscall.SIGURG, syscall.SIGPIPE, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGTSTP:
		return
	}
	// It may have ended already; SIGCHLD will say so.
	_ = syscall.Kill(-pid, s)
}

// reap collects every child that has ended, and says whether the command is
// among them. A command that stopped itself (Ctrl-Z in Claude) has no shell to
// bring it back, so it is continued at once.
func reap(pid int) (code int, ended bool) {
	for {
		var status syscall.WaitStatus
		got, err := syscall.Wait4(-1, &status, syscall.WNOHANG|syscall.WUNTRACED, nil)
		if errors.Is(err, syscall.EINTR) {
			continue
		}
		if err != nil || got <= 0 {
			return code, ended
		}
		if got != pid {
			continue
		}
		switch {
		case status.Stopped():
			_ = syscall.Kill(-pid, syscall.SIGCONT)
		case status.Exited():
			code, ended = status.ExitStatus(), true
		case status.Signaled():
			code, ended = 128+int(status.Signal()), true
		}
	}
}

func isTerminal(fd int) bool {
	_, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	return err == nil
}
