//go:build linux

// Command dclaude-gateway is the only program in the container that stands
// between a session and the network. See package
// dclaude/launcher/guest/gateway.
package main

import (
	"os"

	"dclaude/launcher/guest/gateway"
)

func main() {
	os.Exit(gateway.Main(os.Args[1:]))
}
