package engine

import (
	"archive/tar"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"github.com/moby/moby/client"
)

// File is a file to put into a container.
type File struct {
	// Name is a path below the folder that is filled, with slashes.
	Name string
	// Mode holds the permission bits.
	Mode fs.FileMode
	// UID and GID own the file, as the container counts ids.
	UID, GID int
	Data     []byte
}

// Fill writes files into an existing folder of a container. It is for a
// container that was created and not started: under gVisor a running one does
// not see them, and with a read-only root only volumes take files. The content
// travels in the body of one request and is stored nowhere else.
func (e *Engine) Fill(ctx context.Context, id, dir string, files []File) error {
	archive, err := archiveOf(files)
	if err != nil {
		return e.fail(opFill, short(id), err)
	}
	_, err = e.api.CopyToContainer(ctx, id, client.CopyToContainerOptions{DestinationPath: dir, Content: archive})
	return e.fail(opFill, short(id), err)
}

func archiveOf(files []File) (io.Reader, error) {
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, f := range files {
		if !fs.ValidPath(f.Name) || f.Name == "." || strings.HasSuffix(f.Name, "/") {
			return nil, fmt.Errorf("file name %q does not stay in its folder", f.Name)
		}
		err := w.WriteHeader(&tar.Header{
			Typeflag: tar.TypeReg,
			Name:     path.Clean(f.Name),
			Mode:     int64(f.Mode.Perm()),
			Uid:      f.UID,
			Gid:      f.GID,
			Size:     int64(len(f.Data)),
			Format:   tar.FormatPAX,
		})
		if err != nil {
			return nil, fmt.Errorf("pack %q: %w", f.Name, err)
		}
		if _, err := w.Write(f.Data); err != nil {
			return nil, fmt.Errorf("pack %q: %w", f.Name, err)
		}
	}
	if err := w.Close(); err != nil {
		return nil, fmt.Errorf("pack files: %w", err)
	}
	return &buf, nil
}
