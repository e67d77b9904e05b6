package engine

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/moby/moby/client"
)

// ReadFile returns what is in a regular file of a container, which need not
// run, up to a limit in bytes. Errors: KindNotFound for the container and for
// the file.
func (e *Engine) ReadFile(ctx context.Context, id, path string, limit int64) ([]byte, error) {
	copied, err := e.api.CopyFromContainer(ctx, id, client.CopyFromContainerOptions{SourcePath: path})
	if err != nil {
		return nil, e.fail(opRead, short(id), err)
	}
	defer copied.Content.Close()
	b, err := fileIn(copied.Content, limit)
	if err != nil {
		return nil, e.fail(opRead, short(id), fmt.Errorf("%s: %w", path, err))
	}
	return b, nil
}

// fileIn reads the one file of an archive.
func fileIn(archive io.Reader, limit int64) ([]byte, error) {
	r := tar.NewReader(archive)
	h, err := r.Next()
	switch {
	case err != nil:
		return nil, err
	case h.Typeflag != tar.TypeReg:
		return nil, errors.New("not a regular file")
	case h.Size > limit:
		return nil, fmt.Errorf("over %d bytes", limit)
	}
	return io.ReadAll(r)
}
