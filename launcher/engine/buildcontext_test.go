package engine

import (
	"archive/tar"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	fsutiltypes "github.com/tonistiigi/fsutil/types"
)

// sampleContext is a build context of all that may be in one.
func sampleContext() fstest.MapFS {
	return fstest.MapFS{
		"Dockerfile":  {Data: []byte("FROM scratch\n"), Mode: 0o644},
		"bin/guest":   {Data: []byte("program"), Mode: 0o755, ModTime: time.Unix(1700000000, 5)},
		"bin/data":    {Data: []byte("embedded"), Mode: 0o444},
		"bin-more/x":  {Data: nil, Mode: 0o600},
		"empty/place": {Mode: fs.ModeDir | 0o755},
	}
}

func TestContextFS(t *testing.T) {
	files := contextFS{sampleContext()}
	for target, want := range map[string]string{
		"": "Dockerfile 644 13 0;bin/ 555 0 0;bin/data 444 8 0;bin/guest 755 7 1700000000000000005;" +
			"bin-more/ 555 0 0;bin-more/x 600 0 0;empty/ 555 0 0;empty/place/ 755 0 0;",
		"/":     "",
		"/bin/": "bin/ 555 0 0;bin/data 444 8 0;bin/guest 755 7 1700000000000000005;",
	} {
		var got strings.Builder
		err := files.Walk(t.Context(), target, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			info, err := d.Info()
			if err != nil {
				return err
			}
			stat, ok := info.Sys().(*fsutiltypes.Stat)
			if !ok || stat.Path != path || stat.Uid != 0 || stat.Gid != 0 {
				t.Errorf("%s: stat is %v", path, stat)
			}
			if info.IsDir() {
				path += "/"
			}
			fmt.Fprintf(&got, "%s %o %d %d;", path, info.Mode().Perm(), stat.Size, stat.ModTime)
			return nil
		})
		if err != nil || (want != "" && !sameEntries(got.String(), want)) {
			t.Errorf("%q: %s, %v", target, got.String(), err)
		}
	}
	f, err := files.Open("bin/guest")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if data, err := io.ReadAll(f); err != nil || string(data) != "program" {
		t.Errorf("got %q, %v", data, err)
	}
}

// sameEntries compares without the order, which depends on how names sort
// beside their folders.
func sameEntries(a, b string) bool {
	seen := make(map[string]int)
	for _, e := range strings.Split(a, ";") {
		seen[e]++
	}
	for _, e := range strings.Split(b, ";") {
		seen[e]--
	}
	for _, n := range seen {
		if n != 0 {
			return false
		}
	}
	return true
}

func TestContextRefusesLinks(t *testing.T) {
	files := fstest.MapFS{"link": {Data: []byte("/etc/passwd"), Mode: fs.ModeSymlink | 0o777}}
	if _, err := contextKey(files); err == nil || !strings.Contains(err.Error(), "link") {
		t.Errorf("key: %v", err)
	}
	if _, err := contextTar(files); err == nil {
		t.Error("tar: no error")
	}
}

func TestContextWalkEnds(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	err := contextFS{sampleContext()}.Walk(ctx, "", func(string, fs.DirEntry, error) error { return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error is %v", err)
	}
}

// TestContextKey changes one thing at a time.
func TestContextKey(t *testing.T) {
	key := func(files fs.FS) string {
		k, err := contextKey(files)
		if err != nil {
			t.Fatal(err)
		}
		return k
	}
	base := key(sampleContext())
	if key(sampleContext()) != base {
		t.Error("the key is not the same twice")
	}
	for name, change := range map[string]func(fstest.MapFS){
		"content of one size": func(m fstest.MapFS) { m["bin/guest"].Data = []byte("progran") },
		"mode":                func(m fstest.MapFS) { m["bin/guest"].Mode = 0o744 },
		"name":                func(m fstest.MapFS) { m["bin/guest2"] = m["bin/guest"]; delete(m, "bin/guest") },
		"file more":           func(m fstest.MapFS) { m["new"] = &fstest.MapFile{} },
		"folder more":         func(m fstest.MapFS) { m["folder"] = &fstest.MapFile{Mode: fs.ModeDir | 0o755} },
	} {
		files := sampleContext()
		change(files)
		if key(files) == base {
			t.Errorf("%s: the key is the same", name)
		}
	}
}

func TestContextTar(t *testing.T) {
	archive, err := contextTar(sampleContext())
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for r := tar.NewReader(archive); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&got, "%s %o %d:%d %s;", header.Name, header.Mode, header.Uid, header.Gid, data)
	}
	want := "Dockerfile 644 0:0 FROM scratch\n;bin/ 555 0:0 ;bin/data 444 0:0 embedded;bin/guest 755 0:0 program;" +
		"bin-more/ 555 0:0 ;bin-more/x 600 0:0 ;empty/ 555 0:0 ;empty/place/ 755 0:0 ;"
	if !sameEntries(got.String(), want) {
		t.Errorf("got %s", got.String())
	}
}
