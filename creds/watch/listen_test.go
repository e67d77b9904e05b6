package watch

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"dclaude/creds"
	"dclaude/creds/file"
)

// These tests use the real file system and real events. They wait for what
// must come, and never for a time.

const limit = 30 * time.Second

func content(token string) []byte {
	return fmt.Appendf(nil, `{"claudeAiOauth":{"accessToken":%q,"expiresAt":4102444800000}}`, token)
}

// replace writes a file as Claude Code does.
func replace(t *testing.T, path, token string) {
	t.Helper()
	must(t, os.WriteFile(path+".tmp", content(token), 0o600))
	must(t, os.Rename(path+".tmp", path))
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func watchFile(t *testing.T, dir string) <-chan Event {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	out := Watch(ctx, Target{Store: file.New(dir, ""), Files: []string{filepath.Join(dir, file.Name)}})
	t.Cleanup(func() {
		cancel()
		for range out { // until it is closed
		}
	})
	return out
}

// until takes events up to the one that has the token.
func until(t *testing.T, out <-chan Event, token string) (changes []creds.Change) {
	t.Helper()
	timeout := time.After(limit)
	for {
		select {
		case e := <-out:
			changes = append(changes, e.Change)
			if e.State.Credential.Access.Reveal() == token {
				return changes
			}
		case <-timeout:
			t.Fatalf("the token did not come; changes %v", changes)
		}
	}
}

func TestFileIsReplacedRewrittenAndRemoved(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, file.Name)
	replace(t, path, "first")
	out := watchFile(t, dir)
	until(t, out, "first")
	replace(t, path, "second")
	if c := until(t, out, "second"); c[len(c)-1] != creds.Renewed {
		t.Errorf("%v", c)
	}
	must(t, os.WriteFile(path, content("third"), 0o600))
	until(t, out, "third")
	must(t, os.Remove(path))
	if c := until(t, out, ""); c[len(c)-1] != creds.SignedOut {
		t.Errorf("%v", c)
	}
	replace(t, path, "fourth")
	if c := until(t, out, "fourth"); c[len(c)-1] != creds.SignedIn {
		t.Errorf("%v", c)
	}
}

func TestFolderThatIsNotThereYet(t *testing.T) {
	home := t.TempDir()
	dir := filepath.Join(home, "a", ".claude")
	out := watchFile(t, dir)
	until(t, out, "")
	must(t, os.MkdirAll(dir, 0o700))
	replace(t, filepath.Join(dir, file.Name), "first")
	until(t, out, "first")
	replace(t, filepath.Join(dir, file.Name), "second")
	until(t, out, "second")
}

// Some keep their dotfiles elsewhere, and links to them.
func TestFileThatIsALink(t *testing.T) {
	dir, real := t.TempDir(), filepath.Join(t.TempDir(), "login.json")
	replace(t, real, "first")
	must(t, os.Symlink(real, filepath.Join(dir, file.Name)))
	out := watchFile(t, dir)
	until(t, out, "first")
	replace(t, real, "second")
	until(t, out, "second")
}

func TestTwoHundredRewrites(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, file.Name)
	replace(t, path, "start")
	out := watchFile(t, dir)
	until(t, out, "start")
	for i := range 200 {
		if i%2 == 0 {
			replace(t, path, fmt.Sprint("token-", i))
		} else {
			must(t, os.WriteFile(path, content(fmt.Sprint("token-", i)), 0o600))
		}
	}
	for _, c := range until(t, out, "token-199") {
		if c != creds.Renewed && c != creds.Unreachable {
			t.Errorf("%v in between", c)
		}
	}
}

func TestAWholeFolder(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(t.TempDir(), file.Name)
	replace(t, path, "first")
	ctx, cancel := context.WithCancel(context.Background())
	out := Watch(ctx, Target{Store: file.New(filepath.Dir(path), ""), Dirs: []string{dir}})
	until(t, out, "first")
	replace(t, path, "second")
	replace(t, filepath.Join(dir, "login.keychain-db"), "anything")
	until(t, out, "second")
	cancel()
	for range out { // until it is closed
	}
}
