package lab

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
)

// findProgram returns the program's path, or its name if it is not installed.
// The folders for administrators are looked through too: they are not on an
// ordinary user's PATH, nor on that of every root shell.
func findProgram(name string) string {
	if path, err := exec.LookPath(name); err == nil {
		return path
	}
	if strings.ContainsRune(name, os.PathSeparator) {
		return name
	}
	for _, dir := range sbin() {
		path := filepath.Join(dir, name)
		if info, err := os.Stat(path); err == nil && !info.IsDir() && info.Mode()&0o111 != 0 {
			return path
		}
	}
	return name
}

// hasProgram tells whether the program is installed.
func hasProgram(name string) bool { return filepath.IsAbs(findProgram(name)) }

func sbin() []string { return []string{"/usr/local/sbin", "/usr/sbin", "/sbin"} }

// withSbin adds the administrators' folders to the PATH in env: dockerd looks
// for iptables and debootstrap for chroot there.
func withSbin(env []string) []string {
	out := make([]string, 0, len(env)+1)
	path := ""
	for _, v := range env {
		if value, ok := strings.CutPrefix(v, "PATH="); ok {
			path = value
			continue
		}
		out = append(out, v)
	}
	parts := filepath.SplitList(path)
	for _, dir := range sbin() {
		if !slices.Contains(parts, dir) {
			parts = append(parts, dir)
		}
	}
	return append(out, "PATH="+strings.Join(parts, string(os.PathListSeparator)))
}

// without removes the variables with these names from env.
func without(env []string, names ...string) []string {
	out := make([]string, 0, len(env))
	for _, v := range env {
		name, _, _ := strings.Cut(v, "=")
		if !slices.Contains(names, name) {
			out = append(out, v)
		}
	}
	return out
}
