package cli

import (
	"context"
	"errors"
	"os"
	"os/signal"
	"sync/atomic"
	"syscall"

	"github.com/spf13/cobra"

	"dclaude/launcher/session"
)

// Exit codes of dclaude itself. A session's own exit code is passed through.
const (
	exitOK      = 0
	exitFailure = 125 // dclaude failed, as docker run says it
	exitUsage   = 2
	exitSIGINT  = 130
)

// version is stamped by the Makefile.
var version = "dev"

// System is the process that a command runs in.
type System struct {
	In, Out, Err *os.File
	Environ      []string
}

// Process is the System of this process.
func Process() System {
	return System{In: os.Stdin, Out: os.Stdout, Err: os.Stderr, Environ: os.Environ()}
}

// Run runs dclaude with args, the program's own name left out, and returns the
// exit code: the session's own where there was one, 2 for wrong usage, 125 when
// dclaude fails, 130 when it was interrupted.
func Run(args []string, sys System) int {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	a := &app{sys: sys, out: newPrinter(sys)}
	ctx, stop = a.untilHangup(ctx)
	defer stop()
	root := a.rootCommand()
	root.SetArgs(args)
	err := root.ExecuteContext(ctx)
	return a.exitCode(err)
}

// app is what the subcommands share.
type app struct {
	sys  System
	out  *printer
	code int // of the session that a command ran
	// outlived is set while a window shows a session, which goes on without it.
	outlived atomic.Bool
}

// untilHangup returns a context that ends when the terminal is closed, so that
// half of a launch, or of a review, is undone as for Ctrl-C. Who started dclaude
// without that signal, with nohup, goes on without it.
func (a *app) untilHangup(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	if signal.Ignored(syscall.SIGHUP) {
		return ctx, cancel
	}
	closed := make(chan os.Signal, 1)
	signal.Notify(closed, syscall.SIGHUP)
	go func() {
		for {
			select {
			case <-closed:
				if !a.outlived.Load() {
					cancel()
				}
			case <-ctx.Done():
				return
			}
		}
	}()
	return ctx, func() {
		cancel()
		signal.Stop(closed)
	}
}

func (a *app) exitCode(err error) int {
	var usage *usageError
	var left *session.LeftBehind
	switch {
	case err == nil:
		return a.code
	case errors.Is(err, context.Canceled):
		a.out.say("interrupted")
		if errors.As(err, &left) {
			a.out.fail(left)
		}
		return exitSIGINT
	case errors.As(err, &usage):
		a.out.fail(err)
		return exitUsage
	}
	a.out.fail(err)
	return exitFailure
}

// usageError is a command line that cannot be understood.
type usageError struct {
	err  error
	hint string
}

func (u *usageError) Error() string { return u.err.Error() }
func (u *usageError) Unwrap() error { return u.err }
func (u *usageError) Hint() string  { return u.hint }

// usage makes cobra's argument checks into errors of ours.
func usage(check cobra.PositionalArgs) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if err := check(cmd, args); err != nil {
			return &usageError{err, "see " + cmd.CommandPath() + " --help"}
		}
		return nil
	}
}
