package refresh

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
)

// program is the name of Claude Code's command.
const program = "claude"

// usualPlaces are where installers put it, for a caller whose PATH is short, as
// that of a program started from the desktop is. "~" is the home folder.
var usualPlaces = []string{
	"~/.local/bin", "~/.claude/local", "/opt/homebrew/bin", "/usr/local/bin",
	"~/.npm-global/bin", "~/.bun/bin", "~/.volta/bin", "/usr/bin",
}

// ErrNoClaude says that this computer has no Claude Code of its own.
var ErrNoClaude = errors.New("no Claude Code was found on this computer")

// Find returns the host's Claude Code: the first on PATH, else in a usual
// place. One that a sandbox could have written, because it is in one of the
// folders to avoid, or that any user of this computer could have, is passed over.
// ErrNoClaude when there is none.
func (r Refresher) Find() (string, error) {
	for _, dir := range slices.Concat(r.path(), r.expanded(usualPlaces)) {
		path := filepath.Join(dir, program)
		if r.trusted(path) {
			return path, nil
		}
	}
	return "", &Error{Err: ErrNoClaude}
}

// path returns the folders on PATH that can be trusted to name programs.
func (r Refresher) path() []string {
	var dirs []string
	for _, dir := range filepath.SplitList(r.lookup("PATH")) {
		if filepath.IsAbs(dir) && !r.avoided(dir) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

func (r Refresher) expanded(dirs []string) []string {
	var all []string
	for _, dir := range dirs {
		if rest, ok := strings.CutPrefix(dir, "~"); ok {
			if !filepath.IsAbs(r.Home) {
				continue
			}
			dir = r.Home + rest
		}
		all = append(all, dir)
	}
	return all
}

// trusted reports whether path is a program that only the user or root can have
// put there, as it stands and as what it is a link to.
func (r Refresher) trusted(path string) bool {
	real, err := filepath.EvalSymlinks(path)
	if err != nil || r.avoided(filepath.Dir(path)) || r.avoided(filepath.Dir(real)) {
		return false
	}
	info, err := os.Stat(real)
	if err != nil || !info.Mode().IsRegular() || info.Mode()&0o111 == 0 {
		return false
	}
	return owned(info) && private(filepath.Dir(path)) && private(filepath.Dir(real))
}

// owned reports whether nobody but the user and root can write the file.
func owned(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && (st.Uid == 0 || int(st.Uid) == os.Getuid()) && info.Mode()&0o002 == 0
}

// private reports whether not everybody can put files into the folder.
func private(dir string) bool {
	info, err := os.Stat(dir)
	return err == nil && info.Mode()&0o002 == 0
}

// avoided reports whether a folder is one of those that sandboxes write to, or
// lies in one, whatever it is called: links and upper case are seen through.
func (r Refresher) avoided(dir string) bool {
	real, err := filepath.EvalSymlinks(dir)
	if err != nil {
		return true // nothing to find there
	}
	for d := real; ; d = filepath.Dir(d) {
		info, err := os.Stat(d)
		if err != nil {
			return true
		}
		for _, avoid := range r.Avoid {
			if other, err := os.Stat(avoid); err == nil && os.SameFile(info, other) {
				return true
			}
		}
		if d == filepath.Dir(d) {
			return false
		}
	}
}
