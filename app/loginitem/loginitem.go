// Package loginitem has the app started when the user logs in: by a desktop
// entry in the autostart folder on Linux, by ServiceManagement or a launch
// agent on macOS. The files are rendered by pure functions, tested everywhere.
package loginitem

import (
	"encoding/xml"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// Item is the app's entry.
type Item struct {
	// Program is the app's program, by its absolute path; on macOS Bundle is
	// the folder of the application, or empty outside of one.
	Program, Bundle string
	Home            string
	// ConfigDir is $XDG_CONFIG_HOME, or ~/.config.
	ConfigDir string
}

// Error says what to do when the entry cannot be made.
type Error struct {
	Err  error
	hint string
}

// Error implements error.
func (e *Error) Error() string {
	return "cannot change whether the app starts at login: " + e.Err.Error()
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Hint says what to do.
func (e *Error) Hint() string { return e.hint }

// label is the launch agent's name, that of the bundle.
const label = "dev.dclaude.menubar"

// desktopEntry is the content of an autostart entry, by the Desktop Entry and
// Autostart specifications.
func desktopEntry(program string) string {
	return "[Desktop Entry]\nType=Application\nName=DClaude\nComment=Claude Code in a sandbox\nExec=" + execValue(program) +
		"\nIcon=dclaude\nTerminal=false\nCategories=Development;\nX-GNOME-Autostart-enabled=true\n"
}

// execValue quotes a program for the key Exec, whose value is unescaped twice:
// first as any string, then as an argument in quotes, where "%" is special too.
func execValue(program string) string {
	quoted := strings.NewReplacer(`\`, `\\`, `"`, `\"`, "`", "\\`", "$", `\$`, "%", "%%").Replace(program)
	return `"` + strings.NewReplacer(`\`, `\\`, "\n", `\n`, "\t", `\t`, "\r", `\r`).Replace(quoted) + `"`
}

// launchAgent is the property list of a launch agent that opens the bundle.
func launchAgent(bundle string) string {
	var escaped strings.Builder
	_ = xml.EscapeText(&escaped, []byte(bundle)) // a Builder does not fail
	return `<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>Label</key>
	<string>` + label + `</string>
	<key>ProgramArguments</key>
	<array>
		<string>/usr/bin/open</string>
		<string>-g</string>
		<string>-a</string>
		<string>` + escaped.String() + `</string>
	</array>
	<key>RunAtLoad</key>
	<true/>
</dict>
</plist>
`
}

// write puts a file in place at once.
func write(path, content string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".dclaude-*")
	if err != nil {
		return err
	}
	_, err = f.WriteString(content)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(f.Name()))
	}
	return err
}

// remove removes a file that need not be there.
func remove(path string) error {
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return err
}

// translocated reports whether macOS runs the bundle from a place of its own,
// as it does with what was downloaded and not moved: it would be gone at the
// next login.
func translocated(bundle string) bool { return strings.Contains(bundle, "/AppTranslocation/") }
