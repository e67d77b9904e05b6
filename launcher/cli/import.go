package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"dclaude/launcher/config"
	"dclaude/launcher/engine"
	"dclaude/launcher/handoff"
	"dclaude/launcher/plan"
	"dclaude/launcher/project"
	"dclaude/launcher/session"
)

func (a *app) importCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "import [folder]",
		Short: "Take over conversations from the scripts that came before dclaude",
		Long: `Copy the conversations of the volume ` + plan.SharedVolume + `, in which the shell scripts that came
before dclaude kept those of all projects, into the state of one project (default:
the current folder). What the project has already stays.

Nothing else comes along: settings, skills, instructions and the login in that
volume could be the work of any session of any project. The volume itself is not
changed; to go on using it as it is, set state = "shared".`,
		Args: usage(cobra.MaximumNArgs(1)),

		ValidArgsFunction: completeFolder,
		RunE: func(cmd *cobra.Command, args []string) error {
			loaded, p, err := a.loadFor(cmd, args)
			if err != nil {
				return err
			}
			e, sessions, err := a.sessionsOf(cmd.Context(), loaded.Settings)
			if err != nil {
				return err
			}
			defer e.Close()
			return a.importInto(cmd.Context(), e, loaded.Settings, p, sessions)
		},
	}
	addFlagsNamed(cmd, "context", "host", "isolation", "state")
	return cmd
}

func (a *app) importInto(ctx context.Context, e *engine.Engine, s config.Settings, p project.Project, sessions []session.Session) error {
	if s.State == "shared" {
		return &hintedError{errors.New(`state is "shared": sessions use the volume ` + plan.SharedVolume + " as it is, and there is nothing to import"), ""}
	}
	for _, one := range sessions {
		if one.Project == p.Path {
			return &hintedError{fmt.Errorf("session %s is running on this project", one.Name), "end it first: dclaude stop " + one.Name}
		}
	}
	_, found, err := a.volume(ctx, e, plan.SharedVolume)
	if err != nil {
		return err
	}
	if !found {
		return &hintedError{fmt.Errorf("this engine has no volume %s: there is nothing to import", plan.SharedVolume),
			"the scripts may have used another engine: docker context ls, and --context"}
	}
	said, err := a.lookAfter(ctx, e, s, p, plan.Import)
	if err != nil {
		return fmt.Errorf("import from the volume %s: %w", plan.SharedVolume, err)
	}
	done, err := session.ReadImported(said)
	if err != nil {
		return err
	}
	a.sayImported(done)
	return nil
}

func (a *app) sayImported(done handoff.Imported) {
	if done.Files == 0 {
		a.out.say("nothing was imported: there is no conversation that this project does not have")
		return
	}
	a.out.say("imported %s (%s); --resume lists them", plural(done.Conversations, "conversation"), amount(done.Bytes))
	if done.Kept > 0 {
		a.out.say("%s left as they were, since the project has them", plural(done.Kept, "file"))
	}
	if done.Skipped > 0 {
		a.out.warn(plural(done.Skipped, "thing")+" in the volume left out: neither a file nor a folder", "")
	}
}

// offerImport asks, once on an engine, whether to take over what the seed's
// scripts left. It asks only where somebody can answer; an answer, and there
// being nothing to offer, is remembered.
func (a *app) offerImport(ctx context.Context, e *engine.Engine, s config.Settings, p project.Project) error {
	if s.State == "shared" || s.Detach || !isTerminal(a.sys.In) || !isTerminal(a.sys.Out) {
		return nil
	}
	asked := filepath.Join(a.engineDir(e), "import-offered")
	if _, err := os.Stat(asked); err == nil {
		return nil
	}
	v, found, err := a.volume(ctx, e, plan.SharedVolume)
	if err != nil {
		return err
	}
	yes := false
	if found && v.Labels[plan.LabelRole] == "" { // else it is one of ours
		a.out.say("the volume %s holds the conversations, of all projects, from the scripts that came before dclaude", plan.SharedVolume)
		if yes, err = a.confirmed(ctx, "copy them into the state of this project? [y/N] "); err != nil {
			return err
		}
		a.out.say("dclaude import does it at any time, for any project")
	}
	if err := errors.Join(os.MkdirAll(filepath.Dir(asked), 0o700), os.WriteFile(asked, nil, 0o600)); err != nil {
		return err
	}
	if !yes {
		return nil
	}
	return a.importInto(ctx, e, s, p, nil)
}
