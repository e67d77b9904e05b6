package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dclaude/test/lab"
)

// credentialsPath is where a session's login is, inside.
const credentialsPath = "/home/claude/.claude/.credentials.json"

// signIn makes the host's login one with this access token, by rename as Claude
// Code does it.
func (w *world) signIn(token string, expires time.Time) {
	w.t.Helper()
	w.storeLogin(lab.Login{Access: token, Refresh: refreshToken, Expires: expires})
}

func (w *world) storeLogin(l lab.Login) {
	w.t.Helper()
	w.write(".claude/next", string(l.JSON()))
	if err := os.Rename(filepath.Join(w.home, ".claude/next"), filepath.Join(w.home, ".claude/.credentials.json")); err != nil {
		w.t.Fatal(err)
	}
}

// sessionFile reads a file as the session's user, inside its sandbox. What it
// holds may be a secret.
func (w *world) sessionFile(name, path string) string {
	w.t.Helper()
	out, err := w.command("shell", name, "--", "cat", path).Output()
	if err != nil {
		w.t.Errorf("%s in session %s: %v", path, name, err)
	}
	return string(out)
}

// loginStatus is dclaude creds status --json.
type loginStatus struct {
	Source, State, Plan, Account, Claude string
	Expires                              time.Time
	Sessions                             []struct{ Name, Source, Has string }
	Problems                             []struct{ Text, Hint string }
}

func (w *world) status() loginStatus {
	w.t.Helper()
	var s loginStatus
	if err := json.Unmarshal([]byte(w.ok("creds", "status", "--json").stdout), &s); err != nil {
		w.t.Fatal(err)
	}
	return s
}

// The host gets a new token while a session runs: the session's next message
// carries it, without a restart. The old token no longer works by then.
func TestANewTokenReachesARunningSession(t *testing.T) {
	for _, isolation := range isolations {
		t.Run(isolation, func(t *testing.T) {
			w := newWorld(t)
			w.api.Accept(accessToken)
			term := w.terminal("--isolation", isolation, w.project("p"))
			prompt(t, term.AwaitFunc)
			say := func(text string) {
				term.Send(text)
				term.Await(text)
				term.Send(lab.KeyEnter)
				term.Await("You said: " + text)
			}
			say("before")
			name := w.sessions()[0].Name
			for i := range 3 {
				token := fmt.Sprintf("sk-ant-oat01-e2e-renewed-%d", i)
				w.api.Accept(token)
				start := time.Now()
				w.signIn(token, time.Now().Add(8*time.Hour))
				await(t, "the record of the new token", func() bool { return w.record(name).Login.Fingerprint != "" && w.has(name) == "current" })
				t.Logf("%s: the session had the new token within %v", isolation, time.Since(start).Round(time.Millisecond))
				say(fmt.Sprintf("with-token-%d", i))
				if tokens := w.api.Tokens(); tokens[len(tokens)-1] != token {
					t.Errorf("the message carried another token")
				}
			}
			if text := w.sessionFile(name, credentialsPath); strings.Contains(text, "efresh") {
				t.Error("the session got the refresh token")
			}
			term.Send("/exit")
			term.Await("/exit")
			term.Send(lab.KeyEnter)
			if code := term.Exit(); code != 0 {
				t.Errorf("exit code %d", code)
			}
		})
	}
}

// sessionRecord is what dclaude keeps of a session.
type sessionRecord struct {
	Login struct{ Fingerprint, Account string }
}

func (w *world) record(name string) (r sessionRecord) {
	w.t.Helper()
	found, err := filepath.Glob(filepath.Join(w.home, ".local/state/dclaude/engines/*/sessions", name+".json"))
	if err != nil || len(found) == 0 {
		return r
	}
	b, err := os.ReadFile(found[0])
	if err == nil {
		err = json.Unmarshal(b, &r)
	}
	if err != nil {
		w.t.Error(err)
	}
	return r
}

// has is what a session has, by dclaude creds status.
func (w *world) has(name string) string {
	w.t.Helper()
	s := w.status()
	i := slices.IndexFunc(s.Sessions, func(s struct{ Name, Source, Has string }) bool { return s.Name == name })
	if i < 0 {
		return ""
	}
	return s.Sessions[i].Has
}
