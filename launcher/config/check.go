package config

import (
	"regexp"
	"strings"
	"unicode"
	"unicode/utf8"
)

var (
	versionForm = regexp.MustCompile(`^[0-9]{1,9}\.[0-9]{1,9}\.[0-9]{1,9}(-[0-9A-Za-z][0-9A-Za-z.-]{0,63})?$`)
	tagForm     = formOf(`^[a-z][a-z0-9._-]*$`, 64)
	imageForm   = formOf(`^[A-Za-z0-9][A-Za-z0-9._/:@-]*$`, 255)
	contextForm = regexp.MustCompile(`^([A-Za-z0-9][A-Za-z0-9_.+-]*)?$`)
)

// checkVersion takes what npm takes as a version or tag, and no range.
func checkVersion(v string) (string, *flaw) {
	switch {
	case versionForm.MatchString(v):
		return v, nil
	case strings.HasPrefix(v, "v") && versionForm.MatchString(v[1:]):
		return "", flawed("%s is not a version", show(v)).advise("write it without the v: %s", v[1:])
	case tagForm.MatchString(v):
		return v, nil
	}
	return "", flawed("%s is neither a version nor a tag", show(v)).advise(`write a full version such as "2.1.330", or "latest"`)
}

// checkImage takes the characters of an image reference; whether it exists is
// for the engine to say.
func checkImage(ref string) (string, *flaw) {
	if !imageForm.MatchString(ref) {
		return "", flawed("%s is not the name of an image", show(ref))
	}
	return ref, nil
}

func checkContext(name string) (string, *flaw) {
	if !contextForm.MatchString(name) {
		return "", flawed("%s is not the name of a docker context", show(name)).advise("docker context ls lists them")
	}
	return name, nil
}

func checkHost(addr string) (string, *flaw) {
	if strings.ContainsFunc(addr, func(r rune) bool { return !unicode.IsGraphic(r) || r == ' ' || r == utf8.RuneError }) {
		return "", flawed("%s is not the address of an engine", show(addr)).advise("write it as docker takes it, such as unix:///var/run/docker.sock")
	}
	return addr, nil
}

func checkArg(arg string) (string, *flaw) {
	if strings.ContainsRune(arg, 0) || !utf8.ValidString(arg) {
		return "", flawed("an argument holds a NUL byte or invalid UTF-8")
	}
	if secretValue(arg) {
		return "", flawed("an argument looks like a secret, which everybody on the machine could read").advise(safeWay)
	}
	return arg, nil
}

// checkHomeName takes what Claude Code calls an MCP server or an event.
func checkHomeName(name string) (string, *flaw) {
	if name == "" || strings.ContainsFunc(name, unicode.IsControl) {
		return "", flawed("%s is not a name", show(name))
	}
	return name, nil
}

func checkPEMPath(path string) (string, *flaw) {
	if strings.ContainsFunc(path, unicode.IsControl) {
		return "", flawed("%s is not a path", show(path))
	}
	if !strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "~/") {
		return "", flawed("%s is not an absolute path", show(path)).advise("write paths of certificates from / or from ~/")
	}
	return path, nil
}
