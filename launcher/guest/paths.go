package guest

import "path/filepath"

// layout is where things lie in the container. Tests put it below a folder of
// their own.
type layout struct {
	handoffDir string // the handoff volume
	etc        string
	managed    string // Claude Code's managed settings, above all others
	home       string
	state      string // the state volume
	hostGit    string // staged git configuration
	runtime    string // parent of XDG_RUNTIME_DIR
	firewall   string
	workspace  string
}

// container is the layout of the real thing. The names that users and the
// seed's scripts rely on are state, hostGit and workspace.
func container() layout {
	return layoutBelow("/")
}

func layoutBelow(root string) layout {
	at := func(elem ...string) string { return filepath.Join(append([]string{root}, elem...)...) }
	return layout{
		handoffDir: at("run", "dclaude"),
		etc:        at("etc"),
		managed:    at("etc", "claude-code", "managed-settings.json"),
		home:       at("home", "claude"),
		state:      at("home", "claude", ".claude"),
		hostGit:    at("tmp", "host-gitconfig"),
		runtime:    at("run", "user"),
		firewall:   at("usr", "local", "bin", "init-firewall.sh"),
		workspace:  at("workspace"),
	}
}
