package cli

import (
	"fmt"
	"path/filepath"

	"dclaude/launcher/config"
	"dclaude/launcher/project"
	"dclaude/launcher/tty"
)

// shown resolves the folders that a session sees read-only. They are judged as
// a project is: reading .ssh is as bad as writing it.
func (a *app) shown(s config.Settings) (map[string]string, error) {
	shown := map[string]string{}
	for _, item := range s.Mounts {
		path, name := config.MountOf(item, a.home())
		p, err := project.Resolve(path, a.judging(s))
		if err != nil {
			return nil, fmt.Errorf("setting mounts: %w", err)
		}
		if p.Path != filepath.Clean(path) {
			// A session that can write a folder on the way could lead it anywhere.
			return nil, &hintedError{
				fmt.Errorf("setting mounts: %s leads through a link to %s", tty.Visible(path, 80), tty.Visible(p.Path, 80)),
				"write the path that it leads to, if that is what you mean",
			}
		}
		shown[name] = p.Path
	}
	return shown, nil
}
