// Package guest is the program that runs inside a session's container: its
// init. It works in two stages. The first is root in the container, touches
// nothing that a session could have written, and ends by giving up every
// privilege and executing the second. The second is the session's own user; it
// prepares the state volume and the home directory, starts the command, and
// stays as its parent: it reaps, passes signals on, and ends with its exit code.
//
// The package runs on Linux only. What it decides (see state.go, identity.go,
// account.go) is portable, and tested without a container.
package guest
