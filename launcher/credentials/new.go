package credentials

import (
	"io"
	"os"
	"path/filepath"
	"syscall"

	"dclaude/creds"
	"dclaude/creds/host"
	"dclaude/creds/refresh"
	"dclaude/creds/vault"
	"dclaude/launcher/opened"
	"dclaude/launcher/session"
)

// Options are what a Keeper is made of.
type Options struct {
	Source  creds.Source
	User    host.User
	Environ []string
	// StateDir is dclaude's folder for what it learns.
	StateDir string
	Records  session.Records
	Engine   Engine
	// Avoid are folders beside those that the engine knows of which a sandbox
	// could write to: that of a launch.
	Avoid []string
}

// New puts a Keeper together for this computer.
func New(o Options) Keeper {
	target := host.Watch(o.User)
	return Keeper{
		Source: o.Source,
		Host:   target,
		Whose:  whose(o.User),
		Stored: Vault(o.User, o.StateDir).Store,
		Refresher: refresh.Refresher{
			Store: target.Store, Home: o.User.Home, Environ: o.Environ, Avoid: o.Avoid,
			Dir: filepath.Join(o.StateDir, "refresh"),
		},
		Opened:  opened.In(o.StateDir),
		Records: o.Records,
		Engine:  o.Engine,
	}
}

// Vault is where dclaude keeps what the user enters for it.
func Vault(u host.User, stateDir string) *vault.Vault {
	return vault.New(filepath.Join(stateDir, "stored"), u.LookupEnv)
}

// maxState bounds what is read of Claude Code's state file, in bytes.
const maxState = 32 << 20

// whose reads the state file of the host's Claude Code, which knows more of the
// account than the login does.
func whose(u host.User) func(account string) string {
	return func(account string) string {
		path := filepath.Join(u.Home, ".claude.json")
		if dir, ok := u.LookupEnv("CLAUDE_CONFIG_DIR"); ok && dir != "" {
			path = filepath.Join(dir, ".claude.json")
		}
		f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
		if err != nil {
			return ""
		}
		defer f.Close()
		b, err := io.ReadAll(io.LimitReader(f, maxState))
		if err != nil {
			return ""
		}
		return creds.Whose(b, account)
	}
}
