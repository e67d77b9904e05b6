package cli

import (
	"fmt"

	"github.com/spf13/cobra"

	"dclaude/creds"
)

func (a *app) loginCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "login [folder]",
		Short: "Sign in inside a project's sandbox",
		Long:  "Sign in inside the sandbox of a project (default: the current folder), for sessions with credentials.source set to sandbox. The login stays in the project's state volume and has nothing to do with that of this computer.",
		Args:  usage(cobra.MaximumNArgs(1)),

		ValidArgsFunction: completeFolder,
		RunE: func(cmd *cobra.Command, args []string) error {
			if err := requireTerminal(a.sys.In, a.sys.Out, "login"); err != nil {
				return err
			}
			return a.login(cmd, args)
		},
	}
	addFlags(cmd)
	return cmd
}

// login runs Claude Code's own sign-in in a session that gets no login, and
// nothing else that would start a conversation.
func (a *app) login(cmd *cobra.Command, folder []string) error {
	s, err := a.load(cmd)
	if err != nil {
		return err
	}
	configured := s.CredentialsSource
	s.CredentialsSource, s.FreshCreds = string(creds.SourceSandbox), false
	s.Permissions, s.ClaudeArgs, s.Detach, s.ClaudeHome = "ask", nil, false, false
	ctx := cmd.Context()
	p, err := a.project(s, folder)
	if err != nil {
		return err
	}
	e, err := a.connect(ctx, s)
	if err != nil {
		return err
	}
	defer e.Close()
	if err := a.start(ctx, e, s, p, []string{"auth", "login"}); err != nil || a.code != 0 {
		return err
	}
	if configured != s.CredentialsSource {
		// The host's login would replace it.
		a.out.warn(fmt.Sprintf("credentials.source is %q: the next launch would not use this login", configured),
			`set credentials.source = "sandbox" in the configuration, or start with --credentials-source sandbox`)
	}
	return nil
}
