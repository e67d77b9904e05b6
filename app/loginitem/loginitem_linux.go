package loginitem

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
)

// entryPath is where desktops look for it.
func (i Item) entryPath() string {
	return filepath.Join(i.ConfigDir, "autostart", "dclaude-menubar.desktop")
}

// Supported reports whether this system can do it.
func (i Item) Supported() bool { return i.ConfigDir != "" && i.Program != "" }

// Enabled reports whether the app is started at login. An entry that the user,
// or the desktop's settings, have disabled is not.
func (i Item) Enabled() bool {
	b, err := os.ReadFile(i.entryPath())
	if err != nil {
		return false
	}
	text := string(b)
	return !strings.Contains(text, "\nHidden=true") && !strings.Contains(text, "\nX-GNOME-Autostart-enabled=false")
}

// Set switches it on or off.
func (i Item) Set(on bool) error {
	if !i.Supported() {
		return &Error{Err: errors.New("this desktop has no place for it")}
	}
	var err error
	if on {
		err = write(i.entryPath(), desktopEntry(i.Program))
	} else {
		err = remove(i.entryPath())
	}
	if err != nil {
		return &Error{Err: err}
	}
	return nil
}
