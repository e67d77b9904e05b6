package gitconfig

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The modes: the values of the setting gitconfig.
const (
	// ModeSafe renders the keys of the allow-list. It is the default.
	ModeSafe = "safe"
	// ModeFull copies the user's file as it is, secrets and all.
	ModeFull = "full"
	// ModeNone renders nothing.
	ModeNone = "none"
)

// Env is what tells where the user's configuration is.
type Env struct {
	// Home is the home folder.
	Home string
	// LookupEnv reads the environment; it is os.LookupEnv outside of tests.
	LookupEnv func(name string) (value string, ok bool)
	// Decides tells whether what is at a path is up to who writes some folder
	// that sessions had. Nothing is read from there.
	Decides func(path string) (folder string, found bool)
}

// Render returns the content for a session's git configuration: always one
// that git can read in mode safe, and empty when there is nothing to say. What
// cannot be read is left out with a warning. The error is for a mode that does
// not exist.
func Render(mode string, env Env) (content string, warnings []string, err error) {
	switch mode {
	case ModeNone:
		return "", nil, nil
	case ModeSafe:
		content, warnings = safe(env)
	case ModeFull:
		content, warnings = full(env)
	default:
		return "", nil, &ModeError{Mode: mode}
	}
	return content, warnings, nil
}

// paths returns the files of the global configuration in the order in which
// git reads them. Later ones win.
func (env Env) paths() []string {
	if path, ok := env.LookupEnv("GIT_CONFIG_GLOBAL"); ok {
		return []string{path}
	}
	config, _ := env.LookupEnv("XDG_CONFIG_HOME")
	if config == "" {
		config = filepath.Join(env.Home, ".config")
	}
	return []string{filepath.Join(config, "git", "config"), filepath.Join(env.Home, ".gitconfig")}
}

// safe renders what the allow-list lets through.
func safe(env Env) (string, []string) {
	l := loader{home: env.Home, decides: env.Decides}
	for _, path := range env.paths() {
		if path != "" {
			l.load(path)
		}
	}
	kept := pick(&l)
	who := lastIdentity(kept)
	if l.conditional && (!hasKey(who, "user.name") || !hasKey(who, "user.email")) {
		l.warn("conditional includes (includeIf) are not followed; user.name and user.email have to be outside of them")
	}
	content := write(kept)
	if len(content) > maxContent {
		l.warn("more than %d KiB of it are allowed; only names and e-mail addresses are taken", maxContent>>10)
		content = write(who)
	}
	return content, l.warnings
}

// pick returns the entries that pass, in UTF-8, which is all that the handoff
// to a container can carry.
func pick(l *loader) []entry {
	f := newFilter()
	var kept []entry
	for _, e := range l.entries {
		ok, why := f.passes(e)
		if why != "" {
			l.warn("the value of %s %s; left out", printable(e.name), why)
		}
		if !ok {
			continue
		}
		if name, value := strings.ToValidUTF8(e.name, "\uFFFD"), strings.ToValidUTF8(e.value, "\uFFFD"); name != e.name || value != e.value {
			l.warn("%s is not UTF-8; what cannot be read in it is replaced", printable(e.name))
			e.name, e.value = name, value
		}
		kept = append(kept, e)
	}
	return kept
}

// lastIdentity returns the entries with the identity that is in force.
func lastIdentity(entries []entry) (who []entry) {
	for _, key := range strings.Fields(identity) {
		for _, e := range slices.Backward(entries) {
			if e.name == key {
				who = append(who, e)
				break
			}
		}
	}
	return who
}

func hasKey(entries []entry, name string) bool {
	return slices.ContainsFunc(entries, func(e entry) bool { return e.name == name })
}

// printable makes a name from a file fit for a terminal.
func printable(name string) string {
	quoted := strconv.QuoteToGraphic(name)
	return quoted[1 : len(quoted)-1]
}

// full copies the first file that exists, in the order in which `git config
// --global` looks for the one to write to. What that file includes stays
// outside. Where the file cannot be copied, mode safe takes its place.
func full(env Env) (string, []string) {
	var l loader
	for _, path := range slices.Backward(env.paths()) {
		if path == "" || path == os.DevNull {
			continue
		}
		data, _, err := readFile(path, env.Decides)
		switch {
		case isMissing(err):
			continue
		case err == nil && len(data) > maxContent:
			err = fmt.Errorf("%s is over %d KiB", path, maxContent>>10)
		}
		if err != nil {
			l.warn("%v; mode %q is used in place of %q", err, ModeSafe, ModeFull)
			content, warnings := safe(env)
			return content, append(l.warnings, warnings...)
		}
		if _, faults := parse(data); len(faults) > 0 {
			l.warn("%s:%d: %s; git in the session will refuse all of it", path, faults[0].line, faults[0].what)
		}
		if !utf8.Valid(data) {
			l.warn("%s is not UTF-8; what cannot be read in it is replaced", path)
		}
		return strings.ToValidUTF8(string(data), "\uFFFD"), l.warnings
	}
	return "", nil
}

// ModeError says that a mode does not exist.
type ModeError struct{ Mode string }

// Error implements error.
func (e *ModeError) Error() string { return fmt.Sprintf("gitconfig has no mode %q", e.Mode) }

// Hint names the modes that exist.
func (e *ModeError) Hint() string {
	return fmt.Sprintf("use %q, %q or %q", ModeSafe, ModeFull, ModeNone)
}
