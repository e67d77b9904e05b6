package cli

import (
	"fmt"

	"dclaude/launcher/config"
	"dclaude/launcher/project"
)

// shown resolves the folders that a session sees read-only. They are judged as
// a project is: reading .ssh is as bad as writing it.
func (a *app) shown(s config.Settings) (map[string]string, error) {
	shown := map[string]string{}
	for _, item := range s.Mounts {
		path, name := config.MountOf(item, a.home())
		p, err := project.Resolve(path, project.Options{Home: a.home(), Protected: a.protected(), AllowRefused: s.AllowRefused})
		if err != nil {
			return nil, fmt.Errorf("setting mounts: %w", err)
		}
		shown[name] = p.Path
	}
	return shown, nil
}
