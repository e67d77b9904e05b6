package host

import (
	"dclaude/creds"
	"dclaude/creds/file"
	"dclaude/creds/watch"
)

// open returns the file: Claude Code uses no other store on Linux.
func open(u User, loc creds.Location) creds.Store {
	return file.New(loc.Dir, u.Home)
}

// target watches the file. Reading it costs nothing and asks nobody.
func target(u User, loc creds.Location) watch.Target {
	store := file.New(loc.Dir, u.Home)
	return watch.Target{Store: store, Files: []string{store.Path()}}
}
