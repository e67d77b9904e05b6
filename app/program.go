package app

import (
	"os"
	"os/exec"
	"path/filepath"

	"dclaude/app/monitor"
)

// commandName is the command that does the work.
const commandName = "dclaude"

// program finds it: beside this program, in the bundle, or on PATH.
func (s System) program() monitor.Program {
	var places []string
	if s.Executable != "" {
		dir := filepath.Dir(s.Executable)
		places = append(places, filepath.Join(dir, commandName))
		if bundle := s.bundle(); bundle != "" {
			// The file system of a Mac may not tell dclaude from DClaude: the
			// command is in a folder of its own.
			places = []string{filepath.Join(bundle, "Contents", "Helpers", commandName)}
		}
	}
	for _, path := range places {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() && info.Mode()&0o111 != 0 {
			return monitor.Program{Path: path}
		}
	}
	if s.bundle() == "" {
		if path, err := exec.LookPath(commandName); err == nil && filepath.IsAbs(path) {
			return monitor.Program{Path: path}
		}
	}
	return monitor.Program{Problem: "it is not where the app is: install DClaude again"}
}
