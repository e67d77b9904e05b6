package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"dclaude/creds/host"
	"dclaude/launcher/config"
	"dclaude/launcher/engine"
	"dclaude/launcher/session"
)

// addFlags gives a command the flags of all settings that have one.
func addFlags(cmd *cobra.Command) {
	for _, k := range config.Keys() {
		if k.Flag != "" {
			addFlag(cmd, k)
		}
	}
}

// addEngineFlags gives a command that only talks to the engine the two flags
// that say which.
func addEngineFlags(cmd *cobra.Command) { addFlagsNamed(cmd, "context", "host") }

// addFlagsNamed gives a command the flags of some settings.
func addFlagsNamed(cmd *cobra.Command, names ...string) {
	for _, k := range config.Keys() {
		if slices.Contains(names, k.Flag) {
			addFlag(cmd, k)
		}
	}
}

func addFlag(cmd *cobra.Command, k config.Key) {
	switch {
	case k.Bool:
		cmd.Flags().BoolP(k.Flag, k.Short, false, flagHelp(k))
	case k.Repeatable:
		cmd.Flags().StringArrayP(k.Flag, k.Short, nil, flagHelp(k))
		completeValues(cmd, k)
	default:
		cmd.Flags().StringP(k.Flag, k.Short, "", flagHelp(k))
		completeValues(cmd, k)
	}
}

// load reads the settings and says what is odd about them.
func (a *app) load(cmd *cobra.Command) (config.Settings, error) {
	loaded, err := config.Load(a.sources(cmd, nil))
	for _, w := range loaded.Warnings {
		a.out.warn(w, "")
	}
	return loaded.Settings, asUsage(err)
}

// asUsage makes problems that are all on the command line wrong usage.
func asUsage(err error) error {
	var problems config.Errors
	if !errors.As(err, &problems) {
		return err
	}
	for _, p := range problems {
		if !strings.HasPrefix(p.Where, "--") {
			return err
		}
	}
	return &usageError{err, problems.Hint()}
}

// sources are the places that the settings of a command come from.
func (a *app) sources(cmd *cobra.Command, file *config.ProjectFile) config.Sources {
	return config.Sources{File: a.configFile(), Project: file, Environ: a.sys.Environ, Flags: givenFlags(cmd)}
}

// givenFlags returns the settings that the command line has. A command's own
// flags, such as --json, are none.
func givenFlags(cmd *cobra.Command) map[string][]string {
	given := map[string][]string{}
	for _, k := range config.Keys() {
		f := cmd.Flags().Lookup(k.Flag)
		if k.Flag == "" || f == nil || !f.Changed {
			continue
		}
		given[k.Flag] = []string{f.Value.String()}
		if list, ok := f.Value.(pflag.SliceValue); ok {
			given[k.Flag] = list.GetSlice()
		}
	}
	return given
}

// user is whose login is used.
func (a *app) user() host.User {
	name := lookup(a.sys.Environ, "USER")
	if u, err := user.Current(); name == "" && err == nil {
		name = u.Username
	}
	return host.User{Name: name, Home: a.home(), LookupEnv: a.lookupEnv}
}

// protected is what no session may see: dclaude's own folders, and its
// configuration wherever a link takes it, such as to a folder of dotfiles.
func (a *app) protected() []string {
	return []string{
		filepath.Dir(a.configFile()), a.configFile(), a.grants().Path,
		a.stateDir(), config.CacheDir(a.sys.Environ, a.home(), runtime.GOOS),
	}
}

func (a *app) lookupEnv(name string) (string, bool) {
	value := lookup(a.sys.Environ, name)
	return value, value != ""
}

// home is the user's home directory: $HOME, or what the system knows.
func (a *app) home() string {
	if home := lookup(a.sys.Environ, "HOME"); home != "" {
		return home
	}
	if u, err := user.Current(); err == nil {
		return u.HomeDir
	}
	return ""
}

func (a *app) configFile() string { return config.Path(a.sys.Environ, a.home(), runtime.GOOS) }
func (a *app) stateDir() string   { return config.StateDir(a.sys.Environ, a.home(), runtime.GOOS) }

// connect reaches the engine that the settings mean.
func (a *app) connect(ctx context.Context, s config.Settings) (*engine.Engine, error) {
	endpoint, err := engine.ResolveEndpoint(engine.EndpointOptions{
		Context: s.Context,
		Host:    s.Host,
		Getenv:  func(name string) string { return lookup(a.sys.Environ, name) },
		Home:    a.home(),
	})
	if err != nil {
		return nil, err
	}
	return engine.Connect(ctx, endpoint)
}

// engineDir is where what is known of one engine is kept.
func (a *app) engineDir(e *engine.Engine) string {
	sum := sha256.Sum256([]byte(e.Endpoint().Host))
	return filepath.Join(a.stateDir(), "engines", hex.EncodeToString(sum[:6]))
}

// infoFile is where what the engine says of itself is remembered.
func (a *app) infoFile(e *engine.Engine) string { return filepath.Join(a.engineDir(e), "info.json") }

func (a *app) records(e *engine.Engine) session.Records {
	return session.Records{Dir: filepath.Join(a.engineDir(e), "sessions")}
}
