package e2e

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dclaude/test/lab"
)

// With a session running, its login is in one place: a file of the state
// volume that only the session's user can read. The refresh token is nowhere.
func TestNoSecretOutsideTheCredentialsFile(t *testing.T) {
	w := newWorld(t)
	for _, isolation := range []string{"runsc", "runc"} {
		p := w.project("p-" + isolation)
		name := strings.TrimSpace(w.ok("--isolation", isolation, "--detach", p).stdout)
		container := "dclaude-" + name
		places := map[string]string{
			"docker inspect":        w.lab.Docker("inspect", container),
			"docker inspect volume": w.lab.Docker(append([]string{"volume", "inspect"}, strings.Fields(w.lab.Docker("volume", "ls", "-q"))...)...),
			"image":                 w.lab.Docker("inspect", "claude-sandbox") + w.lab.Docker("history", "--no-trunc", "claude-sandbox"),
			"docker exec env":       w.lab.Docker("exec", container, "env"),
			"processes":             w.lab.Docker("exec", container, "sh", "-c", "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null; true"),
			"docker top":            w.lab.Docker("top", container),
			"handoff":               w.lab.Docker("exec", container, "ls", "-A", "/run/dclaude"),
		}
		for place, text := range places {
			if strings.Contains(text, accessToken) || strings.Contains(text, refreshToken) {
				t.Errorf("%s: a token is in %s", isolation, place)
			}
		}
		if places["handoff"] != "" {
			t.Errorf("%s: the handoff volume holds %q", isolation, places["handoff"])
		}
		files := w.lab.Docker("exec", container, "sh", "-c", "grep -rlE 'e2e-(access|refresh)' / --exclude-dir=proc --exclude-dir=sys --exclude-dir=dev 2>/dev/null; true")
		if files != "/home/claude/.claude/.credentials.json" {
			t.Errorf("%s: tokens are in %q", isolation, files)
		}
		if mode := w.lab.Docker("exec", container, "stat", "-c", "%a %u", files); mode != "600 0" {
			t.Errorf("%s: mode and owner %s", isolation, mode)
		}
		if text := w.lab.Docker("exec", container, "cat", "/home/claude/.claude/.credentials.json"); strings.Contains(text, "efresh") {
			t.Errorf("%s: the session got the refresh token", isolation)
		}
		w.ok("stop", name)
	}
}

// The table of the seed's rules: source copy gives the whole login on the
// first run, keeps the volume's after that, and --fresh-creds overrides.
func TestCopyAndFreshCreds(t *testing.T) {
	w := newWorld(t)
	p := w.project("p")
	login := func(access string) {
		w.login(lab.Login{Access: access, Refresh: refreshToken, Expires: time.Now().Add(8 * time.Hour)})
	}
	steps := []struct {
		source, host string
		fresh        bool
		want         string
	}{
		{"copy", "token-1", false, "token-1"},
		{"copy", "token-2", false, "token-1"},
		{"copy", "token-2", true, "token-2"},
		{"copy", "token-3", false, "token-2"},
		{"host", "token-4", false, "token-4"},
		{"host", "token-5", false, "token-5"},
		{"sandbox", "token-6", false, "token-5"},
	}
	for i, s := range steps {
		login(s.host)
		w.set("DCLAUDE_CREDENTIALS_SOURCE=" + s.source)
		args := []string{p, "--", "-p", "hi"}
		if s.fresh {
			args = append([]string{"--fresh-creds"}, args...)
		}
		w.ok(args...)
		tokens := w.api.Tokens()
		if got := tokens[len(tokens)-1]; got != s.want {
			t.Errorf("step %d (%+v): the API saw %s", i, s, got)
		}
	}
}

func TestNoLoginOnTheHost(t *testing.T) {
	w := newWorld(t)
	w.write(".claude/.credentials.json", `{"mcpOAuth":{}}`)
	r := w.run(w.project("p"), "--", "-p", "hi")
	if !strings.Contains(r.stderr, "dclaude: warning: there is no Claude login") || !strings.Contains(r.stderr, "dclaude: hint: ") {
		t.Errorf("%v", r)
	}
	if len(w.api.Tokens()) > 0 {
		t.Errorf("a token came from nowhere")
	}
	w.write(".claude/.credentials.json", `{"claudeAiOauth":{"accessToken":"`+accessToken)
	if r := w.run(filepath.Join(w.home, "projects", "p"), "--", "-p", "hi"); !strings.Contains(r.stderr, "dclaude: warning: ") {
		t.Errorf("broken login: %v", r)
	}
}
