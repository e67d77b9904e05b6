// Command dclaude-menubar is the menu-bar app. See package dclaude/app, and the
// README.
package main

import (
	"os"

	"dclaude/app"
	"dclaude/app/tray/native"
)

func main() {
	os.Exit(app.Run(os.Args[1:], app.Process(), native.New()))
}
