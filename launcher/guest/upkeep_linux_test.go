package guest

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"dclaude/launcher/handoff"
)

// volumes is a state volume, and one to import from.
func volumes(t *testing.T) (l layout, state, old string) {
	t.Helper()
	l = layoutBelow(t.TempDir())
	old = filepath.Join(l.shown, handoff.ImportName)
	if err := errors.Join(os.MkdirAll(l.state, 0o700), os.MkdirAll(old, 0o700)); err != nil {
		t.Fatal(err)
	}
	return l, l.state, old
}

func fill(t *testing.T, dir string, names ...string) {
	t.Helper()
	for _, name := range names {
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.WriteFile(path, []byte("{}"), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
}

// below lists the files of a folder.
func below(t *testing.T, dir string) []string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			name, _ := filepath.Rel(dir, path)
			names = append(names, name)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(names)
	return names
}

func TestForgetHistory(t *testing.T) {
	l, state, old := volumes(t)
	fill(t, old, "outside")
	kept := []string{".credentials.json", "settings.json", "skills/a/SKILL.md"}
	fill(t, state, append([]string{"projects/-workspace/1.jsonl", "projects/-workspace/memory/MEMORY.md", "history.jsonl", "something-new/x", "shell-snapshots/s"}, kept...)...)
	if err := os.WriteFile(filepath.Join(state, ".claude.json"), []byte(`{"theme":"dark","projects":{"/workspace":{"history":["secret"]}}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Symlink(old, filepath.Join(state, "todos")), syscall.Mkfifo(filepath.Join(state, "plans"), 0o600)); err != nil {
		t.Fatal(err)
	}
	if err := forgetHistory(l); err != nil {
		t.Fatal(err)
	}
	want := append([]string{".claude.json"}, kept...)
	if got := below(t, state); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if b, err := os.ReadFile(filepath.Join(state, ".claude.json")); err != nil || string(b) != `{"theme":"dark"}` {
		t.Errorf("%s, %v", b, err)
	}
	if got := below(t, old); !slices.Equal(got, []string{"outside"}) {
		t.Errorf("it went through a link: %q", got)
	}
	l.state = filepath.Join(state, "missing")
	if err := forgetHistory(l); err == nil {
		t.Error("no volume")
	}
}

// A state file that cannot be read stays, and its volume's history goes all the
// same.
func TestForgetBesideADamagedStateFile(t *testing.T) {
	l, state, _ := volumes(t)
	fill(t, state, "history.jsonl")
	if err := os.WriteFile(filepath.Join(state, ".claude.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := forgetHistory(l); err == nil {
		t.Error("it is not told")
	}
	if got := below(t, state); !slices.Equal(got, []string{".claude.json"}) {
		t.Errorf("%q", got)
	}
}

func TestImportConversations(t *testing.T) {
	l, state, old := volumes(t)
	fill(t, old, "projects/-workspace/1.jsonl", "projects/-workspace/2.jsonl", "projects/-workspace/1/sub.jsonl", "history.jsonl", "todos/1.json",
		"projects/-workspace/memory/MEMORY.md", ".credentials.json", ".claude.json", "settings.json", "CLAUDE.md", "skills/evil/SKILL.md", "plugins/evil", "hooks/evil")
	then := time.Date(2025, 1, 2, 3, 4, 5, 0, time.UTC)
	if err := os.Chtimes(filepath.Join(old, "projects/-workspace/1.jsonl"), then, then); err != nil {
		t.Fatal(err)
	}
	fill(t, state, "projects/-workspace/2.jsonl")
	done, err := importConversations(l)
	if want := (handoff.Imported{Files: 4, Bytes: 8, Conversations: 1, Kept: 1}); err != nil || done != want {
		t.Errorf("%+v, %v", done, err)
	}
	want := []string{"history.jsonl", "projects/-workspace/1.jsonl", "projects/-workspace/1/sub.jsonl", "projects/-workspace/2.jsonl", "todos/1.json"}
	if got := below(t, state); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
	if info, err := os.Stat(filepath.Join(state, "projects/-workspace/1.jsonl")); err != nil || !info.ModTime().Equal(then) || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if done, err := importConversations(l); err != nil || done.Files != 0 || done.Kept != 5 {
		t.Errorf("again: %+v, %v", done, err)
	}
}

// Both volumes are as hostile as the sessions that wrote them.
func TestImportBetweenHostileVolumes(t *testing.T) {
	l, state, old := volumes(t)
	secret := filepath.Join(t.TempDir(), "secret")
	fill(t, secret, "a.jsonl")
	fill(t, old, "history.jsonl", "projects/-workspace/1.jsonl", "todos/x.json")
	at := func(dir, name string) string { return filepath.Join(dir, name) }
	if err := errors.Join(
		os.Symlink(secret, at(old, "projects/out")),
		os.Symlink(at(secret, "a.jsonl"), at(old, "projects/-workspace/9.jsonl")),
		syscall.Mkfifo(at(old, "projects/-workspace/fifo.jsonl"), 0o600),
		os.Symlink(at(secret, "written"), at(state, "history.jsonl")),
		os.Symlink(secret, at(state, "todos")),
	); err != nil {
		t.Fatal(err)
	}
	done, err := importConversations(l)
	if want := (handoff.Imported{Files: 1, Bytes: 2, Conversations: 1, Kept: 1, Skipped: 4}); err != nil || done != want {
		t.Errorf("%+v, %v", done, err)
	}
	if got := below(t, secret); !slices.Equal(got, []string{"a.jsonl"}) {
		t.Errorf("written through a link: %q", got)
	}
	for _, name := range below(t, state) {
		if strings.HasSuffix(name, "a.jsonl") || strings.HasSuffix(name, "9.jsonl") {
			t.Errorf("read through a link: %s", name)
		}
	}
	// A folder where a file is wanted.
	fill(t, state, "plans")
	fill(t, old, "plans/a.md")
	if _, err := importConversations(l); err != nil {
		t.Errorf("a file where a folder is wanted: %v", err)
	}
}

func TestImportOfTooMuch(t *testing.T) {
	l, _, old := volumes(t)
	large := filepath.Join(old, "history.jsonl")
	fill(t, old, "history.jsonl")
	if err := os.Truncate(large, maxImport+1); err != nil {
		t.Skip(err) // a file system without sparse files
	}
	if done, err := importConversations(l); err == nil || !strings.Contains(err.Error(), fmt.Sprint(maxImported)) || done.Files != 0 {
		t.Errorf("%+v, %v", done, err)
	}
}
