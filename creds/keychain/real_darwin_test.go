package keychain

import (
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"dclaude/creds"
)

// testKeychain names the variable with the path of a keychain that was made for
// this test and is the default one, so that no user's own is touched. The macOS
// workflow sets it.
const testKeychain = "DCLAUDE_TEST_KEYCHAIN"

// A login that was written as Claude Code writes it is found and read in a real
// keychain, without a question, and its date is seen to change.
func TestRealKeychain(t *testing.T) {
	path := os.Getenv(testKeychain)
	if path == "" {
		t.Skip(testKeychain + " names no keychain made for this test")
	}
	loc := creds.Location{Dir: t.TempDir(), Custom: t.TempDir()}
	store := New("ci", loc)
	put := func(token string) {
		t.Helper()
		login := `{"claudeAiOauth":{"accessToken":"` + token + `","refreshToken":"sk-ant-ort01-ci","expiresAt":4102444800000}}`
		out, err := exec.Command(security, "add-generic-password", "-U", "-a", "ci", "-s", Service(loc), "-w", login, path).CombinedOutput()
		if err != nil {
			t.Fatalf("security: %v\n%s", err, out)
		}
	}
	if _, err := store.Read(t.Context()); err == nil || !strings.Contains(err.Error(), Service(loc)) {
		t.Errorf("before there is a login: %v", err)
	}
	put("sk-ant-oat01-first")
	c, err := store.Read(t.Context())
	if err != nil || c.Access.Reveal() != "sk-ant-oat01-first" {
		t.Fatalf("the first login: %v, %v", c, err)
	}
	first, err := store.Modified(t.Context())
	if err != nil || time.Since(first) > time.Hour {
		t.Errorf("changed %v, %v", first, err)
	}
	put("sk-ant-oat01-second")
	if c, err = store.Read(t.Context()); err != nil || c.Access.Reveal() != "sk-ant-oat01-second" {
		t.Errorf("the second login: %v, %v", c, err)
	}
	if second, err := store.Modified(t.Context()); err != nil || second.Before(first) {
		t.Errorf("changed %v, then %v, %v", first, second, err)
	}
}
