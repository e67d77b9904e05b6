package config

import (
	"slices"
	"testing"
)

func TestPaths(t *testing.T) {
	for _, tt := range []struct {
		name                  string
		environ               []string
		goos                  string
		file, state, cacheDir string
	}{
		{"linux", nil, "linux", "/h/.config/dclaude/config.toml", "/h/.local/state/dclaude", "/h/.cache/dclaude"},
		{"mac", nil, "darwin", "/h/.config/dclaude/config.toml", "/h/.local/state/dclaude", "/h/Library/Caches/dclaude"},
		{
			"xdg", []string{"A=1", "XDG_CONFIG_HOME=/c", "XDG_STATE_HOME=/s", "XDG_CACHE_HOME=/x"}, "darwin",
			"/c/dclaude/config.toml", "/s/dclaude", "/x/dclaude",
		},
		{
			"empty or relative", []string{"XDG_CONFIG_HOME=", "XDG_STATE_HOME=rel", "XDG_CACHE_HOME=./x"}, "linux",
			"/h/.config/dclaude/config.toml", "/h/.local/state/dclaude", "/h/.cache/dclaude",
		},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := Path(tt.environ, "/h", tt.goos); got != tt.file {
				t.Errorf("Path: %s", got)
			}
			if got := StateDir(tt.environ, "/h", tt.goos); got != tt.state {
				t.Errorf("StateDir: %s", got)
			}
			if got := CacheDir(tt.environ, "/h", tt.goos); got != tt.cacheDir {
				t.Errorf("CacheDir: %s", got)
			}
		})
	}
}

func TestCertificatePaths(t *testing.T) {
	s := Settings{CACertificates: []string{"/etc/ca.pem", "~/certs/a.pem"}}
	if got, want := s.CertificatePaths("/h"), []string{"/etc/ca.pem", "/h/certs/a.pem"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}
