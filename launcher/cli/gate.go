package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"dclaude/launcher/config"
	"dclaude/launcher/engine"
	"dclaude/launcher/image"
	"dclaude/launcher/plan"
	"dclaude/launcher/session"
)

// gate tries a new Claude Code under the isolation that sessions get, before
// they get it. It is asked when there is an image that works.
type gate struct {
	app      *app
	engine   *engine.Engine
	settings config.Settings
	info     engine.Info
	// installed is the version that passed.
	installed string
}

func (a *app) compat(e *engine.Engine) session.Compat { return session.Compat{Dir: a.engineDir(e)} }

// wantedKey names what is tried, in the memory of trials.
func (g *gate) wantedKey(w image.Wanted) string { return w.Digest + " " + g.settings.ClaudeVersion }

// Known implements session.Gate.
func (g *gate) Known(ctx context.Context, w image.Wanted) (string, error) {
	isolation, _, err := g.isolation(ctx)
	if err != nil {
		return "", err
	}
	return g.app.compat(g.engine).Rejection(isolation.Kind, g.wantedKey(w)), nil
}

// isolation is what sessions run under with the image in use.
func (g *gate) isolation(ctx context.Context) (plan.Isolation, plan.Engine, error) {
	inUse, err := g.engine.Image(ctx, image.Tag)
	if err != nil {
		return plan.Isolation{}, plan.Engine{}, err
	}
	facts, err := g.app.facts(ctx, g.engine, g.info, inUse.ID, choiceOf(g.settings.Isolation))
	if err != nil {
		return plan.Isolation{}, plan.Engine{}, err
	}
	isolation, _, err := plan.ChooseIsolation(g.settings.Isolation, facts)
	return isolation, facts, err
}

// Try implements session.Gate. It tries the remedies in turn and remembers the
// first that works, or that none does.
func (g *gate) Try(ctx context.Context, ref string, w image.Wanted) (why string, err error) {
	isolation, facts, err := g.isolation(ctx)
	if err != nil {
		return "", err
	}
	candidate, err := g.engine.Image(ctx, ref)
	if err != nil {
		return "", err
	}
	compat := g.app.compat(g.engine)
	g.app.out.say("trying the new Claude Code: a message and a tool, under %s", isolation)
	var reasons []string
	for _, remedy := range session.Remedies() {
		container, letter := plan.Trial(isolation, facts, ref, version, session.SmokeCommand())
		container.Name = plan.ContainerName(sessionName("trial"))
		container.Env = append(slices.Clone(remedy.Env), container.Env...)
		installed, err := session.Smoke(ctx, g.engine, container, letter)
		if ctx.Err() != nil {
			return "", errors.Join(ctx.Err(), err)
		}
		if err == nil {
			g.installed = installed
			g.app.out.say("Claude Code %s works, %s", installed, remedy.Name)
			return "", compat.Accept(isolation.Kind, g.wantedKey(w), candidate.ID, remedy.Env)
		}
		reasons = append(reasons, fmt.Sprintf("%s: %v", remedy.Name, err))
	}
	why = strings.Join(reasons, "; ")
	return why, compat.Reject(isolation.Kind, g.wantedKey(w), why)
}
