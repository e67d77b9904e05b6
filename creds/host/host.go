// Package host picks the store in which Claude Code keeps its login on the
// operating system that dclaude was built for. It holds that choice and
// nothing else.
package host

import "dclaude/creds"

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
