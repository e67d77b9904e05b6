package cli

import (
	"context"
	"path/filepath"

	"github.com/spf13/cobra"

	"dclaude/launcher/engine"
	"dclaude/launcher/session"
)

func (a *app) attachCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "attach [NAME]",
		Short: "Come back to a session that is running",
		Long:  "Come back to a session, named by its name, the start of it, or its folder; without a name, the only one. Press Ctrl-] twice to leave it again.",
		Args:  usage(cobra.MaximumNArgs(1)),
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := requireTerminal(a.sys.In, a.sys.Out, "attach"); err != nil {
				return err
			}
			settings, err := a.load(cmd)
			if err != nil {
				return err
			}
			e, s, err := a.sessionNamed(cmd, args)
			if err != nil {
				return err
			}
			defer e.Close()
			return a.attach(cmd.Context(), e, s, settings.Clipboard)
		},
	}
	addEngineFlags(cmd)
	return cmd
}

func (a *app) attach(ctx context.Context, e *engine.Engine, s session.Session, clipboard bool) error {
	stream, err := e.Attach(ctx, s.ID, engine.AttachOptions{TTY: s.TTY})
	if err != nil {
		return err
	}
	return a.show(ctx, e, live{
		name:      s.Name,
		id:        s.ID,
		user:      s.User,
		clipboard: clipboard,
		stream:    stream,
		exit:      e.Wait(context.WithoutCancel(ctx), s.ID),
		redraw:    true,
	})
}

// sessionNamed connects and finds the session that the first argument means.
func (a *app) sessionNamed(cmd *cobra.Command, args []string) (*engine.Engine, session.Session, error) {
	e, sessions, err := a.sessions(cmd)
	if err != nil {
		return nil, session.Session{}, err
	}
	name := ""
	if len(args) > 0 {
		name = args[0]
	}
	s, err := pick(sessions, name)
	if err != nil {
		e.Close()
		return nil, session.Session{}, err
	}
	return e, s, nil
}

// pick finds a session by what a user typed, which may be its folder.
func pick(sessions []session.Session, name string) (session.Session, error) {
	path := ""
	if name != "" {
		if abs, err := filepath.Abs(name); err == nil {
			path = abs
			if resolved, err := filepath.EvalSymlinks(abs); err == nil {
				path = resolved
			}
		}
	}
	return session.Pick(sessions, name, path)
}
