package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"dclaude/launcher/config"
	"dclaude/launcher/engine"
	"dclaude/launcher/session"
)

func (a *app) attachCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "attach [NAME]",
		Short: "Come back to a session that is running",
		Long:  "Come back to a session, named by its name, the start of it, or its folder; without a name, the only one, or one that you pick from a list. Press Ctrl-] twice to leave it again.",
		Example: `  dclaude attach              the only one, or pick
  dclaude attach web          whose name begins with web
  dclaude attach ~/Projects/web`,
		Args: usage(cobra.MaximumNArgs(1)),

		ValidArgsFunction: a.completeSession,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := requireTerminal(a.sys.In, a.sys.Out, "attach"); err != nil {
				return err
			}
			settings, err := a.load(cmd)
			if err != nil {
				return err
			}
			e, s, err := a.sessionOf(cmd.Context(), settings, args)
			if err != nil {
				return err
			}
			defer e.Close()
			return a.attach(cmd.Context(), e, settings, s)
		},
	}
	addFlagsNamed(cmd, "context", "host", "review", "clipboard")
	return cmd
}

func (a *app) attach(ctx context.Context, e *engine.Engine, settings config.Settings, s session.Session) error {
	if !s.TTY {
		return &hintedError{fmt.Errorf("session %s has no terminal to come back to", s.Name), "it ends by itself, with its answer; dclaude stop " + s.Name + " ends it now"}
	}
	release, err := a.records(e).Hold(s.Name)
	if err != nil {
		return err
	}
	defer release()
	stream, err := e.Attach(ctx, s.ID, engine.AttachOptions{TTY: s.TTY})
	if err != nil {
		return err
	}
	exit := e.Wait(context.WithoutCancel(ctx), s.ID)
	// The engine lets one attach to a container that has ended, and waits for it
	// to be started again.
	now, err := e.Inspect(ctx, s.ID)
	if engine.IsKind(err, engine.KindNotFound) || (err == nil && !now.Running()) {
		err = &hintedError{fmt.Errorf("session %s has just ended", s.Name), "start another with: dclaude FOLDER"}
	}
	if err != nil {
		return errors.Join(err, stream.Close())
	}
	defer a.keepFresh(ctx, a.keeper(e, settings, s.Project))()
	return a.show(ctx, e, live{
		name:      s.Name,
		id:        s.ID,
		user:      s.User,
		clipboard: settings.Clipboard,
		review:    settings.Review,
		stream:    stream,
		exit:      exit,
		redraw:    true,
	})
}

// sessionNamed reads the settings of a command and finds the session that its
// first argument means.
func (a *app) sessionNamed(cmd *cobra.Command, args []string) (*engine.Engine, session.Session, error) {
	settings, err := a.load(cmd)
	if err != nil {
		return nil, session.Session{}, err
	}
	return a.sessionOf(cmd.Context(), settings, args)
}

// sessionOf connects and finds the session that the first argument means.
func (a *app) sessionOf(ctx context.Context, settings config.Settings, args []string) (*engine.Engine, session.Session, error) {
	e, sessions, err := a.sessionsOf(ctx, settings)
	if err != nil {
		return nil, session.Session{}, err
	}
	name := ""
	if len(args) > 0 {
		name = args[0]
	}
	s, err := a.pickOrAsk(ctx, sessions, name)
	if err != nil {
		e.Close()
		return nil, session.Session{}, err
	}
	return e, s, nil
}

// pickOrAsk finds the session that a name means, and asks when there is a
// choice and somebody to make it.
func (a *app) pickOrAsk(ctx context.Context, sessions []session.Session, name string) (session.Session, error) {
	s, err := pick(sessions, name)
	var several *session.NoMatch
	if !errors.As(err, &several) || len(several.Matches) < 2 || !isTerminal(a.sys.In) {
		return s, err
	}
	fit := slices.DeleteFunc(slices.Clone(sessions), func(s session.Session) bool { return !slices.Contains(several.Matches, s.Name) })
	picked, ok, askErr := a.choose(ctx, fit, "")
	switch {
	case askErr != nil:
		return session.Session{}, askErr
	case !ok:
		return session.Session{}, err
	}
	return picked, nil
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
