package cli

import (
	"context"
	"os"
	"runtime"

	"dclaude/launcher/config"
	"dclaude/launcher/engine"
	"dclaude/launcher/plan"
	"dclaude/launcher/project"
	"dclaude/launcher/session"
)

// lookAfter does a job on the state volume of a project, in a sandbox such as
// its sessions have, and returns what that printed.
func (a *app) lookAfter(ctx context.Context, e *engine.Engine, s config.Settings, p project.Project, job plan.Job) (string, error) {
	info, err := e.Info(ctx)
	if err != nil {
		return "", err
	}
	image, err := a.ensureImage(ctx, e, s, info, nil)
	if err != nil {
		return "", err
	}
	facts, err := a.facts(ctx, e, info, image.ID, choiceOf(s.Isolation))
	if err != nil {
		return "", err
	}
	u, err := plan.NewUpkeep(job, p, s, plan.Host{OS: runtime.GOOS, UID: os.Getuid(), GID: os.Getgid(), Engine: facts}, version)
	if err != nil {
		return "", err
	}
	a.out.warnAll(u.Warnings)
	return session.LookAfter(ctx, e, u, sessionName(string(job)))
}

// volume finds a volume of the engine by its name.
func (a *app) volume(ctx context.Context, e *engine.Engine, name string) (engine.Volume, bool, error) {
	all, err := e.Volumes(ctx, nil)
	for _, v := range all {
		if v.Name == name {
			return v, true, err
		}
	}
	return engine.Volume{}, false, err
}
