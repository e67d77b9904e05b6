package guest

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"syscall"

	"dclaude/launcher/handoff"
)

// enter is the second stage: the session's user, without privileges. It
// prepares the user's own files and runs the command as its child.
func enter(l layout, command []string) int {
	h, pass, err := takeOver()
	if err != nil {
		return fail(os.Stderr, exitFailure, err)
	}
	defer leaveEnd(pass)
	var gateway *lifeline
	if h.Isolation == handoff.Nested {
		gateway = seekGateway(h.Gateway)
	} else {
		gateway = holdLifeline(h.Gateway)
	}
	syscall.Umask(0o022)
	if h.Isolation == handoff.Nested {
		if err := copyFiles(l.skel, l.home); err != nil {
			warn(os.Stderr, fmt.Errorf("home directory: %w", err))
		}
	}
	for _, w := range prepareState(l, h) {
		warn(os.Stderr, w)
	}
	if err := placeGitconfig(l); err != nil {
		warn(os.Stderr, fmt.Errorf("git identity: %w", err))
	}
	if err := setEnvironment(l, os.Getuid()); err != nil {
		return fail(os.Stderr, exitFailure, err)
	}
	path, code, err := find(command[0])
	if err != nil {
		return fail(os.Stderr, code, err)
	}
	if h.Isolation == handoff.Nested {
		announce()
	}
	gateway.ready()
	code, err = supervise(path, command)
	if err != nil {
		return fail(os.Stderr, code, err)
	}
	return code
}

// initsOwn are the variables of the seed's contract, of which the first holds a
// secret.
var initsOwn = []string{"CLAUDE_CREDENTIALS", "FORCE_CREDENTIALS"}

// setEnvironment gives the command its user's environment, and takes away what
// was meant for the init alone.
func setEnvironment(l layout, uid int) error {
	for _, name := range initsOwn {
		if err := os.Unsetenv(name); err != nil {
			return err
		}
	}
	set := map[string]string{
		"HOME":    l.home,
		"USER":    userName,
		"LOGNAME": userName,
		"SHELL":   "/bin/bash",
	}
	if runtime := l.runtimeDir(uid); isDir(runtime) {
		set["XDG_RUNTIME_DIR"] = runtime
	}
	if uid == 0 {
		// Claude refuses to skip prompts as root unless told that it is in a
		// sandbox (FACTS 4).
		set["IS_SANDBOX"] = "1"
		set["USER"], set["LOGNAME"] = "root", "root"
	}
	for name, value := range set {
		if err := os.Setenv(name, value); err != nil {
			return err
		}
	}
	return nil
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

// execute runs a further command in a session that is already there: a shell,
// or one of the launcher's own checks. The engine's exec starts it with the
// container's capabilities if the user is root, so they go first. Beside a
// nested session, it goes inside and is run there in the same way.
func execute(l layout, command []string) int {
	if len(command) == 0 {
		return fail(os.Stderr, exitFailure, errors.New("usage: dclaude-guest exec COMMAND..."))
	}
	who, nested, err := insideOf(l)
	if err != nil {
		return fail(os.Stderr, exitFailure, err)
	}
	if nested {
		return executeInside(l, who, append([]string{"exec"}, command...))
	}
	if hasPrivileges() {
		return fail(os.Stderr, exitFailure, become(os.Getuid(), os.Getgid(), append([]string{"exec"}, command...)))
	}
	if err := setEnvironment(l, os.Getuid()); err != nil {
		return fail(os.Stderr, exitFailure, err)
	}
	path, code, err := find(command[0])
	if err != nil {
		return fail(os.Stderr, code, err)
	}
	return fail(os.Stderr, exitNotExec, syscall.Exec(path, command, os.Environ()))
}

// find looks a command up as a shell does, with a shell's exit codes.
func find(name string) (path string, code int, err error) {
	path, err = exec.LookPath(name)
	switch {
	case err == nil:
		return path, 0, nil
	case errors.Is(err, fs.ErrPermission):
		return "", exitNotExec, err
	}
	return "", exitNotFound, err
}
