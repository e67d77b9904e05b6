package cli

import (
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"dclaude/launcher/config"
	"dclaude/launcher/project"
	"dclaude/launcher/trust"
	"dclaude/launcher/tty"
)

func (a *app) approvals() trust.Approvals {
	return trust.Approvals{Dir: filepath.Join(a.stateDir(), "trust")}
}

// loadFor reads the settings of a command that is about a folder, the project's
// own file among them, and resolves the folder.
func (a *app) loadFor(cmd *cobra.Command, folder []string) (config.Loaded, project.Project, error) {
	settings, err := a.load(cmd)
	if err != nil {
		return config.Loaded{}, project.Project{}, err
	}
	return a.loadProject(cmd, settings, folder)
}

// loadProject resolves a folder and reads the settings again, with those of the
// project's own file among them. The user's have been read and found good.
func (a *app) loadProject(cmd *cobra.Command, settings config.Settings, folder []string) (config.Loaded, project.Project, error) {
	p, err := a.project(settings, folder)
	if err != nil {
		return config.Loaded{}, project.Project{}, err
	}
	file, err := a.projectFile(p)
	if err != nil {
		return config.Loaded{}, project.Project{}, err
	}
	loaded, err := config.Load(a.sources(cmd, file))
	return loaded, p, err
}

// projectFile reads the project's own file, if it has one.
func (a *app) projectFile(p project.Project) (*config.ProjectFile, error) {
	data, err := trust.Read(p.Path, config.ProjectFileName)
	if data == nil || err != nil {
		return nil, err
	}
	approved, err := a.approvals().Covers(p.Path, data)
	if err != nil {
		a.out.warn(err.Error(), "dclaude trust approves anew")
	}
	return &config.ProjectFile{Path: filepath.Join(p.Path, config.ProjectFileName), Data: data, Approved: approved}, nil
}

// warnIgnored says what a project's file asks for in vain.
func (a *app) warnIgnored(ignored []config.Ignored) {
	var waiting, never []string
	for _, i := range ignored {
		line := tty.Visible(i.Key+" = "+i.Value, 120)
		if i.Never {
			never = append(never, line)
		} else {
			waiting = append(waiting, line)
		}
	}
	const file = "the project's " + config.ProjectFileName
	if len(waiting) > 0 {
		a.out.warn(file+" asks for what needs your consent, which is ignored until you approve it:\n"+strings.Join(waiting, "\n"),
			"dclaude trust shows the file and asks you; a session could have written it")
	}
	if len(never) > 0 {
		a.out.warn(file+" sets what is yours alone to set, which is ignored:\n"+strings.Join(never, "\n"), "")
	}
}

func (a *app) trustCommand() *cobra.Command {
	var yes, revoke bool
	cmd := &cobra.Command{
		Use:   "trust [folder]",
		Short: "Look at a project's own settings, and approve them",
		Long: `A project can have settings of its own, in ` + config.ProjectFileName + `. Whoever can write the project
can write that file, a session included. So it may only take away from what your
own settings give a session, until you have approved exactly what it says. What
you give a session of your own Claude (claude_home) it may not take away, either.
Any change to the file ends the approval.

This shows the file, as a difference from what you approved last, says what an
approval would change, and asks. Nothing is cut short: what is too long for
anybody to read is not approved.`,
		Args: usage(cobra.MaximumNArgs(1)),

		ValidArgsFunction: completeFolder,
		RunE: func(cmd *cobra.Command, args []string) error {
			settings, err := a.load(cmd)
			if err != nil {
				return err
			}
			p, err := a.project(settings, args)
			if err != nil {
				return err
			}
			if revoke {
				return a.revokeTrust(p)
			}
			return a.trust(cmd, p, yes)
		},
	}
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask")
	cmd.Flags().BoolVar(&revoke, "revoke", false, "take an approval back")
	return cmd
}

func (a *app) revokeTrust(p project.Project) error {
	had, err := a.approvals().Revoke(p.Path)
	switch {
	case err != nil:
		return err
	case had:
		a.out.say("the approval is taken back")
	default:
		a.out.say("nothing was approved")
	}
	return nil
}

// trust shows a project's file and has the user approve it. What is approved is
// what was shown, whatever the file has become meanwhile.
func (a *app) trust(cmd *cobra.Command, p project.Project, yes bool) error {
	file, err := a.projectFile(p)
	if err != nil {
		return err
	}
	shown := tty.Visible(filepath.Join(p.Path, config.ProjectFileName), maxLine)
	switch {
	case file == nil:
		a.out.say("%s does not exist: there is nothing to approve", shown)
		return nil
	case file.Approved:
		a.out.say("%s is approved as it is", shown)
		return nil
	}
	loaded, err := config.Load(a.sources(cmd, file))
	if err != nil {
		return err
	}
	before, _, err := a.approvals().Load(p.Path)
	if err != nil {
		before = trust.Approval{} // said already, by projectFile
	}
	cells := lineCells(a.sys.Out, a.sys.Err)
	diff := diffLines(trust.Diff(before.Content, file.Data), cells)
	effect := effectLines(loaded.Ignored, cells-len("dclaude: "))
	if err := checkReadable(shown, diff, effect); err != nil {
		return err
	}
	a.out.say("%s, compared with what you approved:", shown)
	if _, err := fmt.Fprintln(a.out.out, strings.Join(diff, "\n")); err != nil {
		return err // what cannot be shown cannot be approved
	}
	for _, line := range effect {
		a.out.say("%s", line)
	}
	if !yes {
		ok, err := a.confirm(cmd.Context())
		if err != nil {
			return err
		}
		if !ok {
			return &hintedError{errors.New("nothing was approved"), ""}
		}
	}
	if err := a.approvals().Approve(p.Path, file.Data); err != nil {
		return err
	}
	a.out.say("approved, until the file changes")
	return nil
}
