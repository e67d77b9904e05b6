package config

import (
	"path/filepath"
	"strings"
	"unicode"
)

var (
	mountNameForm = formOf(`^[A-Za-z0-9][A-Za-z0-9._-]*$`, 64)
	packageForm   = formOf(`^[a-z0-9][a-z0-9+.-]+$`, 101)
	terminalForm  = formOf(`^[A-Za-z0-9/~][A-Za-z0-9 ._/~+-]*$`, 201)
)

// MountOf takes an item of Settings.Mounts apart: the folder, with ~/ replaced
// by the home folder, and the name that it has in /mnt.
func MountOf(item, home string) (path, name string) {
	path, name = splitMount(item)
	if rest, ok := strings.CutPrefix(path, "~/"); ok {
		path = filepath.Join(home, rest)
	}
	return path, name
}

// splitMount takes the name from the end of PATH:NAME, or from PATH itself. A
// folder whose own name has a colon in it needs a NAME.
func splitMount(item string) (path, name string) {
	if i := strings.LastIndexByte(item, ':'); i >= 0 && !strings.Contains(item[i:], "/") {
		return item[:i], item[i+1:]
	}
	return item, filepath.Base(item)
}

// mountTarget tells which mounts are the same: those with one name.
func mountTarget(item string) string {
	_, name := splitMount(item)
	return name
}

// checkMount takes PATH or PATH:NAME. Whether a session may see the folder is
// for package project to judge, when there is a session.
func checkMount(item string) (string, *flaw) {
	path, name := splitMount(item)
	switch {
	case strings.ContainsFunc(path, unicode.IsControl):
		return "", flawed("%s is not a path", show(path))
	case !strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "~/"):
		return "", flawed("%s is not an absolute path", show(path)).advise("write the folder from / or from ~/, as in ~/datasets or ~/datasets:data")
	case !mountNameForm.MatchString(name):
		return "", flawed("%s cannot be the name of a folder in /mnt", show(name)).advise("add a name of letters, digits, dots and dashes: %s:NAME", path)
	}
	return item, nil
}

// checkPackage takes the name of a Debian package. apt reads a - or + at its
// end as "remove" and "install", and a - at its start as an option.
func checkPackage(name string) (string, *flaw) {
	if !packageForm.MatchString(name) || strings.HasSuffix(name, "-") || strings.HasSuffix(name, "+") && !strings.HasSuffix(name, "++") {
		return "", flawed("%s is not the name of a Debian package", show(name)).advise("apt-cache search lists them; versions cannot be given")
	}
	return name, nil
}

// checkTerminal takes a name, such as kitty, or the path of a program.
func checkTerminal(name string) (string, *flaw) {
	if !terminalForm.MatchString(name) {
		return "", flawed("%s is not the name of a terminal", show(name)).advise("write its name, such as kitty or iTerm2, or auto")
	}
	return name, nil
}
