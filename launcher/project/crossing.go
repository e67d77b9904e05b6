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

// Crossing is a symbolic link on the way to a path, in a touched folder: who
// writes there has chosen where it leads.
type Crossing struct {
	Link   string // the link
	Folder string // the folder that it lies in
	End    string // where the whole path leads
}

// Crossing finds the first link on the way to path that leads out of the folder
// it lies in. The path need not exist.
func (t *Touched) Crossing(path string) (Crossing, bool, error) {
	full, err := absolute(path)
	if err != nil {
		return Crossing{}, false, err
	}
	links, end := t.j.disk.trail(full)
	for _, link := range links {
		for _, f := range t.folders {
			if t.j.holds(f, filepath.Dir(link)) && !t.j.holds(f, end) {
				return Crossing{Link: link, Folder: f.shown, End: end}, true, nil
			}
		}
	}
	return Crossing{}, false, nil
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
