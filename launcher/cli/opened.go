package cli

import (
	"context"

	"golang.org/x/sync/errgroup"

	"dclaude/launcher/config"
	"dclaude/launcher/opened"
	"dclaude/launcher/plan"
	"dclaude/launcher/project"
	"dclaude/launcher/session"
)

// opened is the list of folders that sessions have had.
func (a *app) opened() opened.Folders { return opened.In(a.stateDir()) }

// touched are those folders, and the ones that a session is about to get, for
// one look at the disk: a link in one of them may lead to any folder that the
// user never meant to open, and any file may be a session's work.
func (a *app) touched(next ...string) (*project.Touched, error) {
	have, err := a.opened().Load()
	if err != nil {
		return nil, err
	}
	return project.NewTouched(append(have, next...)), nil
}

// warningsOf makes warnings of texts that need no advice.
func warningsOf(texts []string) []plan.Warning {
	var warnings []plan.Warning
	for _, text := range texts {
		warnings = append(warnings, plan.Warning{Text: text})
	}
	return warnings
}

// judging says what a project is judged against.
func (a *app) judging(s config.Settings) project.Options {
	return project.Options{Home: a.home(), Protected: a.protected(), AllowRefused: s.AllowRefused}
}

// lastLook judges a project once more, right before its container starts: since
// the first look a session on a folder above, or one that has just ended, could
// have swapped it. engineSame waits for the engine, which takes longest; the
// look at the disk comes last, nearest to the mount.
func (a *app) lastLook(ctx context.Context, e session.Lister, s config.Settings, p project.Project, engineSame func() error) error {
	group, gctx := errgroup.WithContext(ctx)
	group.Go(engineSame)
	group.Go(func() error { return a.refuseBelow(gctx, e, s, p) })
	if err := group.Wait(); err != nil {
		return err
	}
	touched, err := a.touched()
	if err != nil {
		return err
	}
	return touched.Again(p, a.judging(s))
}
