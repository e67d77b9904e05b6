package guest

import (
	"bytes"
	"os"
	"path/filepath"
	"testing"

	"dclaude/launcher/handoff"
)

func TestPlaceManaged(t *testing.T) {
	l := layoutBelow(t.TempDir())
	b, err := handoff.EncodeHome([]handoff.HomeEntry{
		{Path: handoff.HomeText, Data: []byte("be nice")},
		{Path: ".claude/skills/a/run.sh", Data: []byte("#!/bin/sh\n"), Executable: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(l.managed)
	if err := placeManaged(l, dir, handoff.Handoff{Home: b, ManagedSettings: []byte(`{"a":1}`)}); err != nil {
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
}

// A home that is damaged stops the session: without it the user's own rules
// would not hold.
func TestPlaceManagedOfADamagedHome(t *testing.T) {
	l := layoutBelow(t.TempDir())
	if err := placeManaged(l, filepath.Dir(l.managed), handoff.Handoff{Home: bytes.Repeat([]byte("x"), 600)}); err == nil {
		t.Error("it was taken")
	}
}
