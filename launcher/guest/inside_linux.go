package guest

import (
	"encoding/json"
	"fmt"
	"os"
	"syscall"
)

// processFD is the descriptor on which runsc reads what to run.
const processFD = 3

// executeInside runs this program with args inside a nested session, for a
// command that the engine started beside it. Input, output and exit code are
// the command's own; a terminal is relayed.
func executeInside(l layout, who identity, args []string) int {
	code, err := enterSandbox(l, who, args)
	if err != nil {
		return fail(os.Stderr, code, err)
	}
	return code
}

func enterSandbox(l layout, who identity, args []string) (int, error) {
	n := nestOf(l)
	b := bundle{layout: l, nest: n, who: who, limits: readLimits(cgroupRoot)}
	p := b.process(append([]string{l.self}, args...), sessionEnv(os.Environ()), workingDir(l))
	p.Terminal = isTerminal(0)
	text, err := json.Marshal(p)
	if err != nil {
		return exitFailure, err
	}
	// In memory, not in a file that would have to be removed.
	process, err := memoryFile("process", text)
	if err != nil {
		return exitFailure, fmt.Errorf("memory for the command: %w", err)
	}
	defer process.Close()
	c := runsc(l, n, "exec", fmt.Sprintf("--process=/proc/self/fd/%d", processFD), sandboxName)
	c.attr = inNamespace(who)
	c.forward = func(pid int, s syscall.Signal) {
		if !staysHere(s) && s != syscall.SIGWINCH {
			_ = syscall.Kill(pid, s)
		}
	}
	if p.Terminal {
		screen, slave, err := relayedTerminal()
		if err != nil {
			return exitFailure, fmt.Errorf("terminal: %w", err)
		}
		defer screen.finish(lastOutputExec)
		defer slave.Close()
		c.files = []uintptr{slave.Fd(), slave.Fd(), slave.Fd()}
		c.attr.Setpgid = false
		c.attr.Setsid, c.attr.Setctty, c.attr.Ctty = true, true, 0
		c.started = screen.resize // for a change that came before signals did
		deliver := c.forward
		c.forward = func(pid int, s syscall.Signal) {
			if s == syscall.SIGWINCH {
				screen.resize()
			}
			deliver(pid, s)
		}
	}
	c.files = append(c.files, process.Fd())
	code, err := c.run()
	if err != nil {
		return exitFailure, cannotStart(who, err)
	}
	return code, nil
}

// relayedTerminal makes a terminal for a command inside, and connects it to
// ours.
func relayedTerminal() (*terminalRelay, *os.File, error) {
	master, slave, err := newTerminal()
	if err != nil {
		return nil, nil, err
	}
	r := newRelay(os.Stdin, os.Stdout)
	if err := r.attach(master); err != nil {
		slave.Close()
		return nil, nil, err
	}
	return r, slave, nil
}
