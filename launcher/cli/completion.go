package cli

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"dclaude/launcher/config"
)

const completionHelp = `Print a script that teaches a shell to complete dclaude's commands, flags and
their values with the Tab key. Try it in the shell you are in:

  source <(dclaude completion bash)
  source <(dclaude completion zsh)
  dclaude completion fish | source

To keep it, put the script where your shell looks for such files:

  bash  ~/.local/share/bash-completion/completions/dclaude
  zsh   a file called _dclaude in a folder of $fpath
  fish  ~/.config/fish/completions/dclaude.fish`

// completionCommand stands in for the library's own, which takes the name of a
// shell that does not exist for a request for help.
func (a *app) completionCommand(root *cobra.Command) *cobra.Command {
	shells := []struct {
		name  string
		write func(io.Writer) error
	}{
		{"bash", func(w io.Writer) error { return root.GenBashCompletionV2(w, true) }},
		{"zsh", root.GenZshCompletion},
		{"fish", func(w io.Writer) error { return root.GenFishCompletion(w, true) }},
		{"powershell", root.GenPowerShellCompletionWithDesc},
	}
	var names []string
	for _, s := range shells {
		names = append(names, s.name)
	}
	return &cobra.Command{
		Use:       "completion " + strings.Join(names, "|"),
		Short:     "Print a script that completes dclaude in a shell",
		Long:      completionHelp,
		Args:      usage(cobra.ExactArgs(1)),
		ValidArgs: names,
		RunE: func(_ *cobra.Command, args []string) error {
			for _, s := range shells {
				if s.name == args[0] {
					return s.write(a.out.out)
				}
			}
			return &usageError{fmt.Errorf("no completion for %q", args[0]), "there is " + strings.Join(names, ", ")}
		},
	}
}

// helpCommand stands in for the library's own, which shows the general help
// for a command that does not exist.
func (a *app) helpCommand(root *cobra.Command) *cobra.Command {
	return &cobra.Command{
		Use:   "help [COMMAND]",
		Short: "Tell more about a command",
		Long:  "Tell what a command does and what its flags are: the same as COMMAND --help.",

		ValidArgsFunction: func(_ *cobra.Command, args []string, text string) ([]cobra.Completion, cobra.ShellCompDirective) {
			return commandsOf(root, args, text), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			cmd, rest, err := root.Find(args)
			if err == nil && len(rest) > 0 {
				err = errors.New("there is no such command")
			}
			if err != nil {
				return &usageError{fmt.Errorf("no help for %q: %w", strings.Join(args, " "), err), "dclaude --help lists the commands"}
			}
			return cmd.Help()
		},
	}
}

// commandsOf names the commands below the one that args lead to.
func commandsOf(root *cobra.Command, args []string, text string) []cobra.Completion {
	cmd, rest, err := root.Find(args)
	if err != nil || len(rest) > 0 {
		return nil
	}
	var names []cobra.Completion
	for _, sub := range cmd.Commands() {
		if sub.IsAvailableCommand() && strings.HasPrefix(sub.Name(), text) {
			names = append(names, cobra.CompletionWithDesc(sub.Name(), sub.Short))
		}
	}
	return names
}

// completeValues lets a shell complete a flag that takes one of a few words, and
// no file for one that takes another text. Context and mounts are completeFlags'.
func completeValues(cmd *cobra.Command, k config.Key) {
	if k.Flag == "context" || k.Flag == "mounts" {
		return
	}
	err := cmd.RegisterFlagCompletionFunc(k.Flag, cobra.FixedCompletions(k.Values, cobra.ShellCompDirectiveNoFileComp))
	if err != nil {
		panic(err) // the flag was defined the line before
	}
}

// completeFolder lets a shell complete a folder, once.
func completeFolder(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	return nil, cobra.ShellCompDirectiveFilterDirs
}
