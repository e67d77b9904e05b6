// Package terminal opens windows of the user's terminal program, with a command
// in them. What is run, and how each terminal is told, is decided by pure
// functions that are tested on every system; open_linux.go and open_darwin.go
// only start what those return.
//
// Names of folders are hostile: a sandbox can make them. They are quoted for sh
// in a file of ours, and no terminal gets to see them.
package terminal

import "strings"

// Hold says when a window stays open after its command has ended.
type Hold int

// The times to hold a window.
const (
	// HoldOnFailure keeps it when the command failed, so that what it said can
	// be read.
	HoldOnFailure Hold = iota
	// HoldAlways keeps it in any case: the command only shows something.
	HoldAlways
)

// Job is a command for a window.
type Job struct {
	// Argv is the program, by its absolute path, and its arguments.
	Argv []string
	// Dir is where it runs. If it is not there the command runs in /.
	Dir  string
	Hold Hold
}

// window is what runs in a terminal, whatever it is given: the folder, "always"
// or "failure", and the command, as arguments. It has no text of ours in it
// that could be taken for another.
const window = `dir=$1 hold=$2
shift 2
cd -- "$dir" 2>/dev/null || cd /
"$@"
code=$?
if [ "$hold" = always ] || [ "$code" -ne 0 ]; then
	[ "$code" -eq 0 ] || printf '\n(ended with code %s)' "$code"
	printf '\nPress Enter to close this window. '
	read -r _
fi
exit "$code"
`

// params are the arguments of window.
func (j Job) params() []string {
	hold := "failure"
	if j.Hold == HoldAlways {
		hold = "always"
	}
	dir := j.Dir
	if !strings.HasPrefix(dir, "/") {
		dir = "/" // cd would search CDPATH, or take "-" for the last folder
	}
	return append([]string{dir, hold}, j.Argv...)
}

// Script is the job as the content of a file that deletes itself when it runs.
func (j Job) Script() string {
	var b strings.Builder
	b.WriteString("#!/bin/sh\nrm -f -- \"$0\"\nset --")
	for _, p := range j.params() {
		b.WriteString(" " + quote(p))
	}
	b.WriteString("\n" + window)
	return b.String()
}

// quote makes one word for sh of any text without a zero byte.
func quote(text string) string {
	return "'" + strings.ReplaceAll(text, "'", `'\''`) + "'"
}
