package guest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"dclaude/launcher/handoff"
)

func read(t *testing.T, elem ...string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(elem...))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(t *testing.T, content string, elem ...string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(elem...), []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

var fresh = handoff.Handoff{Credentials: `{"claudeAiOauth":{"accessToken":"new"}}`, SkipPrompts: true}

func TestPrepareStateOfANewVolume(t *testing.T) {
	dir := t.TempDir()
	if w := prepareState(layout{state: dir}, fresh); len(w) > 0 {
		t.Fatalf("warnings: %v", w)
	}
	if got := read(t, dir, ".credentials.json"); got != string(fresh.Credentials) {
		t.Errorf("credentials: %q", got)
	}
	info, err := os.Stat(filepath.Join(dir, ".credentials.json"))
	if err != nil || info.Mode() != 0o600 {
		t.Errorf("credentials have mode %v, %v", info.Mode(), err)
	}
	var got struct {
		HasCompletedOnboarding bool
		Projects               map[string]struct{ HasTrustDialogAccepted bool }
	}
	if err := json.Unmarshal([]byte(read(t, dir, ".claude.json")), &got); err != nil {
		t.Fatal(err)
	}
	if !got.HasCompletedOnboarding || !got.Projects["/workspace"].HasTrustDialogAccepted {
		t.Errorf("flags: %+v", got)
	}
	if got := read(t, dir, "settings.json"); got != `{"skipDangerousModePermissionPrompt":true}` {
		t.Errorf("settings: %s", got)
	}
	entries, _ := os.ReadDir(dir)
	if len(entries) != 3 {
		t.Errorf("left behind: %v", entries)
	}
}

func TestPrepareStateMergesAndKeeps(t *testing.T) {
	dir := t.TempDir()
	write(t, `{"theme":"light","big":12345678901234567890,"projects":{"/workspace":{"history":[1,{"a":"b"}]},"/x":{}}}`, dir, ".claude.json")
	write(t, `{"hooks":{"Stop":[]}}`, dir, "settings.json")
	if w := prepareState(layout{state: dir}, fresh); len(w) > 0 {
		t.Fatalf("warnings: %v", w)
	}
	claude := read(t, dir, ".claude.json")
	for _, want := range []string{`"theme":"light"`, `12345678901234567890`, `"history":[1,{"a":"b"}]`, `"/x":{}`, `"hasTrustDialogAccepted":true`} {
		if !strings.Contains(claude, want) {
			t.Errorf("%s is missing from %s", want, claude)
		}
	}
	if settings := read(t, dir, "settings.json"); !strings.Contains(settings, `"hooks":{"Stop":[]}`) {
		t.Errorf("settings: %s", settings)
	}
	before, _ := os.Stat(filepath.Join(dir, ".claude.json"))
	if w := prepareState(layout{state: dir}, fresh); len(w) > 0 {
		t.Fatalf("warnings: %v", w)
	}
	after, _ := os.Stat(filepath.Join(dir, ".claude.json"))
	if !os.SameFile(before, after) {
		t.Error("a file that needed no change was written again")
	}
}

// The seed's rule: what a first run left is kept, unless forced.
func TestPrepareStateKeepCredentials(t *testing.T) {
	tests := []struct {
		name, have string
		keep       bool
		want       string
	}{
		{"none there", "", true, string(fresh.Credentials)},
		{"kept", "old", true, "old"},
		{"overwritten", "old", false, string(fresh.Credentials)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			if tt.have != "" {
				write(t, tt.have, dir, ".credentials.json")
			}
			h := fresh
			h.KeepCredentials = tt.keep
			if w := prepareState(layout{state: dir}, h); len(w) > 0 {
				t.Fatalf("warnings: %v", w)
			}
			if got := read(t, dir, ".credentials.json"); got != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
	dir := t.TempDir()
	write(t, "old", dir, ".credentials.json")
	if w := prepareState(layout{state: dir}, handoff.Handoff{}); len(w) > 0 || read(t, dir, ".credentials.json") != "old" {
		t.Errorf("a handoff without credentials changed the volume's (%v)", w)
	}
}

// What a hostile session can leave in the volume for the next one.
func TestPrepareStateOfAHostileVolume(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	tests := []struct {
		name  string
		plant func(t *testing.T, path string)
	}{
		{"link out of the volume", func(t *testing.T, path string) { must(t, os.Symlink(outside, path)) }},
		{"dangling link", func(t *testing.T, path string) { must(t, os.Symlink("/nowhere/at/all", path)) }},
		{"link to itself", func(t *testing.T, path string) { must(t, os.Symlink(path, path)) }},
		{"folder", func(t *testing.T, path string) {
			must(t, os.MkdirAll(filepath.Join(path, "deep"), 0o700))
		}},
		{"fifo", func(t *testing.T, path string) { must(t, syscall.Mkfifo(path, 0o600)) }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, "untouched", outside)
			for _, name := range []string{".credentials.json", ".claude.json", "settings.json"} {
				tt.plant(t, filepath.Join(dir, name))
			}
			prepareState(layout{state: dir}, fresh) // must return; warnings are right here
			if got := read(t, outside); got != "untouched" {
				t.Fatalf("written through the link: %q", got)
			}
			info, err := os.Lstat(filepath.Join(dir, ".credentials.json"))
			if err != nil || !info.Mode().IsRegular() {
				t.Fatalf("credentials were not placed: %v, %v", info, err)
			}
		})
	}
}

func TestPrepareStateLeavesWhatItDoesNotUnderstand(t *testing.T) {
	for _, content := range []string{`not json`, `[1]`, `null`, `{"projects":7}`, `{"projects":{"/workspace":"x"}}`} {
		dir := t.TempDir()
		write(t, content, dir, ".claude.json")
		if w := prepareState(layout{state: dir}, fresh); len(w) != 1 {
			t.Errorf("%s: warnings %v", content, w)
		}
		if got := read(t, dir, ".claude.json"); got != content {
			t.Errorf("%s became %s", content, got)
		}
	}
	dir := t.TempDir()
	f, err := os.Create(filepath.Join(dir, ".claude.json"))
	must(t, err)
	must(t, f.Truncate(maxStateFile+1))
	must(t, f.Close())
	if w := prepareState(layout{state: dir}, fresh); len(w) != 1 || !strings.Contains(w[0].Error(), "over 32 MiB") {
		t.Errorf("huge file: %v", w)
	}
	if w := prepareState(layout{state: filepath.Join(dir, "missing")}, fresh); len(w) != 1 {
		t.Errorf("no volume: %v", w)
	}
}

func TestPlaceGitconfig(t *testing.T) {
	l := layoutBelow(t.TempDir())
	must(t, os.MkdirAll(l.home, 0o755))
	must(t, os.MkdirAll(filepath.Dir(l.hostGit), 0o755))
	must(t, placeGitconfig(l))
	if got := read(t, l.home, ".gitconfig"); got != safeDirectory {
		t.Errorf("without a staged file: %q", got)
	}
	write(t, "[user]\n\tname = A", l.hostGit)
	must(t, placeGitconfig(l))
	if got, want := read(t, l.home, ".gitconfig"), "[user]\n\tname = A\n"+safeDirectory; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	must(t, os.Remove(l.hostGit))
	must(t, os.Mkdir(l.hostGit, 0o755))
	if err := placeGitconfig(l); err == nil {
		t.Error("a folder as the staged file: no error")
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
