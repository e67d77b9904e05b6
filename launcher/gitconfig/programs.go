package gitconfig

import (
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
)

// Programs lists those settings of a configuration that make git run a program,
// or read settings from elsewhere: each as its name and, after a space, the start
// of a hash of its value, so that two lists can be compared without showing what
// is in them. What git would refuse to read is passed over.
func Programs(config []byte) []string {
	entries, _ := parse(config)
	var found []string
	for _, e := range entries {
		if runs(e.name, e.value) {
			sum := sha256.Sum256([]byte(e.value))
			found = append(found, e.name+" "+hex.EncodeToString(sum[:4]))
		}
	}
	slices.Sort(found)
	return slices.Compact(found)
}

// runs tells whether a setting has git run something (git-config(1)).
func runs(name, value string) bool {
	section, _, _ := strings.Cut(name, ".")
	key := name[strings.LastIndexByte(name, '.')+1:]
	switch section {
	case "core":
		return slices.Contains([]string{"fsmonitor", "hookspath", "sshcommand", "pager", "editor", "askpass", "gitproxy", "attributesfile", "worktree", "alternaterefscommand"}, key)
	case "filter":
		return key == "clean" || key == "smudge" || key == "process"
	case "diff":
		return key == "external" || key == "textconv" || key == "command"
	case "merge":
		return key == "driver"
	case "alias":
		return strings.HasPrefix(strings.TrimSpace(value), "!")
	case "credential":
		return key == "helper"
	case "include", "includeif":
		return key == "path"
	case "remote":
		return key == "uploadpack" || key == "receivepack" || key == "vcs" || strings.HasPrefix(value, "ext::")
	case "url", "protocol", "hook":
		return true
	case "gpg", "difftool", "mergetool", "browser", "man", "guitool", "trailer", "tar", "sendemail", "interactive", "pager", "submodule", "uploadpack", "ssh", "sequence":
		return key != "renames" && value != "true" && value != "false" && key != "url" && key != "path" && key != "active"
	}
	return false
}
