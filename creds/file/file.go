// Package file reads the file in which Claude Code keeps its login on Linux,
// and on macOS when it cannot use the keychain. It touches the world: it opens
// one file of the user, and never writes it.
package file

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"dclaude/creds"
)

// Name is the name of Claude Code's file.
const Name = ".credentials.json"

// Store is the file in one folder.
type Store struct {
	path string
	home string
	wait func(context.Context) // between the two tries
}

// New returns the store for the file in dir. Describe abbreviates home as ~.
func New(dir, home string) *Store {
	return &Store{path: filepath.Join(dir, Name), home: home, wait: pause}
}

// pause is as long as a writer that does not rename may need.
func pause(ctx context.Context) {
	select {
	case <-time.After(50 * time.Millisecond):
	case <-ctx.Done():
	}
}

// Path returns the file's path, for those who watch it.
func (s *Store) Path() string { return s.path }

// Describe returns the file's path as people write it.
func (s *Store) Describe() string {
	if rel, ok := strings.CutPrefix(s.path, filepath.Clean(s.home)+string(filepath.Separator)); ok && s.home != "" {
		return "~/" + rel
	}
	return s.path
}

// Read returns the login in the file. A file that makes no sense is read once
// more, since somebody may be writing it. It is creds.ErrMissing when there is
// no file. A file that others can read is a PermissionError among the login's
// Warnings.
func (s *Store) Read(ctx context.Context) (creds.Credential, error) {
	c, err := s.read()
	if errors.Is(err, creds.ErrUnreadable) {
		s.wait(ctx)
		if ctx.Err() != nil {
			return creds.Credential{}, ctx.Err()
		}
		c, err = s.read()
	}
	if err != nil {
		return creds.Credential{}, s.fail(err)
	}
	return c, nil
}

func (s *Store) read() (creds.Credential, error) {
	// Without O_NONBLOCK, opening a fifo would wait for its writer.
	f, err := os.OpenFile(s.path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return creds.Credential{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return creds.Credential{}, err
	}
	if !info.Mode().IsRegular() {
		return creds.Credential{}, errNotRegular
	}
	b, err := io.ReadAll(io.LimitReader(f, creds.MaxStored+1))
	if err != nil {
		return creds.Credential{}, err
	}
	c, err := creds.Parse(b)
	if err == nil && info.Mode().Perm()&0o077 != 0 {
		c.Warnings = append(c.Warnings, &PermissionError{Path: s.path, Mode: info.Mode().Perm()})
	}
	return c, err
}

var errNotRegular = errors.New("not a regular file")

// fail says which file, and what to do when the cause tells.
func (s *Store) fail(err error) error {
	e := &creds.Error{Store: s.Describe(), Err: err}
	switch {
	case errors.Is(err, fs.ErrNotExist), errors.Is(err, syscall.ENOTDIR):
		e.Err = creds.ErrMissing
	case errors.Is(err, fs.ErrPermission):
		e.Advice = "make the file yours and readable: chown and chmod 600 it, or sign in again with `claude`"
	case errors.Is(err, errNotRegular):
		e.Advice = "move it away, then run `claude` on this computer and sign in"
	}
	var path *fs.PathError
	if errors.As(e.Err, &path) {
		e.Err = path.Err // the path is in Store already
	}
	return e
}

// PermissionError says that others on this computer can read or change the file.
type PermissionError struct {
	Path string
	Mode fs.FileMode // the permission bits
}

// Error implements error.
func (e *PermissionError) Error() string {
	return fmt.Sprintf("%s has mode %04o: other users of this computer can get at the login in it", e.Path, e.Mode)
}

// Hint returns the command that cures it.
func (e *PermissionError) Hint() string {
	return "chmod 600 '" + strings.ReplaceAll(e.Path, "'", `'\''`) + "'"
}
