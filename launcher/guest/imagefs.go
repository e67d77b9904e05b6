package guest

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// imageEntry is a folder of the image that the session sees, read-only.
type imageEntry struct{ source, target string }

// notShown are the folders of the container's root that the session gets its
// own of, or none.
var notShown = []string{"proc", "sys", "dev", "run", "tmp", "home", "workspace"}

// mountPoints fills root with a mount point or link for each thing in the
// image's top folder that a session may see, and for what the session gets of
// its own. Everything made there belongs to the sandbox's id, which is root's
// inside.
func mountPoints(l layout, n nest, who identity) ([]imageEntry, error) {
	entries, err := os.ReadDir(l.root)
	if err != nil {
		return nil, err
	}
	var image []imageEntry
	var links []string
	at := func(name string) string { return filepath.Join(n.root, name) }
	made := []string{"", "proc", "sys", "dev", "run", "tmp", "home", "home/claude", "home/claude/.claude", "workspace"}
	for _, e := range entries {
		switch name := e.Name(); {
		case slices.Contains(notShown, name):
		case e.Type() == fs.ModeSymlink:
			if err := copyLink(filepath.Join(l.root, name), at(name)); err != nil {
				return nil, err
			}
			links = append(links, name)
		case e.IsDir():
			made = append(made, name)
			if show(filepath.Join(l.root, name)) {
				image = append(image, imageEntry{source: filepath.Join(l.root, name), target: "/" + name})
			}
		}
	}
	for _, name := range made {
		if err := os.MkdirAll(at(name), 0o755); err != nil {
			return nil, err
		}
	}
	// Given away last: without CAP_DAC_OVERRIDE nothing can be made in them then.
	for _, name := range append(links, made...) {
		if err := os.Lchown(at(name), who.sandbox, who.sandbox); err != nil {
			return nil, err
		}
	}
	return image, nil
}

// show leaves out what is empty, and what others than its owner cannot read
// (/root): the sandbox could not either.
func show(dir string) bool {
	info, err := os.Stat(dir)
	if err != nil || info.Mode()&0o005 != 0o005 {
		return false
	}
	f, err := os.Open(dir)
	if err != nil {
		return false
	}
	defer f.Close()
	_, err = f.ReadDir(1)
	return err == nil
}

func copyLink(from, to string) error {
	target, err := os.Readlink(from)
	if err != nil {
		return err
	}
	if err := os.Symlink(target, to); err != nil && !errors.Is(err, fs.ErrExist) {
		return err
	}
	return nil
}

// copyFiles copies the regular files of one folder that others may read into
// another, with no look below it. A folder that is not there has none.
func copyFiles(from, to string) error {
	entries, err := os.ReadDir(from)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() {
			continue
		}
		if err := copyFile(filepath.Join(from, e.Name()), filepath.Join(to, e.Name()), 0o644); err != nil {
			return err
		}
	}
	return nil
}

func copyFile(from, to string, mode fs.FileMode) error {
	in, err := os.Open(from)
	if errors.Is(err, fs.ErrPermission) {
		return nil
	}
	if err != nil {
		return err
	}
	defer in.Close()
	out, err := os.OpenFile(to, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, mode)
	if err != nil {
		return err
	}
	if _, err := io.Copy(out, in); err != nil {
		out.Close()
		return err
	}
	return out.Close()
}
