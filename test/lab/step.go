package lab

import (
	"context"
	"os"
	"path/filepath"
	"time"

	"github.com/gofrs/flock"
)

// lockPoll is how often a process looks whether a lock has become free.
const lockPoll = 100 * time.Millisecond

// lock takes the lab's lock of that name across processes. Locks nest in one
// order only: a step may take the lock of what it is made of, never of what
// is made of it.
func (l *Lab) lock(ctx context.Context, name string) (unlock func(), err error) {
	if err := os.MkdirAll(l.path("lock"), 0o750); err != nil {
		return nil, fail("lock the lab", err, "")
	}
	f := flock.New(l.path("lock", name))
	got, err := f.TryLock()
	if err == nil && !got {
		l.sayf("%s: waiting for another process that is at it", name)
		_, err = f.TryLockContext(ctx, lockPoll)
	}
	if err != nil {
		return nil, fail("lock the lab's "+name, err, "")
	}
	return func() { _ = f.Unlock() }, nil // the lock ends with the process anyway
}

// once makes sure that a part of the lab is there. build runs under the part's
// lock and only if there says no, asked again once the lock is held.
func (l *Lab) once(ctx context.Context, name string, there func() bool, build func(context.Context) error) error {
	if there() {
		return nil
	}
	unlock, err := l.lock(ctx, name)
	if err != nil {
		return err
	}
	defer unlock()
	if there() {
		return nil
	}
	start := time.Now()
	l.sayf("%s: making it", name)
	if err := build(ctx); err != nil {
		return err
	}
	l.sayf("%s: ready after %s", name, took(start))
	return nil
}

// exists tells whether a file or folder is at path.
func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// scratch returns a new folder inside the lab, which is on the same file
// system as the rest of it, so that results can be renamed into place. The
// folder must be removed with the returned function.
func (l *Lab) scratch(name string) (dir string, remove func(), err error) {
	if err := os.MkdirAll(l.path("tmp"), 0o750); err != nil {
		return "", nil, fail("make a scratch folder", err, "")
	}
	dir, err = os.MkdirTemp(l.path("tmp"), name+"-*")
	if err != nil {
		return "", nil, fail("make a scratch folder", err, "")
	}
	return dir, func() { _ = os.RemoveAll(dir) }, nil
}

// replaceFile writes data beside path and renames it into place.
func replaceFile(path string, data []byte, mode os.FileMode) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return err
	}
	defer func() { _ = os.Remove(tmp.Name()) }() // gone already after the rename
	if _, err := tmp.Write(data); err != nil {
		_ = tmp.Close()
		return err
	}
	if err := tmp.Chmod(mode); err != nil {
		_ = tmp.Close()
		return err
	}
	if err := tmp.Close(); err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
