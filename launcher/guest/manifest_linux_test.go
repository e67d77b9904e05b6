package guest

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"dclaude/launcher/review"
)

func plant(t *testing.T, root string, files map[string]string) {
	t.Helper()
	for name, content := range files {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func manifestOf(t *testing.T, root string, limit int) review.Manifest {
	t.Helper()
	var out bytes.Buffer
	if err := writeManifest(root, &out, limit); err != nil {
		t.Fatal(err)
	}
	m, err := review.Read(&out)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func TestManifestOfAProject(t *testing.T) {
	root := t.TempDir()
	plant(t, root, map[string]string{
		"main.go": "x", "Makefile": "all:", "sub/CLAUDE.md": "be good",
		".git/HEAD": "ref", ".git/config": "[core]\nfsmonitor = evil\n", ".git/hooks/pre-commit": "#!/bin/sh", ".git/objects/ab/cdef": "o", ".git/refs/heads/main": "r",
		".git/modules/lib/HEAD": "ref", ".git/modules/lib/config": "[core]\nhooksPath = evil\n", ".git/modules/lib/objects/x": "", ".git/modules/lib/refs/x": "",
		"bare/HEAD": "ref", "bare/config": "[alias]\nx = !evil\n", "bare/objects/x": "", "bare/refs/x": "",
		"not-yet/.git/config": "[filter \"x\"]\nclean = evil\n",
	})
	m := manifestOf(t, root, 1000)
	for path, want := range map[string]string{
		"main.go": "", "Makefile": "", "sub/CLAUDE.md": "",
		".git/config": "core.fsmonitor", ".git/modules/lib/config": "core.hookspath", "bare/config": "alias.x", "not-yet/.git/config": "filter.x.clean",
		".git/hooks/pre-commit": "",
	} {
		e, ok := m.Entries[path]
		if !ok || e.Kind != review.File {
			t.Errorf("%s: %+v", path, e)
			continue
		}
		if got := strings.Join(e.Runs, ","); (want == "") != (got == "") || !strings.HasPrefix(got, want) {
			t.Errorf("%s runs %q", path, got)
		}
		if risky := review.Risk(e) != ""; risky != (path != "main.go") || risky != (e.Sum != "") {
			t.Errorf("%s: risk %q, sum %q", path, review.Risk(e), e.Sum)
		}
	}
	for path := range m.Entries {
		if strings.Contains(path, "objects/") || strings.Contains(path, "refs/") {
			t.Errorf("%s is listed", path)
		}
	}
	if e := m.Entries["."]; !e.Listed || e.Kind != review.Folder {
		t.Errorf("the project itself: %+v", e)
	}
}

// Nothing in a project is followed, waited for, or read without bounds.
func TestManifestOfAHostileProject(t *testing.T) {
	root, outside := t.TempDir(), t.TempDir()
	plant(t, outside, map[string]string{"secret/x": "s"})
	plant(t, root, map[string]string{"a\nb": "", "\xff\x1b[31m": ""})
	if err := syscall.Mkfifo(filepath.Join(root, "Makefile"), 0o644); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{"out": filepath.Join(outside, "secret"), ".vscode": outside, "loop": "loop", ".envrc": filepath.Join(outside, "secret", "x")} {
		if err := os.Symlink(target, filepath.Join(root, name)); err != nil {
			t.Fatal(err)
		}
	}
	huge, err := os.Create(filepath.Join(root, "package.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := huge.Truncate(1 << 40); err != nil {
		t.Fatal(err)
	}
	huge.Close()
	deep := root
	for range 60 {
		deep = filepath.Join(deep, "d")
	}
	if err := os.MkdirAll(deep, 0o755); err != nil {
		t.Fatal(err)
	}
	m := manifestOf(t, root, 1000)
	for path, kind := range map[string]review.Kind{
		"a\nb": review.File, "\xff\x1b[31m": review.File, "Makefile": review.Fifo, "out": review.Link, ".vscode": review.Link, "loop": review.Link, ".envrc": review.Link, "package.json": review.File,
	} {
		if e := m.Entries[path]; e.Kind != kind || (kind == review.Link && len(e.Target) == 0) || e.Sum != "" {
			t.Errorf("%q: %+v", path, e)
		}
	}
	for path := range m.Entries {
		if strings.Contains(path, "secret") || strings.HasPrefix(path, ".vscode/") {
			t.Errorf("%s is outside", path)
		}
	}
}

// Where there is too much, what matters comes first, and what is left out is
// told.
func TestManifestHasBounds(t *testing.T) {
	root := t.TempDir()
	files := map[string]string{".git/hooks/x": "", ".git/HEAD": "", "src/a": "", "src/b": ""}
	for i := range 50 {
		files[fmt.Sprintf("node_modules/m%d", i)] = ""
	}
	plant(t, root, files)
	m := manifestOf(t, root, 20)
	if len(m.Entries) > 20 {
		t.Errorf("%d entries", len(m.Entries))
	}
	for path, listed := range map[string]bool{".": true, ".git/hooks": true, "src": true, "node_modules": false} {
		if m.Entries[path].Listed != listed {
			t.Errorf("%s is listed: %v", path, !listed)
		}
	}
	if m = manifestOf(t, root, 1); len(m.Entries) != 1 || m.Entries["."].Listed {
		t.Errorf("no room at all: %+v", m.Entries)
	}
	if err := writeManifest(filepath.Join(root, "missing"), &bytes.Buffer{}, 5); err == nil {
		t.Error("no project is no error")
	}
}
