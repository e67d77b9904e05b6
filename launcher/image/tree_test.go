package image

import (
	"errors"
	"io/fs"
	"reflect"
	"testing"
	"testing/fstest"
)

func sample() tree {
	return newTree(map[string]*node{
		"b":         {mode: 0o755, data: []byte("bee")},
		"a/z/deep":  {mode: 0o644, data: []byte("deep")},
		"a/file":    {mode: 0o600},
		"a/another": {mode: 0o644, data: []byte("x")},
	})
}

func TestTreeIsAFileSystem(t *testing.T) {
	if err := fstest.TestFS(sample(), "b", "a/z/deep", "a/file", "a/another"); err != nil {
		t.Error(err)
	}
	if err := fstest.TestFS(newTree(nil)); err != nil {
		t.Error(err)
	}
}

func TestTreeModes(t *testing.T) {
	got := map[string]string{}
	err := fs.WalkDir(sample(), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		got[path] = info.Mode().String()
		if sec := info.ModTime().Unix(); sec != 0 {
			t.Errorf("%s is of second %d", path, sec)
		}
		return err
	})
	want := map[string]string{
		".": "drwxr-xr-x", "a": "drwxr-xr-x", "a/z": "drwxr-xr-x",
		"a/another": "-rw-r--r--", "a/file": "-rw-------", "a/z/deep": "-rw-r--r--", "b": "-rwxr-xr-x",
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v", got, err)
	}
}

func TestTreeRefuses(t *testing.T) {
	for name, want := range map[string]error{
		"/b": fs.ErrInvalid, "../b": fs.ErrInvalid, "": fs.ErrInvalid,
		"c": fs.ErrNotExist, "b/x": fs.ErrNotExist,
	} {
		if _, err := sample().Open(name); !errors.Is(err, want) {
			t.Errorf("%q: %v, want %v", name, err, want)
		}
	}
	if _, err := fs.ReadFile(sample(), "a"); !errors.Is(err, fs.ErrInvalid) {
		t.Errorf("a folder was read: %v", err)
	}
}
