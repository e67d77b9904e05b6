// Package creds knows Claude Code's login: how it is stored, what of it may
// enter a sandbox, and when. It is pure: it parses bytes, judges times that it
// is given and decides; the packages below it read the stores.
//
// The host's own Claude Code is the only one that refreshes a login. Its
// refresh token works once, so a copy of it in a sandbox would sooner or later
// sign the host out. By default a sandbox therefore gets the access token only.
//
// The package never prints a secret: Secret has no formatting verb, no JSON
// and no log value, and no error text repeats what was read.
package creds
