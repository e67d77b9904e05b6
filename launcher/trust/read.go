package trust

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// MaxFile is the size above which a project's file is refused, in bytes.
const MaxFile = 64 << 10

// FileError is a project's file that cannot be used. It stops a launch: nobody
// can tell what the file was to take away.
type FileError struct {
	Path string
	Why  string
	Err  error
}

// Error says what is wrong with which file.
func (e *FileError) Error() string { return fmt.Sprintf("%s %s", e.Path, e.Why) }

// Unwrap returns the failure of the file system, if there was one.
func (e *FileError) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *FileError) Hint() string {
	return "look at it, then mend or remove it; a session could have put it there"
}

// Read returns a project's file, nil if there is none. Whoever can write the
// project may have put anything there: the file is opened below the folder and
// never through a link, nothing is waited for, and a large one is refused.
func Read(folder, name string) ([]byte, error) {
	fail := func(why string, err error) ([]byte, error) {
		return nil, &FileError{Path: name, Why: why, Err: err}
	}
	root, err := os.OpenRoot(folder)
	if err != nil {
		return fail("cannot be looked for", err)
	}
	defer root.Close()
	before, err := root.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	switch {
	case err != nil:
		return fail("cannot be looked at", err)
	case before.Mode()&fs.ModeSymlink != 0:
		return fail("is a symbolic link, which is not followed", nil)
	case !before.Mode().IsRegular():
		return fail("is not a regular file", nil)
	case before.Size() > MaxFile:
		return fail("is too large for a file of settings", nil)
	}
	// Not blocking: it may have become a fifo since.
	f, err := root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return fail("cannot be read", err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || !os.SameFile(before, info) {
		return fail("was replaced while it was looked at", err)
	}
	data, err := io.ReadAll(io.LimitReader(f, MaxFile+1))
	switch {
	case err != nil:
		return fail("cannot be read", err)
	case len(data) > MaxFile:
		return fail("is too large for a file of settings", nil)
	case data == nil:
		data = []byte{}
	}
	return data, nil
}
