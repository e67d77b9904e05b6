package guest

import "path/filepath"

// layout is where things lie in the container. Tests put it below a folder of
// their own.
type layout struct {
	etc       string
	managed   string // Claude Code's managed settings, above all others
	home      string
	state     string // the state volume
	hostGit   string // staged git configuration
	runtime   string // parent of XDG_RUNTIME_DIR
	firewall  string
	workspace string
	shown     string // folders of the host that the session may read
	root      string // the container's whole file system
	varTmp    string
	skel      string // dotfiles for a new home
	runsc     string // gVisor's runtime, in an image that carries it
	self      string // this program, as the image names it
	nest      string // what the first stage makes for a gVisor of our own
}

// container is the layout of the real thing. The names that users and the
// seed's scripts rely on are state, hostGit and workspace.
func container() layout {
	return layoutBelow("/")
}

func layoutBelow(root string) layout {
	at := func(elem ...string) string { return filepath.Join(append([]string{root}, elem...)...) }
	return layout{
		etc:       at("etc"),
		managed:   at("etc", "claude-code", "managed-settings.json"),
		home:      at("home", "claude"),
		state:     at("home", "claude", ".claude"),
		hostGit:   at("tmp", "host-gitconfig"),
		runtime:   at("run", "user"),
		firewall:  at("usr", "local", "bin", "init-firewall.sh"),
		workspace: at("workspace"),
		shown:     at("mnt"),
		root:      at(),
		varTmp:    at("var", "tmp"),
		skel:      at("etc", "skel"),
		runsc:     at("usr", "local", "lib", "dclaude", "runsc"),
		self:      at("usr", "local", "bin", "dclaude-guest"),
		nest:      at("run", "dclaude-nest"),
	}
}
