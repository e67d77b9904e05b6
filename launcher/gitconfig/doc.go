// Package gitconfig renders the git configuration that a session gets from the
// user's global one, so that commits made inside carry the right name and the
// user's habits work.
//
// By default only keys of an allow-list pass: the whole file holds credentials,
// headers, tokenised URLs, signing keys and programs of the host, which would
// leak, or break inside. The package reads files and never runs git: git
// executes what its configuration says.
//
// The parser is our own. go-git's gcfg refuses much that git takes and people
// write (`[section] key = value` on one line, `[a.b]`, names that are not
// UTF-8), and gives up on a whole file for one bad line. The tests compare
// this one with the real git.
package gitconfig
