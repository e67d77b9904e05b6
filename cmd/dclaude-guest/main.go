//go:build linux

// Command dclaude-guest is the program that runs inside DClaude's containers,
// as their entry point and, under nested gVisor, as the sandbox's parent.
package main

import (
	"os"

	"dclaude/launcher/guest"
)

func main() {
	os.Exit(guest.Main(os.Args[1:]))
}
