package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"dclaude/test/lab"
)

// Two sessions with a window each, and a third that nobody looks at, while the
// host's login is rewritten two hundred times. Every window is a watcher that
// looks after all three. No session ever has half a file; in the end all have
// the last token, and none got a token twice.
func TestTwoHundredRewrites(t *testing.T) {
	w := newWorld(t)
	var terms []*lab.Pty
	for i := range 2 {
		term := w.terminal(w.project(fmt.Sprint("p", i)))
		prompt(t, term.AwaitFunc)
		terms = append(terms, term)
	}
	w.ok("--detach", w.project("p2"))
	names := []string{}
	for _, s := range w.sessions() {
		names = append(names, s.Name)
	}
	watch := w.observeLogins(names)
	const last = "sk-ant-oat01-e2e-rewrite-199"
	for i := range 200 {
		token := fmt.Sprintf("sk-ant-oat01-e2e-rewrite-%d", i)
		time.Sleep(25 * time.Millisecond) // forty a second: never quiet
		if i%2 == 0 {
			w.signIn(token, time.Now().Add(8*time.Hour))
			continue
		}
		// As a program that does not rename would write it.
		w.login(lab.Login{Access: token, Refresh: refreshToken, Expires: time.Now().Add(8 * time.Hour)})
	}
	start := time.Now()
	for _, name := range names {
		await(t, "the last token in "+name, func() bool { return strings.Contains(w.sessionFile(name, credentialsPath), last) })
		await(t, "the record of "+name, func() bool { return w.has(name) == "current" })
	}
	for name, seen := range watch() {
		counts := map[string]int{}
		for _, s := range seen {
			if counts[s.token]++; counts[s.token] > 1 {
				t.Errorf("session %s: %s came twice", name, s.token)
			}
			if s.token == "" {
				t.Errorf("session %s had a torn or empty file", name)
			}
		}
		t.Logf("session %s saw %d logins, the last one %v after the last rewrite", name, len(seen), seen[len(seen)-1].at.Sub(start).Round(time.Millisecond))
	}
	w.ok("stop", "--all")
	for _, term := range terms {
		term.Exit()
	}
}

// sighting is a login that a session had.
type sighting struct {
	token string
	at    time.Time
}

// observeLogins reads the sessions' login files in their volumes, over and
// over, from this machine. The returned function stops that and returns, for
// each session, the access token of each file that was put in place, and when it
// was seen; "" for one that is no login.
func (w *world) observeLogins(names []string) (stop func() map[string][]sighting) {
	w.t.Helper()
	var mu sync.Mutex
	seen := map[string][]sighting{}
	done := make(chan struct{})
	var all sync.WaitGroup
	for _, name := range names {
		source := w.lab.Docker("inspect", "--format", `{{range .Mounts}}{{if eq .Destination "/home/claude/.claude"}}{{.Source}}{{end}}{{end}}`, "dclaude-"+name)
		path := filepath.Join(source, ".credentials.json")
		all.Go(func() {
			var before os.FileInfo
			for {
				select {
				case <-done:
					return
				default:
				}
				// Opened first: what is read is the file that is looked at.
				f, err := os.Open(path)
				if err != nil {
					continue
				}
				info, err := f.Stat()
				if err == nil && (before == nil || !os.SameFile(before, info)) {
					before = info
					var login struct {
						OAuth struct{ AccessToken string } `json:"claudeAiOauth"`
					}
					token := ""
					if json.NewDecoder(f).Decode(&login) == nil {
						token = login.OAuth.AccessToken
					}
					mu.Lock()
					seen[name] = append(seen[name], sighting{token, time.Now()})
					mu.Unlock()
				}
				f.Close()
				time.Sleep(time.Millisecond) // a file stays longer than that
			}
		})
	}
	return func() map[string][]sighting {
		close(done)
		all.Wait()
		return seen
	}
}

// A login that has no refresh token ends while the session runs: messages fail,
// the session lives on, and works again with the next login.
func TestASessionSurvivesTheEndOfItsToken(t *testing.T) {
	w := newWorld(t)
	w.storeLogin(lab.Login{Access: accessToken, Expires: time.Now().Add(-time.Second)})
	w.api.Accept("another token")
	term := w.terminal(w.project("p"))
	prompt(t, term.AwaitFunc)
	term.Send("too-late")
	term.Await("too-late")
	term.Send(lab.KeyEnter)
	await(t, "the refused message", func() bool { return len(w.api.Requests()) > 0 })
	term.AwaitFunc("an error", func(s string) bool { return strings.Contains(s, "401") || strings.Contains(s, "login") })

	const next = "sk-ant-oat01-e2e-next"
	w.api.Accept(next)
	w.signIn(next, time.Now().Add(8*time.Hour))
	await(t, "the next token", func() bool { return w.has(w.onlySession()) == "current" })
	term.Send("in-time")
	term.Await("in-time")
	term.Send(lab.KeyEnter)
	term.Await("You said: ")
	if tokens := w.api.Tokens(); len(tokens) == 0 || tokens[len(tokens)-1] != next {
		t.Error("the message did not carry the next token")
	}
	w.ok("stop", "--all")
	term.Exit()
}

// Somebody signs in on the host with another account. A running session keeps
// its token until the user says otherwise; a new one gets the new account's.
func TestAnotherAccount(t *testing.T) {
	w := newWorld(t)
	sign := func(token, account string) {
		w.write(".claude/.credentials.json", fmt.Sprintf(
			`{"claudeAiOauth":{"accessToken":%q,"refreshToken":"r","expiresAt":%d,"accountUuid":%q,"organizationUuid":"o"}}`,
			token, time.Now().Add(8*time.Hour).UnixMilli(), account))
		w.write(".claude.json", fmt.Sprintf(`{"oauthAccount":{"accountUuid":%q,"organizationUuid":"o","emailAddress":"%s@example.com"}}`, account, account))
	}
	sign("sk-ant-oat01-e2e-ada", "ada")
	p := w.project("p")
	name := strings.TrimSpace(w.ok("--detach", p).stdout)
	if s := w.status(); s.Account != "ada@example.com" || w.has(name) != "current" {
		t.Errorf("status: %+v", s)
	}
	sign("sk-ant-oat01-e2e-bob", "bob")
	if has := w.has(name); has != "another account" {
		t.Errorf("the session has %s", has)
	}
	r := w.run("creds", "inject")
	if r.code != 125 || !strings.Contains(r.stderr, "(the session has ada@example.com, this computer bob@example.com)") || !strings.Contains(r.stderr, "--yes") {
		t.Errorf("nobody to ask: %v", r)
	}
	if !strings.Contains(w.sessionFile(name, credentialsPath), "e2e-ada") {
		t.Error("the session got the token unasked")
	}
	term := w.terminal("creds", "inject")
	term.Await("go ahead? [y/N]")
	term.Send("y\r")
	if code := term.Exit(); code != 0 || !strings.Contains(w.sessionFile(name, credentialsPath), "e2e-bob") {
		t.Errorf("agreed: exit code %d", code)
	}
	w.ok("stop", name)
}

// A volume whose session has made a trap of it takes the new login; one in which
// nothing can be made keeps the old one, and the user hears of it.
func TestInjectIntoAHostileVolume(t *testing.T) {
	w := newWorld(t)
	p := w.project("p")
	chown(t, p, 501, 20)
	name := strings.TrimSpace(w.ok("--isolation", "runc", "--detach", p).stdout)
	inside := func(script string) string { return w.ok("shell", name, "--", "sh", "-c", script).stdout }
	outside := filepath.Join(p, "outside")
	for trap, script := range map[string]string{
		"link":   "cd ~/.claude && rm -rf .credentials.json && ln -s /workspace/outside .credentials.json",
		"fifo":   "cd ~/.claude && rm -rf .credentials.json && mkfifo .credentials.json",
		"folder": "cd ~/.claude && rm -rf .credentials.json && mkdir -p .credentials.json/deep",
		"huge":   "cd ~/.claude && rm -rf .credentials.json && truncate -s 1T .credentials.json",
	} {
		if err := os.WriteFile(outside, []byte("untouched"), 0o644); err != nil {
			t.Fatal(err)
		}
		inside(script)
		token := "sk-ant-oat01-e2e-" + trap
		w.signIn(token, time.Now().Add(8*time.Hour))
		if r := w.run("creds", "inject"); r.code != 0 || strings.TrimSpace(r.stdout) != name {
			t.Errorf("%s: %v", trap, r)
		}
		if !strings.Contains(w.sessionFile(name, credentialsPath), token) {
			t.Errorf("%s: the session does not have the token", trap)
		}
		if b, err := os.ReadFile(outside); err != nil || string(b) != "untouched" {
			t.Errorf("%s: the project's file holds %q, %v", trap, b, err)
		}
	}
	inside("chmod 500 ~/.claude")
	w.signIn("sk-ant-oat01-e2e-locked", time.Now().Add(8*time.Hour))
	r := w.run("creds", "inject")
	if r.code != 125 || !strings.Contains(r.stderr, "session "+name+" did not take the new login: ") || !strings.Contains(w.sessionFile(name, credentialsPath), "sk-ant-oat01-e2e-") {
		t.Errorf("a folder that takes nothing: %v", r)
	}
	inside("chmod 700 ~/.claude")
	w.ok("stop", name)
}

// Who can read the host's file is said, with the cure.
func TestALoginThatOthersCanRead(t *testing.T) {
	w := newWorld(t)
	path := filepath.Join(w.home, ".claude", ".credentials.json")
	if err := os.Chmod(path, 0o644); err != nil {
		t.Fatal(err)
	}
	s := w.status()
	if len(s.Problems) == 0 || !strings.Contains(s.Problems[0].Text, "0644") || !strings.Contains(s.Problems[0].Hint, "chmod 600") {
		t.Errorf("%+v", s.Problems)
	}
}
