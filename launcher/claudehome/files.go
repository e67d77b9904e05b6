package claudehome

import (
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

// The bounds of what is read.
const (
	maxFile  = 4 << 20  // bytes of one file
	maxState = 32 << 20 // bytes of .claude.json, which holds every project's history
)

// stat looks at a path, through links, unless a session could decide what is
// there.
func (c *collector) stat(path string) (fs.FileInfo, error) {
	if folder, found := c.touched.Decides(path); found {
		return nil, fmt.Errorf("%q is up to who writes in %q, as sessions could", path, folder)
	}
	return os.Stat(path)
}

// file reads a regular file of the user's. One that is missing is no matter,
// and one that cannot be taken is told of.
func (c *collector) file(path string) ([]byte, bool) {
	limit := int64(maxFile)
	if path == c.StateFile {
		limit = maxState
	}
	_, err := c.stat(path)
	if err == nil {
		var data []byte
		if data, err = read(path, limit); err == nil {
			return data, true
		}
	}
	if !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR) {
		c.warn("left out: %s", reason(err))
	}
	return nil, false
}

// read reads a file without blocking on what is none.
func read(path string, limit int64) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%q is not a regular file", path)
	}
	data, err := io.ReadAll(io.LimitReader(f, limit+1))
	if err == nil && int64(len(data)) > limit {
		err = fmt.Errorf("%q is over %d MiB", path, limit>>20)
	}
	return data, err
}

// tree takes what is in a folder of the host's to target in the home. Links are
// followed as long as they stay with the user.
func (c *collector) tree(dir, target string) {
	info, err := c.stat(dir)
	if err != nil {
		if !errors.Is(err, fs.ErrNotExist) {
			c.warn("left out: %s", reason(err))
		}
		return
	}
	if slices.ContainsFunc(c.open, func(outer fs.FileInfo) bool { return os.SameFile(outer, info) }) {
		c.warn("left out: %q leads back to a folder that it is in", dir)
		return
	}
	c.open = append(c.open, info)
	defer func() { c.open = c.open[:len(c.open)-1] }()
	entries, err := os.ReadDir(dir)
	if err != nil {
		c.warn("left out: %s", reason(err))
		return
	}
	for _, e := range entries {
		if c.over {
			return
		}
		c.take(filepath.Join(dir, e.Name()), path.Join(target, e.Name()))
	}
}

func (c *collector) take(from, target string) {
	switch name := filepath.Base(from); {
	case name == ".git", name == ".DS_Store":
		return // of no use to Claude
	case holdsSecrets(name):
		c.secret = append(c.secret, fmt.Sprintf("%q", from))
		return
	case !fs.ValidPath(target):
		c.warn("left out: %q is not a name that can be taken along", from)
		return
	}
	info, err := c.stat(from)
	switch {
	case err != nil:
		c.warn("left out: %s", reason(err)) // a link to nothing, most of the time
	case info.IsDir():
		c.tree(from, target)
	default:
		if data, ok := c.file(from); ok {
			c.add(handoff.HomeEntry{Path: target, Executable: info.Mode()&0o111 != 0, Data: data})
		}
	}
}

// holdsSecrets goes by what tools call the files that they keep secrets in.
func holdsSecrets(name string) bool {
	name = strings.ToLower(name)
	switch name {
	case ".env", ".netrc", ".npmrc", ".pypirc", ".git-credentials", ".credentials.json", "credentials", "id_rsa", "id_ed25519", "id_ecdsa":
		return true
	}
	return strings.HasPrefix(name, ".env.") || strings.HasSuffix(name, ".pem") || strings.HasSuffix(name, ".key") || strings.HasSuffix(name, ".p12")
}
