package guest

import (
	"bytes"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func TestLastActivityIsTheNewestTranscript(t *testing.T) {
	state := t.TempDir()
	at := time.Unix(1_700_000_000, 0)
	for name, age := range map[string]time.Duration{
		"projects/-workspace/a.jsonl":     time.Hour,
		"projects/-workspace/b.jsonl":     time.Minute,
		"projects/-workspace/notes.txt":   0,
		"projects/other/c.jsonl":          2 * time.Hour,
		"projects/-workspace/deep/d.json": 0,
		"history.jsonl":                   0,
	} {
		path := filepath.Join(state, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(path, at, at.Add(-age)); err != nil {
			t.Fatal(err)
		}
	}
	last, err := lastActivity(state)
	if err != nil || !last.Equal(at.Add(-time.Minute)) {
		t.Errorf("got %v, %v", last, err)
	}
	var out bytes.Buffer
	if code := printActivity(layout{state: state}, &out); code != 0 || out.String() != "1699999940\n" {
		t.Errorf("printed %q, code %d", out.String(), code)
	}
}

// Nothing that a session leaves there holds the look up or leads it away.
func TestLastActivityInHostileState(t *testing.T) {
	state, outside := t.TempDir(), t.TempDir()
	if last, err := lastActivity(state); err != nil || !last.IsZero() {
		t.Errorf("nothing there: %v, %v", last, err)
	}
	if err := syscall.Mkfifo(filepath.Join(state, "projects"), 0o600); err != nil {
		t.Fatal(err)
	}
	if last, err := lastActivity(state); err != nil || !last.IsZero() {
		t.Errorf("a fifo: %v, %v", last, err)
	}
	if err := os.Remove(filepath.Join(state, "projects")); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(filepath.Join(outside, "p"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(outside, "p", "x.jsonl"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(outside, filepath.Join(state, "projects")); err != nil {
		t.Fatal(err)
	}
	if last, err := lastActivity(state); err != nil || !last.IsZero() {
		t.Errorf("a link out: %v, %v", last, err)
	}
	if _, err := lastActivity(filepath.Join(state, "missing")); err == nil {
		t.Error("no state folder is an error")
	}
}
