package project

import (
	"os"
	"path/filepath"
	"strings"
)

// disk answers questions about paths, each of them once: one judgement asks
// about the same parents for every protected place.
type disk struct {
	stat     func(path string) (fileID, bool)
	readlink func(path string) (string, bool)
	ids      map[string]found
	links    map[string]string
}

// found is an identity, if there is anything to have one.
type found struct {
	id fileID
	ok bool
}

func newDisk() *disk {
	return &disk{
		stat: func(path string) (fileID, bool) {
			info, err := os.Stat(path)
			if err != nil {
				return fileID{}, false
			}
			return identity(info), true
		},
		readlink: func(path string) (string, bool) {
			target, err := os.Readlink(path)
			return target, err == nil
		},
		ids:   map[string]found{},
		links: map[string]string{},
	}
}

// id returns the identity of what path leads to.
func (d *disk) id(path string) (fileID, bool) {
	f, known := d.ids[path]
	if !known {
		f.id, f.ok = d.stat(path)
		d.ids[path] = f
	}
	return f.id, f.ok
}

// link returns the target of the symbolic link at path, or "".
func (d *disk) link(path string) string {
	target, known := d.links[path]
	if !known {
		if t, ok := d.readlink(path); ok {
			target = t
		}
		d.links[path] = target
	}
	return target
}

// maxLinks is how many links a path may go through, as in Linux.
const maxLinks = 40

// trail follows an absolute path, of which the end need not exist. It returns
// the symbolic links on the way and where the path leads.
func (d *disk) trail(path string) (links []string, end string) {
	end = "/"
	for rest := components(path); len(rest) > 0; {
		name := rest[0]
		rest = rest[1:]
		switch name {
		case "", ".":
			continue
		case "..":
			end = filepath.Dir(end)
			continue
		}
		next := filepath.Join(end, name)
		target := d.link(next)
		if target == "" || len(links) == maxLinks {
			end = next
			continue
		}
		links = append(links, next)
		if strings.HasPrefix(target, "/") {
			end = "/"
		}
		rest = append(components(target), rest...)
	}
	return links, end
}
