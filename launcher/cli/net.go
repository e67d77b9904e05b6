package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"dclaude/launcher/egress"
	"dclaude/launcher/engine"
	"dclaude/launcher/grants"
	"dclaude/launcher/plan"
	"dclaude/launcher/registries"
	"dclaude/launcher/session"
)

func (a *app) netCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "net",
		Short: "See and change what sessions may reach",
		Long: `See and change what running sessions with an allow-list may reach. Changes hold
at once: what was blocked can be tried again in the same session.`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.netLogCommand(), a.netChangeCommand(false), a.netChangeCommand(true), a.netPolicyCommand(), a.netRestartCommand())
	return cmd
}

// netChangeCommand is "net allow", or "net deny".
func (a *app) netChangeCommand(deny bool) *cobra.Command {
	var once, one, project, always, yes bool
	var in string
	verb, short := "allow", "Let a session reach a host"
	if deny {
		verb, short = "deny", "Forbid a host, and end connections to it"
	}
	cmd := &cobra.Command{
		Use:   verb + " HOST[:PORT]...",
		Short: short,
		Long: short + `. A rule is a host, *.host for all below it, an address or a
range of addresses, each with a port if it is not the web's; tcp:host:port for
another protocol; or @npm and the like for what that tool is configured to use.
A single * is every host.

It holds for one session, the only one or the one that --in names, unless
--project or --always says more.`,
		Args: usage(cobra.MinimumNArgs(1)),

		ValidArgsFunction: nothing,
		RunE: func(cmd *cobra.Command, rules []string) error {
			scope, err := scopeOf(once, one, project, always)
			if err != nil {
				return err
			}
			return a.change(cmd, session.Grant{Deny: deny, Rules: rules, Scope: scope}, in, yes || deny)
		},
	}
	if !deny {
		cmd.Flags().BoolVar(&once, "once", false, "for one connection")
		cmd.Flags().BoolVar(&yes, "yes", false, "do not ask before a rule such as * lets a session reach every host")
	}
	cmd.Flags().BoolVar(&one, "session", false, "for the session, to its end (the default)")
	cmd.Flags().BoolVar(&project, "project", false, "for the session's project, from now on")
	cmd.Flags().BoolVar(&always, "always", false, "for all projects, from now on")
	cmd.Flags().StringVar(&in, "in", "", "the session: its name, the start of it, or its folder")
	addEngineFlags(cmd)
	return cmd
}

func scopeOf(once, one, project, always bool) (session.Scope, error) {
	scope, n := session.ThisSession, 0
	for _, s := range []struct {
		given bool
		scope session.Scope
	}{{once, session.Once}, {one, session.ThisSession}, {project, session.ThisProject}, {always, session.AllFromNowOn}} {
		if s.given {
			scope, n = s.scope, n+1
		}
	}
	if n > 1 {
		return "", &usageError{errors.New("one of --once, --session, --project and --always"), ""}
	}
	return scope, nil
}

// change carries one out; sure leaves out the question about a rule for
// everything.
func (a *app) change(cmd *cobra.Command, g session.Grant, in string, sure bool) error {
	ctx := cmd.Context()
	settings, err := a.load(cmd)
	if err != nil {
		return err
	}
	e, sessions, err := a.sessionsOf(ctx, settings)
	if err != nil {
		return err
	}
	defer e.Close()
	if g.Rules, err = a.expand(ctx, e, g.Rules); err != nil {
		return err
	}
	if !sure {
		if err := a.consentToChange(ctx, g.Rules); err != nil {
			return err
		}
	}
	switch {
	case g.Scope == session.AllFromNowOn:
	case g.Scope == session.ThisProject && in == "" && len(sessions) != 1:
		p, err := a.project(settings, nil)
		if err != nil {
			return err
		}
		g.Project = p.Path
	default:
		s, err := pick(sessions, in)
		if err != nil {
			return err
		}
		g.Session, g.Project = s.Name, s.Project
	}
	reached, err := session.Apply(ctx, e, a.grants(), g)
	a.tellChange(g, reached)
	if g.Scope == session.Once {
		return err
	}
	return errors.Join(err, a.noteChange(e, sessions, reached, g.Change()))
}

func (a *app) tellChange(g session.Grant, reached []string) {
	verb := "allowed"
	if g.Deny {
		verb = "forbidden"
	}
	what := strings.Join(g.Rules, ", ")
	switch {
	case g.Scope == session.AllFromNowOn:
		a.out.say("%s from now on: %s", verb, what)
	case g.Scope == session.ThisProject:
		a.out.say("%s for %s: %s", verb, g.Project, what)
	case g.Scope == session.Once && len(reached) > 0:
		a.out.say("%s once in session %s: %s", verb, g.Session, what)
	case len(reached) > 0:
		a.out.say("%s in session %s: %s", verb, g.Session, what)
	}
	for _, name := range reached {
		fmt.Fprintln(a.out.out, name)
	}
}

// expand turns names such as "@npm" into rules, and checks all of them before
// anything is changed.
func (a *app) expand(ctx context.Context, e *engine.Engine, texts []string) ([]string, error) {
	var presets map[string][]string
	var rules []string
	for _, text := range texts {
		if strings.HasPrefix(text, "@") && presets == nil {
			var err error
			if presets, err = a.presets(ctx, e); err != nil {
				return nil, err
			}
		}
		expanded, err := plan.Expand(text, presets)
		if err != nil {
			return nil, err
		}
		parsed, err := egress.ParseRules(expanded)
		if err != nil {
			return nil, &usageError{err, hintOf(err)}
		}
		rules = append(rules, egress.Strings(parsed)...)
	}
	return rules, nil
}

func (a *app) presets(ctx context.Context, e *engine.Engine) (map[string][]string, error) {
	image, err := e.Image(ctx, plan.Image)
	if err != nil {
		return nil, err
	}
	sources, err := session.ImageRegistries(ctx, e, image.ID, a.engineDir(e), sessionName("probe"))
	if err != nil {
		return nil, err
	}
	own, warnings, err := a.homeRegistries()
	if err != nil {
		return nil, err
	}
	for _, w := range warnings {
		a.out.warn(w.Text, w.Hint)
	}
	return registries.Presets(append(sources, own...)), nil
}

// grants are what the user has allowed for longer than a session.
func (a *app) grants() grants.Store {
	return grants.Store{Path: filepath.Join(filepath.Dir(a.configFile()), grants.FileName)}
}
