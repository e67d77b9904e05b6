// Package manpage writes a manual page for each command of a cobra tree, in the
// macros of man(7). It is pure, and knows no command by name.
//
// It is here because cobra's own generator takes a command's help for Markdown:
// the examples of ours, set off by two spaces, would run into one paragraph, and
// the choices of a flag would not be shown.
package manpage
