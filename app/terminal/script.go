package terminal

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

// staleAfter is when a script that never ran is swept away.
const staleAfter = time.Hour

// script writes the job to a file that only the user can read and run, and
// that nobody can have put there before.
func (o Opener) script(job Job) (string, error) {
	if err := os.MkdirAll(o.Dir, 0o700); err != nil {
		return "", &Error{What: "cannot write the script of a window", Err: err}
	}
	o.sweep(time.Now())
	f, err := os.CreateTemp(o.Dir, "window-*.command")
	if err != nil {
		return "", &Error{What: "cannot write the script of a window", Err: err}
	}
	_, err = f.WriteString(job.Script())
	err = errors.Join(err, f.Chmod(0o700), f.Close())
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
		return "", &Error{What: fmt.Sprintf("cannot write %q", f.Name()), Err: err}
	}
	return f.Name(), nil
}

// sweep removes scripts whose terminal never ran them.
func (o Opener) sweep(now time.Time) {
	old, _ := filepath.Glob(filepath.Join(o.Dir, "window-*.command"))
	for _, name := range old {
		if info, err := os.Lstat(name); err == nil && now.Sub(info.ModTime()) > staleAfter {
			_ = os.Remove(name) // the next sweep tries again
		}
	}
}
