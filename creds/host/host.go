// Package host picks the store in which Claude Code keeps its login on the
// operating system that dclaude was built for, and what to listen to for its
// changes. It holds that choice and nothing else.
package host

import (
	"dclaude/creds"
	"dclaude/creds/watch"
)

// User is whose login it is.
type User struct {
	// Name is $USER, or the login name where that is not set.
	Name string
	// Home is the home folder.
	Home string
	// LookupEnv reads the environment; it is os.LookupEnv outside of tests.
	LookupEnv func(name string) (value string, ok bool)
}

// Open returns the store of the user's login. It reads nothing yet.
func Open(u User) creds.Store {
	return open(u, creds.Locate(u.Home, u.LookupEnv))
}

// Watch returns the same store with what tells of its changes.
func Watch(u User) watch.Target {
	return target(u, creds.Locate(u.Home, u.LookupEnv))
}
