package guest

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// safeDirectory lets git work in /workspace whoever owns it: under some
// engines mounts show up as root's.
const safeDirectory = "[safe]\n\tdirectory = /workspace\n"

// placeGitconfig writes ~/.gitconfig from the staged copy of the host's, which
// need not be there, with the workspace marked as safe.
func placeGitconfig(l layout) error {
	staged, err := os.ReadFile(l.hostGit)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	text := string(staged)
	if text != "" && !strings.HasSuffix(text, "\n") {
		text += "\n"
	}
	return os.WriteFile(filepath.Join(l.home, ".gitconfig"), []byte(text+safeDirectory), 0o644)
}
