package cli

import (
	"context"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"dclaude/creds"
	"dclaude/launcher/config"
	"dclaude/launcher/engine"
	"dclaude/launcher/session"
)

// completeTime is what the Tab key may take to find the sessions.
const completeTime = 2 * time.Second

// nothing completes what only the user can know.
func nothing(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	return nil, cobra.ShellCompDirectiveNoFileComp
}

// completeSession lets a shell complete the name of one session, and
// completeSessions those of several.
func (a *app) completeSession(cmd *cobra.Command, args []string, text string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nothing(cmd, args, text)
	}
	return a.completeSessions(cmd, args, text)
}

func (a *app) completeSessions(cmd *cobra.Command, args []string, text string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if strings.ContainsAny(text, "/~.") {
		return nil, cobra.ShellCompDirectiveFilterDirs // a session can be named by its folder
	}
	var names []cobra.Completion
	for _, s := range a.sessionsNow(cmd) {
		if strings.HasPrefix(s.Name, text) && !slices.Contains(args, s.Name) {
			names = append(names, cobra.CompletionWithDesc(s.Name, describe(s, time.Now())))
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// sessionForm is what sessions of ours are called. Others on the engine can bear
// our labels, and a name must not act on the user's shell.
var sessionForm = regexp.MustCompile(`^[a-z0-9][a-z0-9-]*$`)

// sessionsNow lists the sessions and says nothing, whatever fails: somebody is
// in the middle of a line.
func (a *app) sessionsNow(cmd *cobra.Command) []session.Session {
	ctx, cancel := context.WithTimeout(cmd.Context(), completeTime)
	defer cancel()
	loaded, err := config.Load(a.sources(cmd, nil))
	if err != nil {
		return nil
	}
	e, err := a.connect(ctx, loaded.Settings)
	if err != nil {
		return nil
	}
	defer e.Close()
	sessions, err := session.List(ctx, e)
	if err != nil {
		return nil
	}
	return slices.DeleteFunc(sessions, func(s session.Session) bool { return !sessionForm.MatchString(s.Name) })
}

// completeContext lets a shell complete the name of a docker context.
func (a *app) completeContext(*cobra.Command, []string, string) ([]cobra.Completion, cobra.ShellCompDirective) {
	names, err := engine.Contexts(engine.EndpointOptions{
		Getenv: func(name string) string { return lookup(a.sys.Environ, name) },
		Home:   a.home(),
	})
	if err != nil {
		names = nil
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeStored lets a shell complete the sources whose secret dclaude keeps.
func completeStored(cmd *cobra.Command, args []string, text string) ([]cobra.Completion, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nothing(cmd, args, text)
	}
	var names []cobra.Completion
	for _, s := range creds.Sources() {
		if s.Stored() {
			names = append(names, string(s))
		}
	}
	return names, cobra.ShellCompDirectiveNoFileComp
}

// completeFlags gives the flags of all commands what a shell can complete, as far
// as their commands have not.
func (a *app) completeFlags(cmd *cobra.Command) {
	for name, f := range map[string]cobra.CompletionFunc{
		"context": a.completeContext,
		"in":      a.completeSessions,
		"idle":    cobra.FixedCompletions([]cobra.Completion{"30m", "2h", "8h"}, cobra.ShellCompDirectiveNoFileComp),
		"lines":   nothing,
		"mounts":  completeFolder,
		"folder":  completeFolder,
	} {
		if _, done := cmd.GetFlagCompletionFunc(name); done || cmd.Flags().Lookup(name) == nil {
			continue
		}
		if err := cmd.RegisterFlagCompletionFunc(name, f); err != nil {
			panic(err) // the flag is there
		}
	}
	for _, sub := range cmd.Commands() {
		a.completeFlags(sub)
	}
}
