package guest

import (
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"syscall"
	"time"
)

// maxConversations bounds how many files are looked at for the last activity.
const maxConversations = 10_000

// printActivity writes when a conversation in the state volume last moved, in
// seconds since 1970, or 0 if there is none. It is run by way of exec, so inside
// the session and as its user: what it says is the session's own word.
func printActivity(l layout, w io.Writer) int {
	last, err := lastActivity(l.state)
	if err != nil {
		return fail(os.Stderr, exitFailure, err)
	}
	seconds := int64(0)
	if !last.IsZero() {
		seconds = last.Unix()
	}
	fmt.Fprintln(w, seconds)
	return 0
}

// lastActivity finds the newest of Claude's transcripts, projects/*/*.jsonl,
// without following links. Without one it returns the zero time.
func lastActivity(state string) (time.Time, error) {
	root, err := os.OpenRoot(state)
	if err != nil {
		return time.Time{}, err
	}
	defer root.Close()
	var last time.Time
	seen := 0
	for _, dir := range entriesOf(root, "projects") {
		if !dir.IsDir() {
			continue
		}
		for _, file := range entriesOf(root, path.Join("projects", dir.Name())) {
			if seen++; seen > maxConversations {
				return last, nil
			}
			info, err := file.Info()
			if err == nil && info.Mode().IsRegular() && path.Ext(file.Name()) == ".jsonl" && info.ModTime().After(last) {
				last = info.ModTime()
			}
		}
	}
	return last, nil
}

// entriesOf lists a folder below root, or nothing.
func entriesOf(root *os.Root, name string) []fs.DirEntry {
	// A fifo of that name must not hold this up.
	dir, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_DIRECTORY, 0)
	if err != nil {
		return nil
	}
	defer dir.Close()
	entries, err := dir.ReadDir(maxConversations)
	if err != nil {
		return nil
	}
	return entries
}
