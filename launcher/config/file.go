package config

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// maxFile is the size above which a file is not a configuration, in bytes.
const maxFile = 1 << 20

// file takes the settings of the configuration file.
func (l *loader) file(path string) {
	if path == "" {
		return
	}
	data, f := readFile(path, os.Geteuid())
	if f != nil {
		l.problems = append(l.problems, Problem{Where: plain(path), Message: f.message, Advice: f.advice})
		return
	}
	l.document(data, path)
}

// readFile reads a configuration file on behalf of the user uid. It trusts no
// file that others can change: the file decides how a session is isolated. A
// missing file is empty.
func readFile(path string, uid int) ([]byte, *flaw) {
	// Not blocking, so that a named pipe is seen before it is waited for.
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if errors.Is(err, fs.ErrNotExist) {
		if target, err := os.Readlink(path); err == nil {
			return nil, flawed("is a link to %s, which does not exist", show(target)).advise("remove the link, or create what it points to")
		}
		return nil, nil
	}
	if err != nil {
		return nil, unreadable(err)
	}
	defer func() { _ = file.Close() }() // opened for reading: nothing can be lost
	info, err := file.Stat()
	if err != nil {
		return nil, unreadable(err)
	}
	if f := untrusted(path, info, uid); f != nil {
		return nil, f
	}
	data, err := io.ReadAll(io.LimitReader(file, maxFile+1))
	if err != nil {
		return nil, unreadable(err)
	}
	if len(data) > maxFile {
		return nil, flawed("is larger than 1 MiB, and so no configuration file")
	}
	return data, nil
}

func unreadable(err error) *flaw {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err // the path is known to who gets the flaw
	}
	f := flawed("cannot be read: %v", err)
	if errors.Is(err, fs.ErrPermission) {
		f.advice = "make the file readable for yourself: chmod u+r"
	}
	return f
}

// untrusted says why the open file cannot be believed, or nil.
func untrusted(path string, info fs.FileInfo, uid int) *flaw {
	switch {
	case info.IsDir():
		return flawed("is a folder, not a file")
	case !info.Mode().IsRegular():
		return flawed("is not a regular file")
	case info.Size() > maxFile:
		return flawed("is larger than 1 MiB, and so no configuration file")
	}
	if owner := ownerOf(info); owner != uid && owner != 0 {
		return flawed("belongs to the user with the id %d, not to you (%d) or root", owner, uid).
			advise("whoever owns the file decides how your sessions are isolated: make it yours with chown")
	}
	if info.Mode().Perm()&0o002 != 0 {
		return flawed("is writable for everybody").advise("chmod o-w the file: it decides how your sessions are isolated")
	}
	resolved, err := filepath.EvalSymlinks(path)
	if err != nil {
		return unreadable(err)
	}
	dir, err := os.Stat(filepath.Dir(resolved))
	if err != nil {
		return unreadable(err)
	}
	if dir.Mode().Perm()&0o002 != 0 && dir.Mode()&fs.ModeSticky == 0 {
		return flawed("is in a folder that is writable for everybody").
			advise("chmod o-w the folder: who can replace the file decides how your sessions are isolated")
	}
	return nil
}

// ownerOf returns the numeric id of the file's owner.
func ownerOf(info fs.FileInfo) int {
	st, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return -1
	}
	return int(st.Uid)
}

// at writes a position in a file as editors and terminals take it.
func at(path string, p position) string {
	return fmt.Sprintf("%s:%d:%d", plain(path), p.line, p.column)
}
