// Package opened remembers every folder that a session could write, for good:
// what lies in one of them, a link or a program, may be the work of a session
// that ended long ago. The list is a private file of dclaude's own, with one
// quoted folder on each line.
package opened

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
)

// maxFile bounds the file that is read, in bytes: tens of thousands of folders.
const maxFile = 8 << 20

// Folders is the list in a file, which need not exist. Several processes may
// use it at once.
type Folders struct{ Path string }

// In is the list in dclaude's folder for what it learns.
func In(stateDir string) Folders { return Folders{filepath.Join(stateDir, "opened")} }

// Load returns the folders, the oldest first, as they were resolved when they
// were opened. A line that a crash left unfinished counts for nothing. A list
// that cannot be read is an error: without it nobody knows what to avoid.
func (f Folders) Load() ([]string, error) {
	b, err := f.read()
	if err != nil {
		return nil, err
	}
	return parse(b), nil
}

func parse(b []byte) []string {
	var paths []string
	for line := range bytes.Lines(b) {
		path, err := strconv.Unquote(string(bytes.TrimSpace(line)))
		if err == nil && filepath.IsAbs(path) && !slices.Contains(paths, path) {
			paths = append(paths, path)
		}
	}
	return paths
}

func (f Folders) read() ([]byte, error) {
	file, err := os.OpenFile(f.Path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, &Error{f.Path, err}
	}
	defer file.Close()
	b, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err == nil && len(b) > maxFile {
		err = fmt.Errorf("it is over %d MiB", maxFile>>20)
	}
	if err != nil {
		return nil, &Error{f.Path, err}
	}
	return b, nil
}

// Add puts a folder on the list, if it is not there. It returns once the line
// is on the disk.
func (f Folders) Add(path string) error {
	have, err := f.read()
	if err != nil || slices.Contains(parse(have), path) {
		return err
	}
	line := []byte(strconv.Quote(path)) // a name may hold any byte, a line's end too
	if len(have) > 0 && have[len(have)-1] != '\n' {
		line = append([]byte{'\n'}, line...) // the line before was cut short
	}
	if err := f.add(append(line, '\n')); err != nil {
		return &Error{f.Path, err}
	}
	return nil
}

// add appends in one write, which others cannot come between.
func (f Folders) add(line []byte) error {
	if err := os.MkdirAll(filepath.Dir(f.Path), 0o700); err != nil {
		return err
	}
	file, err := os.OpenFile(f.Path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = file.Write(line)
	if err == nil {
		err = file.Sync()
	}
	return errors.Join(err, file.Close())
}

// Error is a list that cannot be used.
type Error struct {
	Path string
	Err  error
}

// Error names the file.
func (e *Error) Error() string {
	return fmt.Sprintf("the list of folders that sessions have had, %q: %v", e.Path, e.Err)
}

// Unwrap returns what went wrong.
func (e *Error) Unwrap() error { return e.Err }

// Hint says what to do, short of forgetting; nothing where the disk is what has
// to be mended.
func (e *Error) Hint() string {
	if errors.Is(e.Err, syscall.ENOSPC) || errors.Is(e.Err, syscall.EDQUOT) || errors.Is(e.Err, syscall.EROFS) {
		return ""
	}
	return "make the file readable and writable for yourself alone; without it dclaude cannot tell what a session may have left"
}
