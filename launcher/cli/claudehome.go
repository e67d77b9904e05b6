package cli

import (
	"path/filepath"

	"dclaude/launcher/claudehome"
	"dclaude/launcher/config"
	"dclaude/launcher/handoff"
	"dclaude/launcher/plan"
	"dclaude/launcher/project"
)

// broughtHome is what a session gets of the user's Claude home, and what the
// user should know of it.
type broughtHome struct {
	plan     *plan.ClaudeHome
	warnings []plan.Warning
}

// claudeHome collects what the settings bring along, from the host as it is now.
func (a *app) claudeHome(s config.Settings, p project.Project) (broughtHome, error) {
	if !s.ClaudeHome {
		return broughtHome{}, nil
	}
	touched, err := a.opened().Load()
	if err != nil {
		return broughtHome{}, err
	}
	dir, stateFile := a.hostClaudeDir()
	home, err := claudehome.Read(claudehome.Source{
		Dir: dir, StateFile: stateFile, Home: a.home(),
		Touched: append(touched, p.Path),
		Servers: s.ClaudeHomeMCP, Hooks: s.ClaudeHomeHooks,
	})
	if err != nil {
		return broughtHome{}, err
	}
	archive, err := handoff.EncodeHome(home.Entries)
	if err != nil {
		return broughtHome{}, err
	}
	b := broughtHome{plan: &plan.ClaudeHome{Archive: archive, Settings: home.Settings, Servers: home.Servers}}
	for _, w := range home.Warnings {
		b.warnings = append(b.warnings, plan.Warning{Text: w})
	}
	return b, nil
}

// hostClaudeDir is where the host's Claude Code keeps its settings, and its
// state file, which lies beside that folder unless it was moved.
func (a *app) hostClaudeDir() (dir, stateFile string) {
	if dir := lookup(a.sys.Environ, "CLAUDE_CONFIG_DIR"); filepath.IsAbs(dir) {
		return filepath.Clean(dir), filepath.Join(dir, ".claude.json")
	}
	return filepath.Join(a.home(), ".claude"), filepath.Join(a.home(), ".claude.json")
}
