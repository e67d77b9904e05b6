package cli

import (
	"context"
	"errors"
	"io"

	"github.com/spf13/cobra"

	"dclaude/launcher/engine"
	"dclaude/launcher/plan"
	"dclaude/launcher/session"
	"dclaude/launcher/tty"
)

func (a *app) shellCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "shell [NAME] [-- COMMAND...]",
		Short: "Open a shell, or run a command, inside a running session",
		Long:  "Open a shell, or run a command, beside Claude in a running session: same sandbox, same user. The exit code is the command's.",
		Example: `  dclaude shell               in the only session
  dclaude shell web -- git log --oneline
  dclaude shell web -- sh -c 'echo $HOME' > file`,

		ValidArgsFunction: a.completeSession,
		RunE: func(cmd *cobra.Command, args []string) error {
			dash := cmd.ArgsLenAtDash()
			if dash < 0 {
				dash = len(args)
			}
			name, command := args[:dash], args[dash:]
			if len(name) > 1 {
				return &usageError{errors.New("shell takes the name of one session"), "the command goes after --, as in: dclaude shell " + name[0] + " -- ls"}
			}
			e, s, err := a.sessionNamed(cmd, name)
			if err != nil {
				return err
			}
			defer e.Close()
			return a.shell(cmd.Context(), e, s, command)
		},
	}
	addEngineFlags(cmd)
	return cmd
}

func (a *app) shell(ctx context.Context, e *engine.Engine, s session.Session, command []string) error {
	interactive := isTerminal(a.sys.In) && isTerminal(a.sys.Out)
	if len(command) == 0 {
		command = []string{"bash"}
	}
	request := engine.ExecRequest{
		User:       s.User,
		Command:    append([]string{session.GuestProgram, "exec"}, command...),
		WorkingDir: plan.Workspace,
		TTY:        interactive,
	}
	if term := lookup(a.sys.Environ, "TERM"); interactive && term != "" {
		request.Env = []string{"TERM=" + term}
	}
	stream, err := e.ExecAttach(ctx, s.ID, request)
	if err != nil {
		return err
	}
	if interactive {
		err = a.shellOnTerminal(ctx, stream)
	} else {
		err = a.shellOnPipes(ctx, stream)
	}
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stayTime)
	defer cancel()
	a.code, err = stream.ExitCode(ctx)
	return err
}

func (a *app) shellOnTerminal(ctx context.Context, stream *engine.ExecStream) (err error) {
	term := tty.NewTerminal(a.sys.In, a.sys.Out)
	in, err := term.Input()
	if err != nil {
		return err
	}
	defer in.Close()
	if err := term.MakeRaw(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, term.Restore()) }()
	result, err := tty.Relay(ctx, tty.RelayOptions{
		In: in, Out: term.Output(), Conn: stream, Window: term, Resize: stream.Resize,
	})
	if err == nil && result.End != tty.Ended {
		err = errLeft
	}
	return err
}

// errLeft ends a shell that was left before its end. The engine cannot end it,
// so it goes with its session.
var errLeft = &hintedError{errors.New("left the shell; it runs on until its session ends"), ""}

func (a *app) shellOnPipes(ctx context.Context, stream *engine.ExecStream) error {
	in, err := tty.NewInput(a.sys.In)
	if err != nil {
		return err
	}
	defer in.Close()
	stdout, stderr := tty.Output(a.sys.Out), tty.Output(a.sys.Err)
	_, err = tty.Relay(ctx, tty.RelayOptions{
		In: in, Conn: stream,
		Demux: func(io.Reader) error { return stream.CopyOutput(stdout, stderr) },
	})
	return errors.Join(err, stdout.Close(), stderr.Close())
}
