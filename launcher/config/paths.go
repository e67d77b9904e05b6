package config

import (
	"path/filepath"
	"strings"
)

// Path returns where the configuration file is:
// $XDG_CONFIG_HOME/dclaude/config.toml, or the same in ~/.config. It is the
// same on every system; goos is taken as in CacheDir.
func Path(environ []string, home, _ string) string {
	return filepath.Join(xdg(environ, "XDG_CONFIG_HOME", filepath.Join(home, ".config")), "dclaude", "config.toml")
}

// StateDir returns the folder for what is learned about sessions:
// $XDG_STATE_HOME/dclaude, or the same in ~/.local/state, on every system.
func StateDir(environ []string, home, _ string) string {
	return filepath.Join(xdg(environ, "XDG_STATE_HOME", filepath.Join(home, ".local", "state")), "dclaude")
}

// CacheDir returns the folder for what can be made again:
// $XDG_CACHE_HOME/dclaude, or the same in ~/.cache. On a Mac it is in
// ~/Library/Caches, which backups leave out.
func CacheDir(environ []string, home, goos string) string {
	habit := filepath.Join(home, ".cache")
	if goos == "darwin" {
		habit = filepath.Join(home, "Library", "Caches")
	}
	return filepath.Join(xdg(environ, "XDG_CACHE_HOME", habit), "dclaude")
}

// xdg returns the value of a variable of the XDG base directory specification,
// which says to ignore one that is empty or relative.
func xdg(environ []string, name, otherwise string) string {
	for _, pair := range environ {
		if value, ok := strings.CutPrefix(pair, name+"="); ok {
			if filepath.IsAbs(value) {
				return value
			}
			break
		}
	}
	return otherwise
}

// CertificatePaths returns CACertificates with ~/ replaced by the home folder.
func (s Settings) CertificatePaths(home string) []string {
	paths := make([]string, len(s.CACertificates))
	for i, p := range s.CACertificates {
		if rest, ok := strings.CutPrefix(p, "~/"); ok {
			p = filepath.Join(home, rest)
		}
		paths[i] = p
	}
	return paths
}
