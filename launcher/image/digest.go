package image

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"

	"dclaude/assets"
)

// digestFormat is part of each digest. Raise it to have every image rebuilt.
const digestFormat = "dclaude context 1"

// Digest returns a text that is the same for two builds exactly when their
// contexts (names, modes and contents) and base images are: "sha256:" and the
// hash in hexadecimal. The ids of the image's user do not count, as the init
// gives every session its own, and neither does the version of Claude Code,
// which an image carries in a label of its own. An empty base is DefaultBase.
func Digest(context fs.FS, base string) (string, error) {
	if base == "" {
		base = DefaultBase
	}
	h := sha256.New()
	field(h, digestFormat)
	field(h, base)
	err := fs.WalkDir(context, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		field(h, path)
		field(h, info.Mode().String())
		if p, ok := info.Sys().(*assets.Program); ok {
			// It is large, and was summed up when it was built in.
			field(h, "sha256 "+p.SHA256)
			return nil
		}
		return digestFile(h, context, path, info.Size())
	})
	if err != nil {
		return "", &Error{Op: "compute the digest of the image's build context", Err: err}
	}
	return "sha256:" + hex.EncodeToString(h.Sum(nil)), nil
}

func digestFile(h io.Writer, context fs.FS, path string, size int64) error {
	f, err := context.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	fmt.Fprintf(h, "%d:", size)
	n, err := io.Copy(h, f)
	if err == nil && n != size {
		err = fmt.Errorf("%s: %w", path, io.ErrUnexpectedEOF)
	}
	return err
}

// field writes a text in a form that no other sequence of texts has.
func field(h io.Writer, s string) {
	fmt.Fprintf(h, "%d:%s", len(s), s)
}
