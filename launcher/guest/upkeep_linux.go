package guest

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"dclaude/launcher/handoff"
)

// notHistory is what stays in the state volume when its history goes: the
// login, and what the user has set up. All else is a trace of conversations,
// whatever a later Claude Code calls it.
func notHistory() []string {
	return []string{
		".credentials.json", ".claude.json", "settings.json", "settings.local.json", "keybindings.json", "CLAUDE.md",
		"agents", "commands", "hooks", "output-styles", "plugins", "rules", "skills", "themes",
	}
}

// forgetHistory removes the conversations from the state volume, and what
// .claude.json knows of them. It runs as the session's user in a sandbox of its
// own: sessions have written the volume.
func forgetHistory(l layout) error {
	root, err := os.OpenRoot(l.state)
	if err != nil {
		return err
	}
	defer root.Close()
	dir, err := root.Open(".")
	if err != nil {
		return err
	}
	names, err := dir.Readdirnames(-1)
	if err = errors.Join(err, dir.Close()); err != nil {
		return err
	}
	for _, name := range names {
		if !slices.Contains(notHistory(), name) {
			err = errors.Join(err, root.RemoveAll(name)) // a link goes, not what it leads to
		}
	}
	if _, missing := root.Lstat(".claude.json"); missing != nil {
		return err
	}
	return errors.Join(err, mergeFile(root, ".claude.json", func(m object) (object, error) {
		delete(m, "projects")
		return m, nil
	}))
}

// conversations is what comes along from a volume that all projects shared:
// what was said, and nothing that tells Claude what to do or signs it in. Any
// session of any project could have written those.
func conversations() []string {
	return []string{"projects", "history.jsonl", "todos", "file-history", "plans"}
}

// The bounds of an import.
const (
	maxImported = 100_000
	maxImport   = 8 << 30
)

// importConversations copies them from a volume that lies beside the state
// volume, to read. What is there already stays.
func importConversations(l layout) (handoff.Imported, error) {
	from, err := os.OpenRoot(filepath.Join(l.shown, handoff.ImportName))
	if err != nil {
		return handoff.Imported{}, err
	}
	defer from.Close()
	to, err := os.OpenRoot(l.state)
	if err != nil {
		return handoff.Imported{}, err
	}
	defer to.Close()
	i := importer{from: from, to: to}
	for _, name := range conversations() {
		if err := i.copy(name); err != nil {
			return i.done, err
		}
	}
	return i.done, nil
}

type importer struct {
	from, to *os.Root
	done     handoff.Imported
}

// copy takes a file, or a folder with what is in it. Links and other odd things
// are passed over.
func (i *importer) copy(name string) error {
	info, err := i.from.Lstat(name)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return err
	case info.IsDir():
		return i.folder(name)
	case !info.Mode().IsRegular():
		i.done.Skipped++
		return nil
	}
	return i.file(name, info)
}

func (i *importer) folder(name string) error {
	if memory, _ := path.Match("projects/*/memory", name); memory {
		return nil // notes that Claude takes for its own at each start: instructions
	}
	// A link in its place is a refusal: nothing is written through it.
	if err := i.to.Mkdir(name, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	if info, err := i.to.Lstat(name); err != nil || !info.IsDir() {
		i.done.Skipped++
		return err
	}
	dir, err := i.from.OpenFile(name, os.O_RDONLY|syscall.O_DIRECTORY|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	names, err := dir.Readdirnames(-1)
	if err = errors.Join(err, dir.Close()); err != nil {
		return err
	}
	for _, n := range names {
		if err := i.copy(path.Join(name, n)); err != nil {
			return err
		}
	}
	return nil
}

func (i *importer) file(name string, info fs.FileInfo) error {
	if _, err := i.to.Lstat(name); err == nil {
		i.done.Kept++
		return nil
	}
	if i.done.Files == maxImported || i.done.Bytes+info.Size() > maxImport {
		return fmt.Errorf("there are more than %d files, or more than %d GiB", maxImported, maxImport>>30)
	}
	in, err := i.from.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK|syscall.O_NOFOLLOW, 0)
	if err != nil {
		return err
	}
	defer in.Close()
	// It has its name once it is whole.
	temp := name + ".dclaude-" + randomSuffix()
	out, err := i.to.OpenFile(temp, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return err
	}
	n, err := io.Copy(out, io.LimitReader(in, info.Size()))
	err = errors.Join(err, out.Close())
	if err == nil {
		err = i.to.Chtimes(temp, info.ModTime(), info.ModTime()) // by which Claude sorts them
	}
	if err == nil {
		err = i.to.Rename(temp, name)
	}
	if err != nil {
		return errors.Join(err, i.to.Remove(temp))
	}
	i.done.Files, i.done.Bytes = i.done.Files+1, i.done.Bytes+n
	if strings.HasPrefix(name, "projects/") && path.Ext(name) == ".jsonl" && strings.Count(name, "/") == 2 {
		i.done.Conversations++
	}
	return nil
}

// runForget and runImport are the commands of containers that look after a
// state volume, below the init: so as its user.
func runForget(l layout) int {
	if err := forgetHistory(l); err != nil {
		return fail(os.Stderr, exitFailure, err)
	}
	return 0
}

func runImport(l layout, w io.Writer) int {
	done, err := importConversations(l)
	if err == nil {
		err = json.NewEncoder(w).Encode(done)
	}
	if err != nil {
		return fail(os.Stderr, exitFailure, err)
	}
	return 0
}
