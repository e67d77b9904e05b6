package host

import (
	"dclaude/creds"
	"dclaude/creds/file"
)

// open returns the file: Claude Code uses no other store on Linux.
func open(u User, loc creds.Location) creds.Store {
	return file.New(loc.Dir, u.Home)
}
