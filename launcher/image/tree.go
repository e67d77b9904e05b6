package image

import (
	"bytes"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"

	"dclaude/assets"
)

// tree is a read-only file system in memory, by path; "." is its root. Files
// carry no time, so that two builds of one content are the same.
type tree map[string]*node

type node struct {
	name     string
	mode     fs.FileMode
	data     []byte
	program  *assets.Program // instead of data, if set
	children []fs.DirEntry   // by name; folders only
}

// newTree makes a tree of files, whose modes are those given, and of the
// folders they are in.
func newTree(files map[string]*node) tree {
	t := tree{".": {name: ".", mode: fs.ModeDir | 0o755}}
	for name, n := range files {
		n.name = path.Base(name)
		t.add(name, n)
	}
	for _, n := range t {
		slices.SortFunc(n.children, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	}
	return t
}

func (t tree) add(name string, n *node) {
	t[name] = n
	dir := path.Dir(name)
	if t[dir] == nil {
		t.add(dir, &node{name: path.Base(dir), mode: fs.ModeDir | 0o755})
	}
	t[dir].children = append(t[dir].children, fs.FileInfoToDirEntry(n))
}

// Open implements fs.FS.
func (t tree) Open(name string) (fs.File, error) {
	if !fs.ValidPath(name) {
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrInvalid}
	}
	n := t[name]
	switch {
	case n == nil:
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	case n.IsDir():
		return &openDir{node: n}, nil
	case n.program != nil:
		content, err := n.program.Open()
		if err != nil {
			return nil, &fs.PathError{Op: "open", Path: name, Err: err}
		}
		return openProgram{content, n}, nil
	}
	return &openFile{Reader: bytes.NewReader(n.data), node: n}, nil
}

func (n *node) Name() string       { return n.name }
func (n *node) Size() int64        { return n.size() }
func (n *node) Mode() fs.FileMode  { return n.mode }
func (n *node) ModTime() time.Time { return time.Unix(0, 0) }
func (n *node) IsDir() bool        { return n.mode.IsDir() }

// Sys returns the embedded program that the file is, if it is one.
func (n *node) Sys() any {
	if n.program == nil {
		return nil
	}
	return n.program
}

func (n *node) size() int64 {
	if n.program != nil {
		return n.program.Size
	}
	return int64(len(n.data))
}

// openFile reads a file's bytes where they are: a bytes.Reader writes itself
// to a hash or a socket without a copy.
type openFile struct {
	*bytes.Reader
	node *node
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.node, nil }
func (f *openFile) Close() error               { return nil }

// openProgram unpacks an embedded program.
type openProgram struct {
	io.ReadCloser
	node *node
}

func (p openProgram) Stat() (fs.FileInfo, error) { return p.node, nil }

type openDir struct {
	node *node
	at   int
}

func (d *openDir) Stat() (fs.FileInfo, error) { return d.node, nil }
func (d *openDir) Close() error               { return nil }

func (d *openDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.node.name, Err: fs.ErrInvalid}
}

// ReadDir implements fs.ReadDirFile.
func (d *openDir) ReadDir(n int) ([]fs.DirEntry, error) {
	rest := d.node.children[d.at:]
	if n > 0 {
		if len(rest) == 0 {
			return nil, io.EOF
		}
		rest = rest[:min(n, len(rest))]
	}
	d.at += len(rest)
	return slices.Clone(rest), nil
}
