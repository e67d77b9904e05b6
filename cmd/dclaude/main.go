// Command dclaude runs Claude Code in a sandbox. See package
// dclaude/launcher/cli, and the README.
package main

import (
	"os"

	"dclaude/launcher/cli"
)

func main() {
	os.Exit(cli.Run(os.Args[1:], cli.Process()))
}
