package image

import (
	"errors"
	"io"
	"io/fs"
	"regexp"
	"testing"
	"testing/fstest"
)

func digest(t *testing.T, fsys fs.FS, base string) string {
	t.Helper()
	d, err := Digest(fsys, base)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func TestDigestTellsContextsApart(t *testing.T) {
	type files = map[string]*node
	tests := []struct {
		name  string
		files files
		base  string
	}{
		{name: "plain", files: files{"a": {mode: 0o644, data: []byte("1")}, "b": {mode: 0o644}}},
		{name: "content", files: files{"a": {mode: 0o644, data: []byte("2")}, "b": {mode: 0o644}}},
		{name: "content moved to the next", files: files{"a": {mode: 0o644}, "b": {mode: 0o644, data: []byte("1")}}},
		{name: "name", files: files{"a": {mode: 0o644, data: []byte("1")}, "c": {mode: 0o644}}},
		{name: "mode", files: files{"a": {mode: 0o755, data: []byte("1")}, "b": {mode: 0o644}}},
		{name: "one more", files: files{"a": {mode: 0o644, data: []byte("1")}, "b": {mode: 0o644}, "c": {mode: 0o644}}},
		{name: "folder", files: files{"d/a": {mode: 0o644, data: []byte("1")}, "b": {mode: 0o644}}},
		{name: "base", files: files{"a": {mode: 0o644, data: []byte("1")}, "b": {mode: 0o644}}, base: "node:24"},
		{name: "nothing"},
		// A name that looks like what follows a name.
		{name: "forged", files: files{"a10:-rw-r--r--1:1": {mode: 0o644}, "b": {mode: 0o644}}},
	}
	seen := map[string]string{}
	for _, tt := range tests {
		got := digest(t, newTree(tt.files), tt.base)
		if !regexp.MustCompile(`^sha256:[0-9a-f]{64}$`).MatchString(got) {
			t.Errorf("%s: %q", tt.name, got)
		}
		if other, ok := seen[got]; ok {
			t.Errorf("%s and %s have one digest", tt.name, other)
		}
		seen[got] = tt.name
		for range 3 {
			if again := digest(t, newTree(tt.files), tt.base); again != got {
				t.Errorf("%s: %s, then %s", tt.name, got, again)
			}
		}
	}
}

func TestDigestOfCertificates(t *testing.T) {
	m := newMaker(t)
	a, b := certificate(t, m.authority("a")), certificate(t, m.authority("b"))
	of := func(certs ...Certificate) string {
		c, err := Context(Options{Guest: someGuest, Certificates: certs})
		if err != nil {
			t.Fatal(err)
		}
		return digest(t, c, "")
	}
	if of(a, b) != of(b, a) {
		t.Error("the order of certificates counts")
	}
	if of(a) == of(a, b) || of() == of(a) {
		t.Error("a certificate does not count")
	}
}

func TestDigestDefaultBase(t *testing.T) {
	if digest(t, sample(), "") != digest(t, sample(), DefaultBase) {
		t.Error("the default base image and its name differ")
	}
}

// lying is a file system whose files are shorter than they say.
type lying struct{ fs.FS }

func (l lying) Open(name string) (fs.File, error) {
	f, err := l.FS.Open(name)
	if name != "file" {
		return f, err
	}
	return short{f}, err
}

type short struct{ fs.File }

func (short) Read([]byte) (int, error) { return 0, io.EOF }

func TestDigestFails(t *testing.T) {
	_, err := Digest(lying{fstest.MapFS{"file": {Data: []byte("content")}}}, "")
	var e *Error
	if !errors.As(err, &e) || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error is %v", err)
	}
	if _, err := Digest(fstest.MapFS{"link": {Mode: fs.ModeSymlink, Data: []byte("nowhere")}}, ""); err == nil {
		t.Error("a broken link has a digest")
	}
}

// Every launch computes it.
func BenchmarkDigest(b *testing.B) {
	for b.Loop() {
		c, err := Context(Options{Guest: someGuest})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := Digest(c, ""); err != nil {
			b.Fatal(err)
		}
	}
}
