package project

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// absolute makes path absolute without cleaning it: "link/.." means the parent
// of what the link points to, as it does to the kernel.
func absolute(path string) (string, error) {
	if strings.ContainsRune(path, 0) {
		return "", &Error{Reason: BadPath, Path: path, detail: "it has a NUL byte in it"}
	}
	if strings.HasPrefix(path, "/") {
		return path, nil
	}
	cwd, err := os.Getwd()
	if err != nil {
		return "", &Error{Reason: NotFound, Path: ".", detail: "the current folder is gone", err: err}
	}
	if path == "" {
		return cwd, nil
	}
	return cwd + "/" + path, nil
}

// follow resolves the symbolic links of an absolute path and says what is at
// its end.
func follow(full, goos string) (string, os.FileInfo, error) {
	resolved, err := filepath.EvalSymlinks(full)
	if err != nil {
		return "", nil, cannotFollow(full, err)
	}
	info, err := os.Stat(resolved)
	if err != nil {
		return "", nil, cannotFollow(full, err)
	}
	if goos == "darwin" {
		resolved = canonical(resolved)
	}
	return resolved, info, nil
}

// cannotFollow turns the failure to resolve a path into an *Error.
func cannotFollow(full string, err error) *Error {
	e := &Error{Reason: BadPath, Path: filepath.Clean(full), err: err}
	switch {
	case errors.Is(err, fs.ErrNotExist):
		e.Reason = NotFound
		if target, linkErr := os.Readlink(e.Path); linkErr == nil {
			e.detail = "it is a link to " + quote(target) + ", which does not exist"
		}
	case errors.Is(err, fs.ErrPermission):
		e.Reason = Unreadable
	case errors.Is(err, syscall.ENOTDIR):
		e.Reason = IsFile
		e.Place = fileAbove(e.Path)
	case errors.Is(err, syscall.ENAMETOOLONG):
		e.detail = "its name is too long"
	default:
		// EvalSymlinks has no typed error for a loop of links.
		e.detail = "its symbolic links lead nowhere, or the file system failed"
	}
	return e
}

// fileAbove finds the file that stands where path needs a folder.
func fileAbove(path string) string {
	for _, p := range ancestors(path) {
		if info, err := os.Stat(p); err == nil && !info.IsDir() {
			return p
		}
	}
	return path
}

// notFolder is the error for something that exists and is not a folder. It
// proposes the folder around a file only if that would be accepted.
func notFolder(j *judge, resolved string, info os.FileInfo) *Error {
	if !info.Mode().IsRegular() {
		return &Error{Reason: NotFolder, Path: resolved, detail: "it is " + kindOf(info.Mode())}
	}
	e := &Error{Reason: IsFile, Path: resolved, Place: resolved}
	if parent := filepath.Dir(resolved); j.refuse(parent) == nil {
		e.propose = parent
	}
	return e
}

// kindOf names what a mode that is neither folder nor file stands for.
func kindOf(mode os.FileMode) string {
	switch {
	case mode&os.ModeNamedPipe != 0:
		return "a named pipe"
	case mode&os.ModeSocket != 0:
		return "a socket"
	case mode&os.ModeDevice != 0:
		return "a device"
	}
	return "a special file"
}

// readable tries what a session needs first: to list the folder and to reach
// what is in it. It also sees to it that the folder is still the one judged.
func readable(path string, judged os.FileInfo) error {
	denied := func(err error) error {
		return &Error{Reason: Unreadable, Path: path, err: err}
	}
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return denied(err)
	}
	defer func() { _ = f.Close() }() // opened for reading: nothing can be lost
	if info, err := f.Stat(); err != nil || !os.SameFile(info, judged) {
		return replaced(path, err)
	}
	if _, err := f.Readdirnames(1); err != nil && !errors.Is(err, io.EOF) {
		return denied(err)
	}
	// Listing needs the read permission, reaching an entry the search one.
	if _, err := os.Lstat(path + "/."); err != nil {
		return denied(err)
	}
	return nil
}

func replaced(path string, err error) *Error {
	return &Error{Reason: BadPath, Path: path, detail: "it was replaced while it was looked at", err: err}
}
