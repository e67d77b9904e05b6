package host

import (
	"path/filepath"
	"time"

	"dclaude/creds"
	"dclaude/creds/file"
	"dclaude/creds/keychain"
	"dclaude/creds/watch"
)

// open prefers the keychain, and falls back to the file as Claude Code does,
// which uses it in SSH sessions and other places without a keychain.
func open(u User, loc creds.Location) creds.Store {
	return creds.FirstOf(keychain.New(u.Name, loc), file.New(loc.Dir, u.Home))
}

// settle is longer than elsewhere: a keychain is written by many, and Claude
// Code deletes and adds its item when it changes it.
const settle = 500 * time.Millisecond

// target watches the folder of the user's keychains, which are replaced by
// rename, and the file. The secret is read only when the item's date or the
// file has changed, and not again after the user has refused.
func target(u User, loc creds.Location) watch.Target {
	chain, plain := keychain.New(u.Name, loc), file.New(loc.Dir, u.Home)
	return watch.Target{
		Store:   creds.FirstOf(chain, plain),
		Files:   []string{plain.Path()},
		Dirs:    []string{filepath.Join(u.Home, "Library", "Keychains")},
		Stamp:   stamp(chain, plain.Path()),
		Bothers: keychain.Asked,
		Settle:  settle,
	}
}
