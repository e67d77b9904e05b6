package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"dclaude/launcher/config"
	"dclaude/launcher/project"
	"dclaude/launcher/session"
	"dclaude/launcher/tty"
)

// refuseBelow refuses to mount a folder that lies inside one on which a session
// runs: between our look at it and the engine's, that session could swap it for
// a link to anywhere.
func (a *app) refuseBelow(ctx context.Context, e session.Lister, s config.Settings, p project.Project) error {
	if s.AllowRefused {
		return nil
	}
	shown, err := a.shown(s)
	if err != nil {
		return err
	}
	running, err := session.List(ctx, e)
	if err != nil {
		return err
	}
	above, path, found := sessionAbove(running, append(slices.Sorted(maps.Values(shown)), p.Path))
	if !found {
		return nil
	}
	return &hintedError{
		fmt.Errorf("session %s runs on %s and can swap %s, which lies in it, for a link to anywhere", above.Name, tty.Visible(above.Project, 80), tty.Visible(path, 80)),
		"end it first (dclaude stop " + above.Name + "), or open the folder that it runs on; --allow-refused-folder goes ahead",
	}
}

// sessionAbove finds a session that runs on a folder above one of the paths.
func sessionAbove(sessions []session.Session, paths []string) (above session.Session, path string, found bool) {
	for _, s := range sessions {
		for _, path := range paths {
			if s.Running() && s.Project != "" && strings.HasPrefix(path, strings.TrimSuffix(s.Project, "/")+"/") {
				return s, path, true
			}
		}
	}
	return session.Session{}, "", false
}
