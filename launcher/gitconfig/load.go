package gitconfig

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// Limits on what is read and rendered. The files are the user's own, so they
// guard against accidents: a link to a device, includes that go in circles.
const (
	maxFile    = 256 << 10 // bytes of one file
	maxContent = 64 << 10  // bytes of what is rendered
	maxValue   = 4 << 10   // bytes of one value
	maxDepth   = 10        // includes within includes, as in git
	maxFiles   = 100       // files in all
)

// loader reads files with what they include, in git's order.
type loader struct {
	home        string
	decides     func(path string) (folder string, found bool)
	entries     []entry
	warnings    []string
	conditional bool // an includeIf was seen; those are not followed
	files       int
	open        []os.FileInfo // the files that are being read, each included by the one before
}

func (l *loader) warn(format string, args ...any) {
	l.warnings = append(l.warnings, "git configuration: "+fmt.Sprintf(format, args...))
}

// load reads one file. One that does not exist is skipped, as git does.
func (l *loader) load(path string) {
	if path == os.DevNull {
		return // the usual way of saying "no configuration"
	}
	data, info, err := readFile(path, l.decides)
	switch {
	case isMissing(err):
		return
	case err != nil:
		l.warn("%v; left out", err)
		return
	}
	for _, outer := range l.open {
		if os.SameFile(outer, info) {
			l.warn("%s includes itself", path)
			return
		}
	}
	if l.files++; l.files > maxFiles {
		if l.files == maxFiles+1 {
			l.warn("more than %d files; %s and what follows is left out", maxFiles, path)
		}
		return
	}
	l.open = append(l.open, info)
	defer func() { l.open = l.open[:len(l.open)-1] }()

	entries, faults := parse(data)
	if len(faults) > 0 {
		l.warn("%s:%d: %s; from there on only names and e-mail addresses are taken", path, faults[0].line, faults[0].what)
	}
	for _, e := range entries {
		switch {
		case e.doubtful:
			l.entries = append(l.entries, e)
		case e.name == "include.path":
			l.include(e, path)
		case strings.HasPrefix(e.name, "includeif.") && strings.HasSuffix(e.name, ".path"):
			l.conditional = true
		default:
			l.entries = append(l.entries, e)
		}
	}
}

// include reads a file that another one names, as git does at that very place:
// relative to the other one, with ~ for the home folder.
func (l *loader) include(e entry, from string) {
	path := e.value
	switch {
	case path == "":
		return
	case strings.HasPrefix(path, "~/"):
		path = filepath.Join(l.home, path[2:])
	case path[0] == '~', strings.HasPrefix(path, "%("):
		l.warn("%s:%d: the form %q of an include is not followed", from, e.line, path)
		return
	case !filepath.IsAbs(path):
		path = filepath.Join(filepath.Dir(from), path)
	}
	if len(l.open) > maxDepth {
		l.warn("%s:%d: more than %d includes within each other", from, e.line, maxDepth)
		return
	}
	l.load(path)
}

func isMissing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR)
}

// readFile reads a regular file, through links that are not up to a session,
// without blocking.
func readFile(path string, decides func(string) (string, bool)) ([]byte, os.FileInfo, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, nil, fmt.Errorf("%s is not a regular file", path)
	}
	full, err := absolute(path)
	if err != nil {
		return nil, nil, err
	}
	if folder, found := decides(full); found {
		return nil, nil, fmt.Errorf("%q is up to who writes in %q, as sessions could", path, folder)
	}
	b, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(b) > maxFile {
		err = fmt.Errorf("%s is over %d KiB", path, maxFile>>10)
	}
	return b, info, err
}

// absolute leaves the path as it is otherwise: what "link/.." means is up to
// where the link leads.
func absolute(path string) (string, error) {
	if filepath.IsAbs(path) {
		return path, nil
	}
	cwd, err := os.Getwd()
	return cwd + "/" + path, err
}
