package engine

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"github.com/tonistiigi/fsutil"
	fsutiltypes "github.com/tonistiigi/fsutil/types"
)

// contextFS shows an fs.FS to BuildKit.
type contextFS struct{ files fs.FS }

// Walk calls fn for all that lies below target, in lexical order.
func (c contextFS) Walk(ctx context.Context, target string, fn fs.WalkDirFunc) error {
	if target = strings.Trim(target, "/"); target == "" {
		target = "."
	}
	return walkContext(c.files, target, func(path string, info fs.FileInfo) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		stat := &fsutiltypes.Stat{
			Path:    path,
			Mode:    uint32(info.Mode()),
			ModTime: modTime(info),
		}
		if !info.IsDir() {
			stat.Size = info.Size()
		}
		return fn(path, &fsutil.DirEntryInfo{Stat: stat}, nil)
	})
}

// Open opens one file.
func (c contextFS) Open(path string) (io.ReadCloser, error) { return c.files.Open(path) }

// walkContext calls fn for every folder and file but the root. What is neither
// has no place in a build context.
func walkContext(files fs.FS, root string, fn func(path string, info fs.FileInfo) error) error {
	return fs.WalkDir(files, root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path == "." {
			return nil
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		if !info.IsDir() && !info.Mode().IsRegular() {
			return fmt.Errorf("%s is neither a file nor a folder", path)
		}
		return fn(path, info)
	})
}

// modTime is a file's time in nanoseconds. Embedded files have none; the epoch
// stands in, which is the same in every build.
func modTime(info fs.FileInfo) int64 {
	if info.ModTime().IsZero() {
		return 0
	}
	return info.ModTime().UnixNano()
}

// contextKey is a digest over all of a context. BuildKit keeps the files of
// the last build under a key and then compares sizes and times alone, which
// for embedded files are no evidence: a key for each content avoids that.
func contextKey(files fs.FS) (string, error) {
	hash := sha256.New()
	err := walkContext(files, ".", func(path string, info fs.FileInfo) error {
		fmt.Fprintf(hash, "%q %v\n", path, info.Mode())
		if info.IsDir() {
			return nil
		}
		return copyFile(hash, files, path)
	})
	if err != nil {
		return "", fmt.Errorf("read the build context: %w", err)
	}
	return hex.EncodeToString(hash.Sum(nil)), nil
}

// contextTar packs a context for the classic builder.
func contextTar(files fs.FS) (io.Reader, error) {
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	err := walkContext(files, ".", func(path string, info fs.FileInfo) error {
		header := &tar.Header{Name: path, Mode: int64(info.Mode().Perm()), Typeflag: tar.TypeReg, Format: tar.FormatPAX}
		if !info.ModTime().IsZero() {
			header.ModTime = info.ModTime()
		}
		if info.IsDir() {
			header.Typeflag, header.Name = tar.TypeDir, path+"/"
			return w.WriteHeader(header)
		}
		header.Size = info.Size()
		if err := w.WriteHeader(header); err != nil {
			return err
		}
		return copyFile(w, files, path)
	})
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		return nil, fmt.Errorf("pack the build context: %w", err)
	}
	return &buf, nil
}

func copyFile(w io.Writer, files fs.FS, path string) error {
	f, err := files.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	_, err = io.Copy(w, f)
	return err
}

var _ fsutil.FS = contextFS{}
