// Package recents remembers the projects that were opened from the menu: where
// they are, and which folders they were, by device and inode. A session can
// swap a folder inside its project for a link to another one; what is opened
// again is compared with what was opened before.
package recents

import (
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"time"
)

// Max is how many are remembered.
const Max = 10

// maxFile bounds the file that is read, in bytes.
const maxFile = 1 << 20

// Entry is a project that was opened.
type Entry struct {
	Path   string    `json:"path"` // resolved, absolute
	Device uint64    `json:"device"`
	Inode  uint64    `json:"inode"`
	Opened time.Time `json:"opened"`
}

// Store keeps them in a file. One process at a time may use it.
type Store struct{ Path string }

// Load returns what is remembered, the latest first. What cannot be read counts
// as nothing: it is a convenience.
func (s Store) Load() []Entry {
	f, err := os.Open(s.Path)
	if err != nil {
		return nil
	}
	defer f.Close()
	b, err := io.ReadAll(io.LimitReader(f, maxFile))
	if err != nil {
		return nil
	}
	var all []Entry
	if json.Unmarshal(b, &all) != nil {
		return nil
	}
	all = slices.DeleteFunc(all, func(e Entry) bool { return !filepath.IsAbs(e.Path) })
	return all[:min(len(all), Max)]
}

// Add puts an entry first, in the place of one with its path.
func (s Store) Add(e Entry) error {
	all := slices.DeleteFunc(s.Load(), func(old Entry) bool { return old.Path == e.Path })
	all = append([]Entry{e}, all...)
	return s.save(all[:min(len(all), Max)])
}

// Clear forgets all of them.
func (s Store) Clear() error {
	err := os.Remove(s.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

func (s Store) save(all []Entry) error {
	b, err := json.Marshal(all)
	if err != nil {
		return err
	}
	dir := filepath.Dir(s.Path)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(dir, ".recents-*")
	if err != nil {
		return err
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), s.Path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}

// State says what has become of an entry's folder.
type State int

// The states.
const (
	// Same: the path leads to the folder that was opened, through no link.
	Same State = iota
	// Changed: there is something else now, or a link is on the way.
	Changed
	// Gone: there is nothing.
	Gone
)

// Look compares an entry with the disk.
func (e Entry) Look() State {
	resolved, err := filepath.EvalSymlinks(e.Path)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
		return Gone
	}
	if err != nil || resolved != e.Path {
		return Changed
	}
	info, err := os.Stat(e.Path)
	if err != nil || !info.IsDir() {
		return Changed
	}
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok || uint64(st.Dev) != e.Device || st.Ino != e.Inode { //nolint:unconvert // Dev is signed on macOS
		return Changed
	}
	return Same
}
