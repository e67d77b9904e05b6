package guest

import (
	"fmt"
	"os"
	"syscall"
)

// runInject is the command by which the launcher gives a running session a new
// login. Beside a nested session, it goes inside and does its work there.
func runInject(l layout) int {
	who, nested, err := insideOf(l)
	if err != nil {
		return fail(os.Stderr, exitFailure, err)
	}
	if nested {
		return executeInside(l, who, []string{"inject"})
	}
	if hasPrivileges() {
		return fail(os.Stderr, exitFailure, become(os.Getuid(), os.Getgid(), []string{"inject"}))
	}
	syscall.Umask(0o077)
	if err := inject(l, os.Stdin); err != nil {
		return fail(os.Stderr, exitFailure, fmt.Errorf("new login: %w", err))
	}
	return 0
}

// runAPIKey is what Claude Code runs, as the session's user.
func runAPIKey(l layout) int {
	if err := printAPIKey(l, os.Stdout); err != nil {
		return fail(os.Stderr, exitFailure, err)
	}
	return 0
}
