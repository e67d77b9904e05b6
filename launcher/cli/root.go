package cli

import (
	"fmt"

	"github.com/spf13/cobra"
)

const longHelp = `dclaude runs Claude Code in a sandbox: a container that sees one folder and
nothing else of this machine, under gVisor where that can be had, signed in with
the login that Claude Code already has here.

  dclaude                       the current folder
  dclaude ~/Projects/x          that folder
  dclaude x -- --continue       what follows -- goes to Claude
  dclaude x -- -p "say hi"      one answer, on stdout
  dclaude --rebuild x           build the image anew first

The first launch builds an image, which takes a few minutes. Leaving Claude ends
the session. Closing the window, or pressing Ctrl-] twice, leaves it running:
"dclaude ls" shows it, "dclaude attach" brings it back. A folder that is called
like a command is written ./ls; one that begins with a dash, ./-x. If something
does not work, "dclaude doctor" looks for the cause and names the cure.

Each flag of a launch is also a line of ~/.config/dclaude/config.toml, such as
network = "none", and a variable, such as DCLAUDE_NETWORK=none. A flag counts
before a variable, and a variable before the file.

The exit code is Claude's own; 125 if dclaude fails, 2 for wrong usage, 130 if
it was interrupted.`

func (a *app) rootCommand() *cobra.Command {
	root := a.launchCommand("dclaude [flags] [folder] [-- arguments for claude]")
	root.Short = "Run Claude Code in a sandbox"
	root.Long = longHelp
	root.SilenceErrors = true
	root.SilenceUsage = true
	root.Version = version
	root.SetVersionTemplate("dclaude {{.Version}}\n")
	root.SetOut(a.sys.Out)
	root.SetErr(a.sys.Err)
	root.SetHelpFunc(help)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &usageError{err, "see " + cmd.CommandPath() + " --help"}
	})

	run := a.launchCommand("run [flags] [folder] [-- arguments for claude]")
	run.Short = "Start a session: the same as dclaude without a command"
	run.Long = "Start a session on a folder. It is what dclaude does without a command; dclaude --help tells more."
	root.AddCommand(
		run,
		a.attachCommand(),
		a.lsCommand(),
		a.stopCommand(),
		a.shellCommand(),
		a.netCommand(),
		a.resetCommand(),
		a.importCommand(),
		a.credsCommand(),
		a.loginCommand(),
		a.updateCommand(),
		a.apparmorCommand(),
		a.configCommand(),
		a.doctorCommand(),
		a.verifyCommand(),
		a.logsCommand(),
		a.trustCommand(),
		a.menubarCommand(),
		a.versionCommand(),
	)
	root.AddCommand(a.completionCommand(root))
	root.SetHelpCommand(a.helpCommand(root))
	root.CompletionOptions.DisableDefaultCmd = true
	a.completeFlags(root)
	return root
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print dclaude's version",
		Args:  usage(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintf(a.out.out, "dclaude %s\n", version)
			return nil
		},
	}
}
