// Package cli is the dclaude command: its subcommands, flags, output rules and
// exit codes, and the place where everything that a launch needs is put
// together. What a command decides is in the packages it calls.
package cli
