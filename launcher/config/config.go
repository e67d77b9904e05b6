// Package config finds the settings of a launch. Each comes from the first of
// these that has it: a flag, an environment variable, the project's own file
// (which can do less than the others, see ProjectFile), the configuration file,
// the default. A list from one place replaces a list from a lower one, as any
// other value does.
//
// All settings are described once, in the table that Keys returns; file keys,
// variables, flags and help are derived from it. What is wrong is reported all
// at once, as Errors. No text of this package repeats a value of an environment
// variable meant for the session, which might be a secret.
package config

// Settings are the checked settings of a launch.
type Settings struct {
	// Isolation is auto, gvisor, runsc, nested or runc.
	Isolation string
	// Network is allowlist, open or none.
	Network string
	// Policy is default or strict: what an allow-list begins with.
	Policy string
	// Allow holds what an allow-list adds: rules as egress.Rule.String writes
	// them, and names of presets such as "@npm".
	Allow []string
	// Env holds KEY=VALUE for Claude, each KEY once, none of them a secret.
	Env []string
	// Memory is a limit in bytes, 0 for none.
	Memory int64
	// CPUs is a limit in processors, 0 for none.
	CPUs float64
	// Pids is a limit in processes and threads, 0 for the engine's.
	Pids int64
	// State is project or shared.
	State string
	// ClaudeHome brings along what the user has set up for Claude on the host.
	ClaudeHome bool
	// ClaudeHomeMCP and ClaudeHomeHooks name the MCP servers, and the events
	// whose hooks, come along with it.
	ClaudeHomeMCP, ClaudeHomeHooks []string
	// Permissions is skip, available or ask.
	Permissions string
	// Gitconfig is safe, full or none.
	Gitconfig string
	// ClaudeVersion is a version such as 2.1.330, or a tag of the package.
	ClaudeVersion string
	// ClaudeArgs come before the arguments that the command line has for Claude.
	ClaudeArgs []string
	// CACertificates are PEM files: absolute paths, or paths that start with ~/.
	CACertificates []string
	// CredentialsSource is host, copy, sandbox, token or api-key.
	CredentialsSource string
	// Context and Host choose an engine as in the docker CLI. At most one of
	// them is set.
	Context, Host string
	// Firewall has the session's init try the packet filter.
	Firewall bool
	// Rebuild builds the image anew, without a cache.
	Rebuild bool
	// FreshCreds replaces the credentials that the state volume has.
	FreshCreds bool
	// Detach starts a session without showing it.
	Detach bool
	// New starts another session on a project that has one.
	New bool
	// Review is off, line or full.
	Review string
	// Clipboard lets a session write the clipboard through the terminal.
	Clipboard bool
	// BaseImage is what the image is built from.
	BaseImage string
	// AptPackages are Debian packages for the image, besides its own.
	AptPackages []string
	// Mounts are folders of the host that a session sees read-only: PATH or
	// PATH:NAME, where PATH is absolute or starts with ~/; see MountOf.
	Mounts []string
	// AppTerminal is the terminal that the menu-bar app opens, or auto.
	AppTerminal string
	// AppMute are the kinds of notifications that it leaves out.
	AppMute []string
	// AppReinject is ask or auto: whether it gives a new login to the running
	// sessions by itself.
	AppReinject string
	// AllowEverything takes rules in Allow that leave nothing of a limit, without
	// a question.
	AllowEverything bool
	// AllowRefused lets folders pass whose refusal can be overridden.
	AllowRefused bool
}

// Defaults returns the settings that nobody has touched.
func Defaults() Settings {
	var s Settings
	for _, k := range Keys() {
		if k.Default != "" {
			// A default that does not pass its own check is caught by a test.
			_ = k.set(&s, []item{{text: k.Default}})
		}
	}
	return s
}
