package cli

import (
	"fmt"

	"dclaude/launcher/config"
	"dclaude/launcher/opened"
	"dclaude/launcher/project"
	"dclaude/launcher/tty"
)

// opened is the list of folders that sessions have had.
func (a *app) opened() opened.Folders { return opened.In(a.stateDir()) }

// refuseCrossing refuses a path that goes through a link which a session could
// have made: to any folder that the user never meant to open.
func (a *app) refuseCrossing(s config.Settings, folder string) error {
	if s.AllowRefused {
		return nil
	}
	have, err := a.opened().Load()
	if err != nil {
		return err
	}
	c, found, err := project.NewTouched(have).Crossing(folder)
	if err != nil || !found {
		return err
	}
	return &hintedError{
		fmt.Errorf("%s is a link that a session could have made: it lies in %s, which was opened before", tty.Visible(c.Link, 120), tty.Visible(c.Folder, 120)),
		fmt.Sprintf("if you mean the folder that it leads to, name that: %q", c.End),
	}
}
