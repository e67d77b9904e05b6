package lab

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"
)

// DirVariable names the environment variable that moves the lab's folder.
const DirVariable = "DCLAUDE_LAB_DIR"

// Lab is one test lab of this machine. Its methods may be used by several
// goroutines and processes at once.
type Lab struct {
	dir string
	log io.Writer
	// engine names the folder of an engine beside the lab's ordinary one, and
	// resolv the file that it takes for /etc/resolv.conf; both are empty for the
	// ordinary one.
	engine, resolv string
	// release is the Debian release whose engine it is; empty for the machine's.
	release string
}

// Open returns the lab in $DCLAUDE_LAB_DIR, or else in the user's cache
// folder, and makes its folder. It starts nothing. Progress lines go to log;
// nil stands for standard error.
func Open(log io.Writer) (*Lab, error) {
	dir := os.Getenv(DirVariable)
	if dir == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return nil, fail("find the lab's folder", err, "Set "+DirVariable+".")
		}
		dir = filepath.Join(cache, "dclaude-lab")
	}
	return openAt(dir, log)
}

func openAt(dir string, log io.Writer) (*Lab, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return nil, fail("find the lab's folder", err, "")
	}
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return nil, fail("make the lab's folder", err, "Set "+DirVariable+" to a folder that can be written.")
	}
	if log == nil {
		log = os.Stderr
	}
	release, err := engineRelease()
	if err != nil {
		return nil, err
	}
	return &Lab{dir: dir, log: log, release: release}, nil
}

// Dir is the folder that holds the lab's state.
func (l *Lab) Dir() string { return l.dir }

// path joins a path below the lab's folder.
func (l *Lab) path(elem ...string) string {
	return filepath.Join(append([]string{l.dir}, elem...)...)
}

// sayf prints one progress line. A line is one write, so that the lines of
// parallel steps do not mix.
func (l *Lab) sayf(format string, args ...any) {
	line := "lab: " + strings.TrimRight(fmt.Sprintf(format, args...), "\n") + "\n"
	_, _ = io.WriteString(l.log, line) // progress is worth no failure
}

// took renders how long a step has taken since start.
func took(start time.Time) string {
	return time.Since(start).Round(100 * time.Millisecond).String()
}
