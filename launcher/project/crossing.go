package project

import (
	"path/filepath"
	"runtime"
)

// Crossing is a symbolic link on the way to a path, in a folder whose content
// others than the user decide on: they choose where it leads.
type Crossing struct {
	Link   string // the link
	Folder string // the folder that it lies in
	End    string // where the whole path leads
}

// Crossings finds the links on the way to path that lie in one of folders, in
// the order in which they are followed. The path need not exist, nor need the
// folders. A link that stays in the folder it lies in is none.
func Crossings(path string, folders []string) ([]Crossing, error) {
	full, err := absolute(path)
	if err != nil {
		return nil, err
	}
	j := &judge{goos: runtime.GOOS, fold: runtime.GOOS == "darwin", disk: newDisk()}
	var crossings []Crossing
	links, end := j.disk.trail(full)
	for _, link := range links {
		for _, folder := range folders {
			f := j.folder(folder)
			if j.holds(f, filepath.Dir(link)) && !j.holds(f, end) {
				crossings = append(crossings, Crossing{Link: link, Folder: folder, End: end})
			}
		}
	}
	return crossings, nil
}

// Within tells which of the folders path lies in, or is, wherever links on the
// way lead.
func Within(path string, folders []string) (folder string, found bool) {
	j := &judge{goos: runtime.GOOS, fold: runtime.GOOS == "darwin", disk: newDisk()}
	_, end := j.disk.trail(path)
	for _, folder := range folders {
		if j.holds(j.folder(folder), end) {
			return folder, true
		}
	}
	return "", false
}
