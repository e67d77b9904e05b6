package assets

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// Program is a program that is embedded compressed, and unpacked as it is read.
type Program struct {
	// Size is in bytes, unpacked.
	Size int64
	// SHA256 is the checksum of the unpacked program, in hexadecimal.
	SHA256 string
	// Version is that of the module that it was built from, where it is not
	// this one.
	Version string

	content func() (io.ReadCloser, error)
}

// NewProgram returns a program that is not embedded: one of a test's.
func NewProgram(content []byte) *Program {
	return &Program{
		Size:    int64(len(content)),
		SHA256:  fmt.Sprintf("%x", sha256.Sum256(content)),
		content: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil },
	}
}

// packed returns a program as assets/cmd/pack left it: path.zst, and path.sha256
// beside it.
func packed(fsys fs.FS, path string) (*Program, error) {
	text, err := fs.ReadFile(fsys, path+".sha256")
	if err != nil {
		return nil, err
	}
	sum, _, _ := strings.Cut(string(text), " ")
	if b, err := hex.DecodeString(sum); err != nil || len(b) != sha256.Size {
		return nil, errors.New("its checksum cannot be read")
	}
	size, err := packedSize(fsys, path+".zst")
	if err != nil {
		return nil, err
	}
	return &Program{Size: size, SHA256: sum, content: func() (io.ReadCloser, error) { return unpack(fsys, path+".zst") }}, nil
}

// packedSize reads the size from the head of a packed program, where pack puts
// it.
func packedSize(fsys fs.FS, path string) (int64, error) {
	f, err := fsys.Open(path)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	head := make([]byte, zstd.HeaderMaxSize)
	n, err := io.ReadFull(f, head)
	if err != nil && !errors.Is(err, io.ErrUnexpectedEOF) {
		return 0, errors.New("it is empty")
	}
	var h zstd.Header
	if err := h.Decode(head[:n]); err != nil {
		return 0, fmt.Errorf("it is damaged: %w", err)
	}
	if !h.HasFCS || h.FrameContentSize > 1<<30 {
		return 0, errors.New("it is damaged: its size is missing")
	}
	return int64(h.FrameContentSize), nil
}

func unpack(fsys fs.FS, path string) (io.ReadCloser, error) {
	f, err := fsys.Open(path)
	if err != nil {
		return nil, err
	}
	d, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1))
	if err != nil {
		f.Close()
		return nil, err
	}
	return &unpacking{d, f}, nil
}

type unpacking struct {
	*zstd.Decoder
	file fs.File
}

func (u *unpacking) Close() error {
	u.Decoder.Close()
	return u.file.Close()
}

// Open unpacks the program as it is read. Where the result is not what was
// packed, the read that would end it fails instead.
func (p *Program) Open() (io.ReadCloser, error) {
	content, err := p.content()
	if err != nil {
		return nil, err
	}
	return &checking{content, sha256.New(), p.SHA256}, nil
}

type checking struct {
	io.ReadCloser
	sum  hash.Hash
	want string
}

func (c *checking) Read(b []byte) (int, error) {
	n, err := c.ReadCloser.Read(b)
	c.sum.Write(b[:n])
	if errors.Is(err, io.EOF) && hex.EncodeToString(c.sum.Sum(nil)) != c.want {
		return n, errors.New("a program in this dclaude is damaged: its checksum differs; build or install it again")
	}
	return n, err
}
