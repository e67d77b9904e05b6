package terminal

import (
	"fmt"
	"path/filepath"
	"strings"
)

// Auto is the setting that takes the first terminal there is.
const Auto = "auto"

// Error says that no window can be opened.
type Error struct {
	What string
	Err  error
	hint string
}

// Error implements error.
func (e *Error) Error() string {
	if e.Err != nil {
		return e.What + ": " + e.Err.Error()
	}
	return e.What
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *Error) Hint() string { return e.hint }

const hintSetting = `name one in the configuration file: app.terminal = "xterm"`

// forms are the terminals of Linux that are known, in the order in which they
// are looked for, with what comes before a command.
func forms() []form {
	return []form{
		{"xdg-terminal-exec", nil},
		{"x-terminal-emulator", []string{"-e"}},
		{"ptyxis", []string{"--new-window", "--"}},
		{"kgx", []string{"--"}},
		{"gnome-terminal", []string{"--"}},
		{"konsole", []string{"-e"}},
		{"xfce4-terminal", []string{"-x"}},
		{"mate-terminal", []string{"-x"}},
		{"ghostty", []string{"-e"}},
		{"kitty", nil},
		{"alacritty", []string{"-e"}},
		{"wezterm", []string{"start", "--"}},
		{"foot", nil},
		{"tilix", []string{"-e"}},
		{"terminator", []string{"-x"}},
		{"urxvt", []string{"-e"}},
		{"st", []string{"-e"}},
		{"xterm", []string{"-e"}},
	}
}

type form struct {
	program string
	before  []string
}

// Linux returns the command line that opens a window with a file (Job.Script)
// as its command: of the terminal that the setting names, else of $TERMINAL,
// else of the first that lookPath finds. A file, because some terminals join
// the words of a command and split them again, and a folder's name could then
// become a command; the file's path is ours and means nothing to any of them.
func Linux(setting, variable string, lookPath func(string) (string, error), file string) ([]string, error) {
	for _, named := range []struct{ name, by string }{{setting, "app.terminal"}, {variable, "$TERMINAL"}} {
		if named.name == "" || named.name == Auto {
			continue
		}
		path, err := lookPath(named.name)
		if err != nil {
			if named.by == "$TERMINAL" {
				continue // set by who knows whom, long ago
			}
			return nil, &Error{What: fmt.Sprintf("the terminal %q of the setting app.terminal", named.name), Err: err, hint: "correct the setting, or remove it: the first terminal there is will be used"}
		}
		return command(path, before(path), file), nil
	}
	for _, f := range forms() {
		if path, err := lookPath(f.program); err == nil {
			return command(path, f.before, file), nil
		}
	}
	return nil, &Error{What: "no terminal program was found", hint: "install one, such as xterm, or " + hintSetting}
}

// before is how a terminal is told a command; most that are not known take -e.
func before(path string) []string {
	name := filepath.Base(path)
	for _, f := range forms() {
		if f.program == name {
			return f.before
		}
	}
	return []string{"-e"}
}

func command(path string, before []string, file string) []string {
	return append(append([]string{path}, before...), file)
}

// MacApps are the terminals that are known on macOS, by the name that the
// setting has for them, Auto included.
func MacApps() []string {
	return []string{Auto, "terminal", "iterm2", "ghostty", "wezterm", "kitty", "alacritty"}
}

// Mac returns the command line that opens a window of the terminal that the
// setting names, with a file (Job.Script) as its command. Terminal runs such a
// file without the consent that AppleScript would need.
func Mac(setting, file string) ([]string, error) {
	const open = "/usr/bin/open"
	switch strings.ToLower(setting) {
	case "", Auto, "terminal":
		return []string{open, "-a", "Terminal", file}, nil
	case "iterm2", "iterm":
		return []string{open, "-a", "iTerm", file}, nil
	case "ghostty":
		return []string{open, "-na", "Ghostty.app", "--args", "-e", file}, nil
	case "wezterm":
		return []string{open, "-na", "WezTerm.app", "--args", "start", "--", file}, nil
	case "kitty":
		return []string{open, "-na", "kitty.app", "--args", "--single-instance", file}, nil
	case "alacritty":
		return []string{open, "-na", "Alacritty.app", "--args", "-e", file}, nil
	}
	return nil, &Error{What: fmt.Sprintf("the terminal %q of the setting app.terminal is not known", setting), hint: "it can be one of " + strings.Join(MacApps(), ", ")}
}
