// Package drop takes in the folders that come from outside of the menu: dropped
// on the icon, opened with the app, sent by Finder's Services menu, or named on
// the command line. What they are given as is turned into folders here; on
// macOS Listen hooks into the application.
package drop

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

// Error says why something that was dropped cannot be opened.
type Error struct {
	What string // as it was given
	Err  error
	hint string
}

// Error implements error.
func (e *Error) Error() string { return fmt.Sprintf("cannot open %q: %v", e.What, e.Err) }

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *Error) Hint() string { return e.hint }

// Path turns an argument or a URL, relative to the folder dir, into an absolute
// path. Only files of this computer are taken.
func Path(given, dir string) (string, error) {
	if given == "" {
		return "", &Error{What: given, Err: errors.New("no name was given"), hint: "name a folder"}
	}
	if strings.IndexByte(given, 0) >= 0 {
		return "", &Error{What: given, Err: errors.New("it has a zero byte in it"), hint: "name a folder"}
	}
	if len(given) > 7 && strings.EqualFold(given[:7], "file://") {
		u, err := url.Parse(given)
		if err != nil {
			return "", &Error{What: given, Err: errors.New("it is no valid URL"), hint: "name a folder"}
		}
		if u.Host != "" && !strings.EqualFold(u.Host, "localhost") {
			return "", &Error{What: given, Err: errors.New("it is on another computer"), hint: "copy the project to this one"}
		}
		if u.Path == "" || strings.IndexByte(u.Path, 0) >= 0 {
			return "", &Error{What: given, Err: errors.New("it names no file"), hint: "name a folder"}
		}
		return filepath.Clean(u.Path), nil
	}
	if !filepath.IsAbs(given) {
		given = filepath.Join(dir, given)
	}
	return filepath.Clean(given), nil
}

// Folder returns the folder to open for a path: itself, or for a file the one
// that it is in.
func Folder(path string) (string, error) {
	info, err := os.Stat(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", &Error{What: path, Err: errors.New("it does not exist"), hint: "it may have been moved or deleted"}
	case err != nil:
		return "", &Error{What: path, Err: bare(err)}
	case info.IsDir():
		return path, nil
	case info.Mode().IsRegular():
		return filepath.Dir(path), nil
	}
	return "", &Error{What: path, Err: errors.New("it is neither a folder nor a file"), hint: "drop the project's folder"}
}

// bare leaves out the path, which the error has already.
func bare(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return p.Err
	}
	return err
}

// Folders returns the folders for paths, each once, and the errors of those
// that have none.
func Folders(paths []string) (folders []string, errs []error) {
	seen := map[string]bool{}
	for _, p := range paths {
		f, err := Folder(p)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		if !seen[f] {
			seen[f] = true
			folders = append(folders, f)
		}
	}
	return folders, errs
}
