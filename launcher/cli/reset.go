package cli

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"dclaude/launcher/config"
	"dclaude/launcher/engine"
	"dclaude/launcher/plan"
	"dclaude/launcher/project"
	"dclaude/launcher/session"
	"dclaude/launcher/tty"
)

func (a *app) resetCommand() *cobra.Command {
	var yes, all, image, history bool
	cmd := &cobra.Command{
		Use:   "reset [folder]",
		Short: "Forget a project's state: conversation, settings, login",
		Long:  "Remove the state volume of a project (default: the current folder), with its conversations, Claude's settings and the login in it. The project itself is not touched. With --history: the conversations alone. With --image: the images, which the next launch builds again. With --all: state and images, for all projects, and what you approved, allowed and forbade; your settings stay. What goes is listed before you are asked.",
		Example: `  dclaude reset               of the current folder; asks first
  dclaude reset --history x   the conversations; settings and login stay
  dclaude reset --yes x       does not ask
  dclaude reset --image       the images
  dclaude reset --all         everything but your settings`,
		Args: usage(cobra.MaximumNArgs(1)),

		ValidArgsFunction: completeFolder,
		RunE: func(cmd *cobra.Command, args []string) error {
			if (all || image) && (len(args) > 0 || history) || all && image {
				return &usageError{errors.New("reset takes a folder, --image or --all, one of them; --history goes with a folder"), ""}
			}
			settings, err := a.load(cmd)
			if err != nil {
				return err
			}
			e, sessions, err := a.sessionsOf(cmd.Context(), settings)
			if err != nil {
				return err
			}
			defer e.Close()
			w := wipe{image: true}
			if !image {
				if w, err = a.wipe(cmd, e, settings, args, all); err != nil {
					return err
				}
				w.history = history
			}
			return a.reset(cmd.Context(), e, w, sessions, yes)
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	cmd.Flags().BoolVar(&all, "all", false, "everything but your settings")
	cmd.Flags().BoolVar(&image, "image", false, "the images, which the next launch builds again")
	cmd.Flags().BoolVar(&history, "history", false, "the conversations alone")
	addEngineFlags(cmd)
	return cmd
}

// wipe is what a reset removes.
type wipe struct {
	volumes []string
	project string // of which sessions stand in the way; empty for any
	// history says that the volume stays, without its conversations; of and
	// settings say whose it is.
	history  bool
	of       project.Project
	settings config.Settings
	image    bool
	// kept are files and folders of dclaude's own, with what each holds.
	kept []keptThing
}

type keptThing struct{ path, what string }

func (a *app) wipe(cmd *cobra.Command, e *engine.Engine, settings config.Settings, args []string, all bool) (wipe, error) {
	ctx := cmd.Context()
	if all {
		volumes, err := e.Volumes(ctx, map[string]string{plan.LabelRole: plan.RoleState})
		if err != nil {
			return wipe{}, err
		}
		w := wipe{image: true, kept: []keptThing{
			{a.approvals().Dir, "what you approved of projects' own settings"},
			{a.grants().Path, "what you allowed and forbade with dclaude net"},
			{a.engineDir(e), "what dclaude has learned of this engine"},
		}}
		for _, v := range volumes {
			w.volumes = append(w.volumes, v.Name)
		}
		return w, nil
	}
	loaded, p, err := a.loadProject(cmd, settings, args)
	if err != nil {
		return wipe{}, err
	}
	w := wipe{volumes: []string{plan.Volume(loaded.Settings.State, p)}, project: p.Path, of: p, settings: loaded.Settings}
	if loaded.Settings.State == "shared" {
		w.project = "" // it is every project's
	}
	return w, nil
}

// project resolves the folder that a command line names.
func (a *app) project(s config.Settings, args []string) (project.Project, error) {
	folder := ""
	if len(args) > 0 {
		folder = args[0]
	}
	touched, err := a.touched()
	if err != nil {
		return project.Project{}, err
	}
	return touched.Resolve(folder, a.judging(s))
}

func (a *app) reset(ctx context.Context, e *engine.Engine, w wipe, sessions []session.Session, yes bool) error {
	for _, s := range sessions {
		if w.project == "" || s.Project == w.project {
			return &hintedError{
				fmt.Errorf("session %s is running on %s", s.Name, tty.Visible(s.Project, 80)),
				"end it first: dclaude stop " + s.Name,
			}
		}
	}
	a.out.say("this removes:")
	for _, v := range w.volumes {
		if w.history {
			a.out.say("  all conversations in the state volume %s, and what Claude has noted; settings, skills and login stay", v)
		} else {
			a.out.say("  the state volume %s (conversations, Claude's settings, login)", v)
		}
	}
	if w.image {
		a.out.say("  the images %s and %s", plan.Image, plan.GatewayImage)
	}
	for _, k := range w.kept {
		a.out.say("  %s (%s)", k.what, tty.Visible(k.path, 200))
	}
	if !yes {
		ok, err := a.confirm(ctx)
		if err != nil {
			return err
		}
		if !ok {
			a.out.say("nothing was removed")
			return nil
		}
	}
	return a.remove(ctx, e, w)
}

func (a *app) remove(ctx context.Context, e *engine.Engine, w wipe) error {
	if w.history {
		return a.forget(ctx, e, w)
	}
	for _, v := range w.volumes {
		if err := e.RemoveVolume(ctx, v); err != nil && !engine.IsKind(err, engine.KindNotFound) {
			return err
		}
	}
	if w.image {
		for _, image := range []string{plan.Image, plan.GatewayImage} {
			if err := e.RemoveImage(ctx, image); err != nil && !engine.IsKind(err, engine.KindNoImage) {
				return err
			}
		}
	}
	for _, k := range w.kept {
		if err := os.RemoveAll(k.path); err != nil {
			return err
		}
	}
	a.out.say("done")
	return nil
}

// forget removes the conversations from a state volume, if there is one.
func (a *app) forget(ctx context.Context, e *engine.Engine, w wipe) error {
	for _, name := range w.volumes {
		_, found, err := a.volume(ctx, e, name)
		if err != nil {
			return err
		}
		if !found {
			continue
		}
		if _, err := a.lookAfter(ctx, e, w.settings, w.of, plan.Forget); err != nil {
			return &hintedError{fmt.Errorf("not all of the history is gone: %w", err), "dclaude reset without --history removes the whole volume"}
		}
	}
	a.out.say("done")
	return nil
}

// hintedError is an error of this package with what to do about it.
type hintedError struct {
	err  error
	hint string
}

func (h *hintedError) Error() string { return h.err.Error() }
func (h *hintedError) Unwrap() error { return h.err }
func (h *hintedError) Hint() string  { return h.hint }
