package guest

import (
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"golang.org/x/sys/unix"
)

// command is a program to run as a child.
type command struct {
	path string
	args []string // with the program's name first
	env  []string
	// files are the child's descriptors, from 0 up.
	files []uintptr
	attr  *syscall.SysProcAttr
	// started, if set, is called when the child runs and signals arrive here.
	started func()
	// forward passes a signal of ours on to the child.
	forward func(pid int, s syscall.Signal)
	// ended, if set, is told of every other child that has ended.
	ended func(pid int, status syscall.WaitStatus)
}

// supervise runs a command as a child in a process group of its own, and is to
// it what the first process of a system is: it passes signals on, reaps what is
// orphaned, and returns the child's exit code, 128 plus the signal's number if
// a signal ended it.
func supervise(path string, args []string) (int, error) {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if isTerminal(0) {
		// The terminal belongs to the command: Ctrl-C reaches its group, not us.
		attr.Foreground, attr.Ctty = true, 0
	}
	return command{
		path: path, args: args, env: os.Environ(),
		files:   []uintptr{0, 1, 2},
		attr:    attr,
		forward: forward,
	}.run()
}

// run starts the command and stays until it has ended.
func (c command) run() (int, error) {
	signals := make(chan os.Signal, 64)
	signal.Notify(signals)
	defer signal.Stop(signals)

	pid, err := syscall.ForkExec(c.path, c.args, &syscall.ProcAttr{Env: c.env, Files: c.files, Sys: c.attr})
	if err != nil {
		return exitNotExec, fmt.Errorf("start %s: %w", c.args[0], err)
	}
	if c.started != nil {
		c.started()
	}
	for s := range signals {
		if number, ok := s.(syscall.Signal); ok && number != syscall.SIGCHLD {
			c.forward(pid, number)
		}
		// Always look: in a flood of signals the one about a child may have
		// found no room.
		if code, ended := c.reap(pid); ended {
			return code, nil
		}
	}
	return exitFailure, errors.New("signals ended") // the channel is never closed
}

// forward passes a signal to the command's group. Some stay here: SIGURG is the
// Go runtime's own, the terminal's job control and SIGPIPE are about us.
func forward(pid int, s syscall.Signal) {
	if staysHere(s) {
		return
	}
	// It may have ended already; SIGCHLD will say so.
	_ = syscall.Kill(-pid, s)
}

func staysHere(s syscall.Signal) bool {
	switch s {
	case syscall.SIGURG, syscall.SIGPIPE, syscall.SIGTTIN, syscall.SIGTTOU, syscall.SIGTSTP:
		return true
	}
	return false
}

// reap collects every child that has ended, and says whether the command is
// among them. A command that stopped itself (Ctrl-Z in Claude) has no shell to
// bring it back, so it is continued at once.
func (c command) reap(pid int) (code int, ended bool) {
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
			if c.ended != nil && !status.Stopped() {
				c.ended(got, status)
			}
			continue
		}
		switch {
		case status.Stopped():
			_ = syscall.Kill(-pid, syscall.SIGCONT)
		case status.Exited(), status.Signaled():
			code, ended = exitCode(status), true
		}
	}
}

// exitCode is a shell's view of how a process ended.
func exitCode(status syscall.WaitStatus) int {
	if status.Signaled() {
		return 128 + int(status.Signal())
	}
	return status.ExitStatus()
}

func isTerminal(fd int) bool {
	_, err := unix.IoctlGetTermios(fd, unix.TCGETS)
	return err == nil
}
