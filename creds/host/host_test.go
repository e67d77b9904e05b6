package host

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"dclaude/creds"
	"dclaude/creds/file"
)

func user(t *testing.T, env map[string]string) User {
	return User{Name: "anna", Home: t.TempDir(), LookupEnv: func(k string) (string, bool) { v, ok := env[k]; return v, ok }}
}

func TestOpenNamesThePlace(t *testing.T) {
	if got := Open(user(t, nil)).Describe(); !strings.HasSuffix(got, "~/.claude/"+file.Name) {
		t.Error(got)
	}
	moved := t.TempDir()
	if got := Open(user(t, map[string]string{"CLAUDE_CONFIG_DIR": moved})).Describe(); !strings.HasSuffix(got, filepath.Join(moved, file.Name)) {
		t.Error(got)
	}
}

// The file is used on every system; the custom folder keeps a real keychain
// item of whoever runs the test out of it.
func TestOpenReadsTheFile(t *testing.T) {
	dir := t.TempDir()
	u := user(t, map[string]string{"CLAUDE_CONFIG_DIR": dir})
	if _, err := Open(u).Read(t.Context()); !errors.Is(err, creds.ErrMissing) {
		t.Errorf("empty folder: %v", err)
	}
	if err := os.WriteFile(filepath.Join(dir, file.Name), []byte(`{"claudeAiOauth":{"accessToken":"T"}}`), 0o600); err != nil {
		t.Fatal(err)
	}
	if c, err := Open(u).Read(t.Context()); err != nil || c.Access.Reveal() != "T" {
		t.Errorf("%v, %v", c, err)
	}
}
