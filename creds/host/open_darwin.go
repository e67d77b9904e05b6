package host

import (
	"dclaude/creds"
	"dclaude/creds/file"
	"dclaude/creds/keychain"
)

// open prefers the keychain, and falls back to the file as Claude Code does,
// which uses it in SSH sessions and other places without a keychain.
func open(u User, loc creds.Location) creds.Store {
	return creds.FirstOf(keychain.New(u.Name, loc), file.New(loc.Dir, u.Home))
}
