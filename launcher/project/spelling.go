package project

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// canonical returns the one spelling of a Mac's path: where file systems ignore
// case, one folder would otherwise have many hashes, and so many states. It
// also prefers /Users to the same folder in /System/Volumes/Data, which engines
// do not share with their machine.
func canonical(path string) string {
	const data = "/System/Volumes/Data"
	if _, in := below(path, data, true); in {
		short := "/" + strings.Join(components(path)[len(components(data)):], "/")
		if sameOnDisk(path, short) {
			path = short
		}
	}
	return spelledOnDisk(path, namesIn, sameOnDisk)
}

// spelledOnDisk replaces each part of an absolute path by the name that its
// folder lists. What cannot be listed stays as it is.
func spelledOnDisk(path string, list func(dir string) []string, same func(a, b string) bool) string {
	at := "/"
	for _, part := range components(path) {
		names := list(at)
		name := part
		if !slices.Contains(names, part) {
			for _, n := range names {
				// Names may differ in case, or in how they compose accents.
				if (strings.EqualFold(n, part) || !isASCII(part)) && same(filepath.Join(at, n), filepath.Join(at, part)) {
					name = n
					break
				}
			}
		}
		at = filepath.Join(at, name)
	}
	return at
}

func isASCII(s string) bool {
	return strings.IndexFunc(s, func(r rune) bool { return r >= 0x80 }) < 0
}

// namesIn lists a folder, or nothing.
func namesIn(dir string) []string {
	f, err := os.Open(dir)
	if err != nil {
		return nil
	}
	defer func() { _ = f.Close() }() // opened for reading: nothing can be lost
	names, err := f.Readdirnames(-1)
	if err != nil {
		return nil
	}
	return names
}

func sameOnDisk(a, b string) bool {
	x, err := os.Lstat(a)
	if err != nil {
		return false
	}
	y, err := os.Lstat(b)
	return err == nil && os.SameFile(x, y)
}
