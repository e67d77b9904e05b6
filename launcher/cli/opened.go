package cli

import (
	"dclaude/launcher/config"
	"dclaude/launcher/opened"
	"dclaude/launcher/project"
)

// opened is the list of folders that sessions have had.
func (a *app) opened() opened.Folders { return opened.In(a.stateDir()) }

// touched are those folders, for one look at the disk: a link in one of them
// may lead to any folder that the user never meant to open.
func (a *app) touched() (*project.Touched, error) {
	have, err := a.opened().Load()
	if err != nil {
		return nil, err
	}
	return project.NewTouched(have), nil
}

// judging says what a project is judged against.
func (a *app) judging(s config.Settings) project.Options {
	return project.Options{Home: a.home(), Protected: a.protected(), AllowRefused: s.AllowRefused}
}
