package cli

import "github.com/spf13/cobra"

// Commands returns the tree of commands for what describes it: man pages,
// completions, and the test of what the documentation says. To run one is Run's
// business.
func Commands() *cobra.Command {
	sys := Process()
	return (&app{sys: sys, out: newPrinter(sys)}).rootCommand()
}
