package project

import (
	"path/filepath"
	"runtime"
)

// Touched are folders whose content others than the user decide on: sessions
// write them, or did. They need not exist.
type Touched struct {
	j       *judge
	folders []folder
}

// NewTouched looks at the disk once for each path that it is asked about: it is
// for one judgement, not to be kept.
func NewTouched(folders []string) *Touched {
	t := &Touched{j: &judge{goos: runtime.GOOS, fold: runtime.GOOS == "darwin", disk: newDisk()}}
	for _, path := range folders {
		t.folders = append(t.folders, t.j.folder(path))
	}
	return t
}

// Resolve is the function of that name for a path that may lie in a touched
// folder. It refuses one that goes through a link which leads out of the touched
// folder it lies in: who writes there has chosen where it leads. The path must
// be as the user gave it: one that was resolved before shows no link any more.
func (t *Touched) Resolve(path string, opts Options) (Project, error) {
	full, err := absolute(path)
	if err != nil {
		return Project{}, err
	}
	link, folder, end := t.crossing(full)
	if link != "" && !opts.AllowRefused {
		return Project{}, &Error{Reason: Crossing, Path: link, Place: folder, Overridable: true, propose: end}
	}
	p, err := Resolve(path, opts)
	if err != nil {
		return Project{}, err
	}
	// The path was walked twice. A folder that a session swaps for a link and
	// back could be the one for the first walk and the other for the second.
	if t.j.goos == "darwin" {
		end = canonical(end)
	}
	if end != p.Path {
		return Project{}, replaced(full, nil)
	}
	return p, nil
}

// Again judges a project once more, right before it is used: its path must
// still lead to the folder that was judged, through no link.
func (t *Touched) Again(p Project, opts Options) error {
	now, err := t.Resolve(p.Path, opts)
	if err != nil {
		return err
	}
	if now.Path != p.Path || now.Device != p.Device || now.Inode != p.Inode {
		return replaced(p.Path, nil)
	}
	return nil
}

// crossing finds the first link on the way to an absolute path that leads out of
// the touched folder it lies in, "" if there is none, and where the whole path
// leads. The path need not exist.
func (t *Touched) crossing(path string) (link, folder, end string) {
	links, end := t.j.disk.trail(path)
	for _, link := range links {
		for _, f := range t.folders {
			if t.j.holds(f, filepath.Dir(link)) && !t.j.holds(f, end) {
				return link, f.shown, end
			}
		}
	}
	return "", "", end
}

// Decides tells whether what is at an absolute path is up to who writes the
// folders: it lies in one, or a link on the way does. folder is the first such.
func (t *Touched) Decides(path string) (folder string, found bool) {
	links, end := t.j.disk.trail(path)
	for _, f := range t.folders {
		if t.j.holds(f, end) {
			return f.shown, true
		}
		for _, link := range links {
			if t.j.holds(f, filepath.Dir(link)) {
				return f.shown, true
			}
		}
	}
	return "", false
}
