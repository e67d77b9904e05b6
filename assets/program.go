package assets

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"slices"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// Program is a program that is embedded compressed, and unpacked as it is read.
type Program struct {
	// Size is in bytes, unpacked.
	Size int64
	// SHA256 is the checksum of the unpacked program, in hexadecimal.
	SHA256 string
	// Version is the version of the module that it was built from.
	Version string

	open func() (fs.File, error)
}

// Runsc returns gVisor's runtime for containers of an architecture (one of
// Arches). It reads no more than the checksum and the size. The error is an
// *Error; it is fs.ErrNotExist when dclaude was built without gVisor.
func Runsc(arch string) (*Program, error) {
	return runsc(built, arch)
}

func runsc(fsys fs.FS, arch string) (*Program, error) {
	fail := func(err error, hint string) error {
		return &Error{Asset: "gVisor for containers (linux/" + arch + ")", Err: err, hint: hint}
	}
	if !slices.Contains(Arches(), arch) {
		return nil, fail(errors.New("there is none"), "Use an engine that runs amd64 or arm64 containers.")
	}
	p, err := findProgram(fsys, "build/runsc-linux-"+arch)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fail(fs.ErrNotExist, "This dclaude was built without gVisor: run `make build` and use bin/dclaude.")
	}
	if err != nil {
		return nil, fail(err, "This dclaude is damaged: build or install it again.")
	}
	return p, nil
}

// findProgram reads what stands beside a packed program (assets/cmd/pack, and
// the Makefile for the version).
func findProgram(fsys fs.FS, path string) (*Program, error) {
	p := &Program{open: func() (fs.File, error) { return fsys.Open(path + ".zst") }}
	sum, err := fs.ReadFile(fsys, path+".sha256")
	if err != nil {
		return nil, err
	}
	p.SHA256, _, _ = strings.Cut(string(sum), " ")
	if b, err := hex.DecodeString(p.SHA256); err != nil || len(b) != sha256.Size {
		return nil, errors.New("its checksum cannot be read")
	}
	version, err := fs.ReadFile(fsys, "build/runsc-version")
	if err != nil {
		return nil, err
	}
	p.Version = strings.TrimSpace(string(version))
	if p.Size, err = p.size(); err != nil {
		return nil, err
	}
	return p, nil
}

// size reads the size from the head of the packed program, where pack puts it.
func (p *Program) size() (int64, error) {
	f, err := p.open()
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

// Open unpacks the program as it is read. Where the result is not what was
// packed, the read that would end it fails instead.
func (p *Program) Open() (io.ReadCloser, error) {
	f, err := p.open()
	if err != nil {
		return nil, err
	}
	d, err := zstd.NewReader(f, zstd.WithDecoderConcurrency(1))
	if err != nil {
		f.Close()
		return nil, err
	}
	return &unpacking{file: f, from: d, sum: sha256.New(), want: p.SHA256}, nil
}

type unpacking struct {
	file fs.File
	from *zstd.Decoder
	sum  hash.Hash
	want string
}

func (u *unpacking) Read(b []byte) (int, error) {
	n, err := u.from.Read(b)
	u.sum.Write(b[:n])
	if errors.Is(err, io.EOF) && hex.EncodeToString(u.sum.Sum(nil)) != u.want {
		return n, errors.New("gVisor in this dclaude is damaged: its checksum differs")
	}
	return n, err
}

func (u *unpacking) Close() error {
	u.from.Close()
	return u.file.Close()
}
