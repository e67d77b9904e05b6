package guest

import (
	"fmt"
	"io"
	"os"

	"golang.org/x/sys/unix"
)

// Exit codes of the guest program itself; else it ends with its command's.
const (
	exitFailure  = 125
	exitNotExec  = 126
	exitNotFound = 127
)

// Main runs the guest program: args without the program's own name, as
// "init [COMMAND...]" (the image's entry point), "session [COMMAND...]" (the
// launcher's, which sends the handoff on the standard input), "enter [COMMAND...]" (the
// second stage of both), "exec COMMAND..." (a further process in a running session),
// "kernel" (what the session runs on), "inject" (a new login for it, on the
// standard input), "activity" (when its conversation last moved; by way of exec),
// "manifest" (what the project holds; in a container of its own),
// "forget" and "import" (of conversations; by way of init),
// "api-key" (Claude Code's apiKeyHelper), "hook" (a report of Claude's to the
// session's gateway), "ssh" (git's, which says what to do instead) or "bridge
// COMMAND..." (a trial with an API of the launcher's). In a nested session exec, kernel and
// inject go inside by themselves. It returns the exit code.
func Main(args []string) int {
	if len(args) == 0 {
		return fail(os.Stderr, exitFailure, fmt.Errorf("usage: dclaude-guest init|session|enter|exec|kernel|inject|api-key"))
	}
	if err := noCoreDumps(); err != nil {
		return fail(os.Stderr, exitFailure, err)
	}
	command := args[1:]
	switch args[0] {
	case "init":
		return initialise(container(), byHand, defaultCommand(command))
	case "session":
		return initialise(container(), fromLauncher, defaultCommand(command))
	case "enter":
		return enter(container(), defaultCommand(command))
	case "exec":
		return execute(container(), command)
	case "kernel":
		return printKernel(container(), os.Stdout)
	case "inject":
		return runInject(container())
	case "api-key":
		return runAPIKey(container())
	case "hook":
		return runHook(command)
	case "ssh":
		return explainSSH(command, os.Stderr)
	case "bridge":
		return runBridge(command)
	case "activity":
		return printActivity(container(), os.Stdout)
	case "forget":
		return runForget(container())
	case "import":
		return runImport(container(), os.Stdout)
	case "manifest":
		return printManifest(container(), os.Stdout)
	}
	return fail(os.Stderr, exitFailure, fmt.Errorf("unknown command %q", args[0]))
}

// noCoreDumps keeps what crashes in a session, or around it, from leaving an
// image of its memory, tokens and all, in the project. It is inherited.
func noCoreDumps() error {
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return fmt.Errorf("turn core dumps off: %w", err)
	}
	return nil
}

// defaultCommand is the image's CMD, for those who override it with nothing.
func defaultCommand(command []string) []string {
	if len(command) == 0 {
		return []string{"claude"}
	}
	return command
}

func fail(w io.Writer, code int, err error) int {
	fmt.Fprintf(w, "dclaude: error: in the container: %v\r\n", err)
	return code
}

func warn(w io.Writer, err error) {
	fmt.Fprintf(w, "dclaude: warning: in the container: %v\r\n", err)
}
