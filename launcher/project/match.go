package project

import (
	"path/filepath"
	"strings"
)

// below tells how many levels path lies under dir: 0 if they are the same,
// and false if it does not. Both are absolute and clean. fold ignores case.
func below(path, dir string, fold bool) (int, bool) {
	p, d := components(path), components(dir)
	if len(p) < len(d) {
		return 0, false
	}
	for i := range d {
		if p[i] != d[i] && (!fold || !strings.EqualFold(p[i], d[i])) {
			return 0, false
		}
	}
	return len(p) - len(d), true
}

// components splits an absolute path at its slashes; "/" has none.
func components(path string) []string {
	trimmed := strings.Trim(path, "/")
	if trimmed == "" {
		return nil
	}
	return strings.Split(trimmed, "/")
}

// ancestors returns path and its parents, up to and with "/".
func ancestors(path string) []string {
	chain := []string{path}
	for path != "/" && path != "." {
		path = filepath.Dir(path)
		chain = append(chain, path)
	}
	return chain
}
