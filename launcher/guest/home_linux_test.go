package guest

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dclaude/launcher/handoff"
)

func leaveHome(t *testing.T, l layout, content []byte) {
	t.Helper()
	if err := os.MkdirAll(l.handoffDir, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(l.handoffDir, handoff.HomeFile), content, 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestPlaceManaged(t *testing.T) {
	l := layoutBelow(t.TempDir())
	b, err := handoff.EncodeHome([]handoff.HomeEntry{
		{Path: handoff.HomeText, Data: []byte("be nice")},
		{Path: ".claude/skills/a/run.sh", Data: []byte("#!/bin/sh\n"), Executable: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	leaveHome(t, l, b)
	dir := filepath.Dir(l.managed)
	if err := placeManaged(l, dir, handoff.Handoff{ClaudeHome: true, ManagedSettings: []byte(`{"a":1}`)}); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]struct {
		content string
		mode    os.FileMode
	}{
		"CLAUDE.md":               {"be nice", 0o444},
		".claude/skills/a/run.sh": {"#!/bin/sh\n", 0o555},
		"managed-settings.json":   {`{"a":1}`, 0o644},
	} {
		path := filepath.Join(dir, name)
		got, err := os.ReadFile(path)
		if err != nil || string(got) != want.content {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if info, err := os.Stat(path); err != nil || info.Mode().Perm() != want.mode {
			t.Errorf("%s: mode %v", name, info.Mode())
		}
	}
	if _, err := os.Lstat(filepath.Join(l.handoffDir, handoff.HomeFile)); err == nil {
		t.Error("the archive is still there")
	}
}

// A home that is announced and does not arrive whole stops the session: without
// it the user's own rules would not hold.
func TestHomesThatDoNotArrive(t *testing.T) {
	link := func(l layout) error {
		return os.Symlink("/etc/passwd", filepath.Join(l.handoffDir, handoff.HomeFile))
	}
	for what, plant := range map[string]func(layout) error{
		"missing": func(layout) error { return nil },
		"a link":  link,
		"damaged": func(l layout) error { leaveHome(t, l, []byte(strings.Repeat("x", 600))); return nil },
	} {
		l := layoutBelow(t.TempDir())
		if err := os.MkdirAll(l.handoffDir, 0o700); err != nil {
			t.Fatal(err)
		}
		if err := plant(l); err != nil {
			t.Fatal(err)
		}
		if err := placeManaged(l, filepath.Dir(l.managed), handoff.Handoff{ClaudeHome: true}); err == nil {
			t.Errorf("%s: it was taken", what)
		}
	}
}
