package config

import (
	"slices"
	"strings"
)

// Kind is the type of a setting, and with it how it is written.
type Kind int

// The kinds of settings.
const (
	Text   Kind = iota // a string
	Choice             // one of Key.Values
	Bool               // true or false
	List               // strings; in a variable one per line, as a flag repeated
	Size               // bytes: a number, or text such as "4g"
	Number             // a number that need not be whole
	Count              // a whole number
)

// Key describes one setting.
type Key struct {
	// Name is the key in the file; a dot separates a table from what is in it.
	Name string
	Kind Kind
	// Env is the variable.
	Env string
	// Flag is the long flag without its dashes, empty if there is none, and
	// Short its letter, if it has one.
	Flag, Short string
	// Group is the heading under which the help lists the setting.
	Group string
	// Arg stands for the value of the flag in the help; empty for a Bool.
	Arg string
	// Help is one line, without a full stop.
	Help string
	// Values are what a Choice, or each item of a List, can be; nil for a List
	// of anything.
	Values []string
	// Default is written as in a variable; empty is the zero value.
	Default string
	// Repeatable flags add to a list, Bool flags need no value.
	Repeatable, Bool bool

	noFlag bool
	rule   projectRule
	field  func(*Settings) any
	// check returns the value in the form that Settings has, or what is wrong.
	check func(string) (string, *flaw)
	// same tells which items of a list are the same: the last one is kept.
	same func(string) string
}

// Keys returns the table of all settings, in the order of their help.
func Keys() []Key {
	keys := slices.Concat(grouped("Session", sessionKeys()), grouped("Claude", claudeKeys()),
		grouped("Image and engine", engineKeys()), grouped("Menu bar", appKeys()))
	rules := projectRules()
	for i := range keys {
		k := &keys[i]
		k.rule = rules[k.Name]
		dashed := strings.NewReplacer(".", "-", "_", "-").Replace(k.Name)
		k.Env = envPrefix + strings.ToUpper(strings.ReplaceAll(dashed, "-", "_"))
		if !k.noFlag {
			k.Flag = dashed
		}
		k.Repeatable = k.Kind == List
		k.Bool = k.Kind == Bool
		if k.Arg == "" {
			k.Arg = argOf(k.Kind)
		}
	}
	return keys
}

func grouped(group string, keys []Key) []Key {
	for i := range keys {
		keys[i].Group = group
	}
	return keys
}

// argOf is what stands for a value of a kind where its setting names nothing
// more telling.
func argOf(k Kind) string {
	switch k {
	case Choice:
		return "WORD"
	case Size:
		return "SIZE"
	case Number, Count:
		return "N"
	case Bool:
		return ""
	}
	return "TEXT"
}

// envPrefix is what all variables of ours start with.
const envPrefix = "DCLAUDE_"

// sessionKeys describe what a session may do.
func sessionKeys() []Key {
	return []Key{
		{
			Name: "isolation", Kind: Choice, Values: []string{"auto", "gvisor", "runsc", "nested", "runc"}, Default: "auto",
			Help:  "what a session runs under; gvisor refuses to fall back",
			field: func(s *Settings) any { return &s.Isolation },
		},
		{
			Name: "network", Kind: Choice, Values: []string{"allowlist", "open", "none"}, Default: "allowlist",
			Help:  "what a session may reach: listed hosts, everything or nothing",
			field: func(s *Settings) any { return &s.Network },
		},
		{
			Name: "policy", Kind: Choice, Values: []string{"default", "strict"}, Default: "default",
			Help:  "what the list of hosts begins with; strict is Claude's own alone",
			field: func(s *Settings) any { return &s.Policy },
		},
		{
			Name: "allow", Arg: "HOST[:PORT]", Kind: List, check: checkAllow, same: identical,
			Help:  "one more host, address, range or @tool that a session may reach, with network allowlist",
			field: func(s *Settings) any { return &s.Allow },
		},
		{
			Name: "allow_everything", Kind: Bool, Help: "do not ask before a rule such as * lets a session reach every host",
			field: func(s *Settings) any { return &s.AllowEverything },
		},
		{
			Name: "env", Arg: "KEY=VALUE", Kind: List, Short: "e", check: checkEnv, same: envName,
			Help:  "set a variable in the environment of Claude; never a secret",
			field: func(s *Settings) any { return &s.Env },
		},
		{
			Name: "memory", Kind: Size, Help: "limit on memory, such as 4g; 0 is none",
			field: func(s *Settings) any { return &s.Memory },
		},
		{
			Name: "cpus", Kind: Number, Help: "limit on processors, such as 1.5; 0 is none",
			field: func(s *Settings) any { return &s.CPUs },
		},
		{
			Name: "pids", Kind: Count, Default: "4096", Help: "limit on processes and threads; 0 is the engine's",
			field: func(s *Settings) any { return &s.Pids },
		},
		{
			Name: "mounts", Arg: "PATH[:NAME]", Kind: List, check: checkMount, same: mountTarget,
			Help:  "one more folder that a session sees, read-only, in /mnt",
			field: func(s *Settings) any { return &s.Mounts },
		},
		{
			Name: "firewall", Kind: Bool, Help: "try the packet filter inside the session",
			field: func(s *Settings) any { return &s.Firewall },
		},
		{
			Name: "clipboard", Kind: Bool, Help: "let a session write the clipboard",
			field: func(s *Settings) any { return &s.Clipboard },
		},
		{
			Name: "detach", Kind: Bool, Short: "d", Help: "start the session without showing it",
			field: func(s *Settings) any { return &s.Detach },
		},
		{
			Name: "new", Kind: Bool, Help: "start another session on a project that has one",
			field: func(s *Settings) any { return &s.New },
		},
		{
			Name: "review", Kind: Choice, Values: []string{"off", "line", "full"}, Default: "line",
			Help:  "how to report what a session changed",
			field: func(s *Settings) any { return &s.Review },
		},
		{
			Name: "allow_refused_folder", Kind: Bool, Help: "open a folder that is refused, where that can be overridden",
			field: func(s *Settings) any { return &s.AllowRefused },
		},
	}
}

// claudeKeys describe the Claude Code in a session and what it gets.
func claudeKeys() []Key {
	return []Key{
		{
			Name: "credentials.source", Kind: Choice, Default: "host",
			Values: []string{"host", "copy", "sandbox", "token", "api-key"},
			Help:   "where a session's login comes from: this machine's, a copy of it, a sign-in inside, or a token or key of yours",
			field:  func(s *Settings) any { return &s.CredentialsSource },
		},
		{
			Name: "fresh_creds", Kind: Bool, Help: "replace the credentials that the state volume has",
			field: func(s *Settings) any { return &s.FreshCreds },
		},
		{
			Name: "state", Kind: Choice, Values: []string{"project", "shared"}, Default: "project",
			Help:  "one Claude state (conversations, settings, login) for each project, or one that all share",
			field: func(s *Settings) any { return &s.State },
		},
		{
			Name: "claude_home", Kind: Bool, Help: "show a session your own CLAUDE.md, skills, agents, commands and looks, read-only",
			field: func(s *Settings) any { return &s.ClaudeHome },
		},
		{
			Name: "claude_home_mcp", Arg: "NAME", Kind: List, check: checkHomeName, same: identical,
			Help:  "one MCP server of yours that comes along with claude_home, secrets and all",
			field: func(s *Settings) any { return &s.ClaudeHomeMCP },
		},
		{
			Name: "claude_home_hooks", Arg: "EVENT", Kind: List, check: checkHomeName, same: identical,
			Help:  "one event, such as PostToolUse, whose hooks of yours come along with claude_home",
			field: func(s *Settings) any { return &s.ClaudeHomeHooks },
		},
		{
			Name: "permissions", Kind: Choice, Values: []string{"skip", "available", "ask"}, Default: "skip",
			Help:  "Claude's permission prompts: skipped, skippable with Shift+Tab, or asked",
			field: func(s *Settings) any { return &s.Permissions },
		},
		{
			Name: "gitconfig", Kind: Choice, Values: []string{"safe", "full", "none"}, Default: "safe",
			Help:  "how much of your git configuration a session gets",
			field: func(s *Settings) any { return &s.Gitconfig },
		},
		{
			Name: "claude_version", Arg: "VERSION", Kind: Text, Default: "latest", check: checkVersion,
			Help:  "version of Claude Code, or a tag such as latest",
			field: func(s *Settings) any { return &s.ClaudeVersion },
		},
		{
			Name: "claude_args", Kind: List, noFlag: true, check: checkArg,
			Help:  "arguments for Claude, before those of the command line",
			field: func(s *Settings) any { return &s.ClaudeArgs },
		},
	}
}

// engineKeys describe the engine and the image.
func engineKeys() []Key {
	return []Key{
		{
			Name: "rebuild", Kind: Bool, Help: "build the image anew, without a cache",
			field: func(s *Settings) any { return &s.Rebuild },
		},
		{
			Name: "base_image", Arg: "IMAGE", Kind: Text, Default: "node:22-bookworm-slim", check: checkImage,
			Help:  "image that the sandbox image is built from",
			field: func(s *Settings) any { return &s.BaseImage },
		},
		{
			Name: "apt_packages", Arg: "NAME", Kind: List, noFlag: true, check: checkPackage, same: identical,
			Help:  "one more Debian package for the image",
			field: func(s *Settings) any { return &s.AptPackages },
		},
		{
			Name: "ca_certificates", Kind: List, noFlag: true, check: checkPEMPath, same: identical,
			Help:  "PEM files that the image trusts, besides those of this machine",
			field: func(s *Settings) any { return &s.CACertificates },
		},
		{
			Name: "context", Arg: "NAME", Kind: Text, check: checkContext, Help: "docker context of the engine to use",
			field: func(s *Settings) any { return &s.Context },
		},
		{
			Name: "host", Arg: "ADDRESS", Kind: Text, Short: "H", check: checkHost, Help: "address of the engine to use, such as unix:///var/run/docker.sock",
			field: func(s *Settings) any { return &s.Host },
		},
	}
}

// appKeys describe the menu-bar app.
func appKeys() []Key {
	return []Key{
		{
			Name: "app.terminal", Arg: "NAME", Kind: Text, Default: "auto", noFlag: true, check: checkTerminal,
			Help:  "terminal in which the menu-bar app opens sessions",
			field: func(s *Settings) any { return &s.AppTerminal },
		},
		{
			Name: "app.mute", Arg: "KIND", Kind: List, noFlag: true, same: identical,
			Help:   "one kind of notifications that the menu-bar app leaves out",
			Values: []string{"engine", "login", "blocked", "waiting", "finished", "gvisor", "gateway", "update"},
			field:  func(s *Settings) any { return &s.AppMute },
		},
		{
			Name: "app.reinject", Kind: Choice, Values: []string{"ask", "auto"}, Default: "ask", noFlag: true,
			Help:  "whether the menu-bar app gives a new login to running sessions by itself",
			field: func(s *Settings) any { return &s.AppReinject },
		},
	}
}

func identical(item string) string { return item }
