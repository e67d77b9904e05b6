package e2e

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dclaude/test/lab"
)

// Secrets that a user has stored with dclaude, in no real one's form.
const (
	yearToken = "sk-ant-oat01-e2e-stored-b84c1d"
	apiKey    = "sk-ant-api03-e2e-key-5d20e7c94a6b"
)

// store has dclaude keep the user's token and key, as a script would.
func (w *world) store() {
	w.t.Helper()
	for what, secret := range map[string]string{"token": yearToken, "api-key": apiKey} {
		if r := w.runWith(secret+"\n", "creds", "set", what); r.code != 0 || strings.Contains(r.stdout+r.stderr, secret) {
			w.t.Fatalf("creds set %s: %v", what, r)
		}
	}
}

// secrets are all that a session could have: pieces of them, as a program that
// keeps the end of a key to show it would.
var secrets = map[string]string{
	"access token": accessToken[12:], "refresh token": refreshToken[12:], "stored token": yearToken[12:], "API key": apiKey[len(apiKey)-20:],
}

// find names the secrets that are in a text.
func find(text string) []string {
	var found []string
	for name, secret := range secrets {
		if strings.Contains(text, secret) {
			found = append(found, name)
		}
	}
	return found
}

// With a session running, its login is in one place, which only the session's
// user can read; what the source does not give is nowhere. One message has been
// answered by then, so everything is in use.
func TestNoSecretOutsideItsPlace(t *testing.T) {
	keyPath := "/run/user/501/dclaude-api-key"
	cases := []struct {
		source, isolation string
		place             string   // where the session has its secret, "" for none
		has               []string // what is there
		token             string   // that the API sees
	}{
		{"host", "runsc", credentialsPath, []string{"access token"}, accessToken},
		{"host", "nested", credentialsPath, []string{"access token"}, accessToken},
		{"host", "runc", credentialsPath, []string{"access token"}, accessToken},
		{"copy", "nested", credentialsPath, []string{"access token", "refresh token"}, accessToken},
		{"copy", "runc", credentialsPath, []string{"access token", "refresh token"}, accessToken},
		{"sandbox", "nested", "", nil, ""},
		{"token", "nested", credentialsPath, []string{"stored token"}, yearToken},
		{"token", "runc", credentialsPath, []string{"stored token"}, yearToken},
		{"api-key", "nested", keyPath, []string{"API key"}, apiKey},
		{"api-key", "runsc", keyPath, []string{"API key"}, apiKey},
		{"api-key", "runc", keyPath, []string{"API key"}, apiKey},
	}
	w := newWorld(t)
	w.store()
	for _, tc := range cases {
		t.Run(tc.source+"/"+tc.isolation, func(t *testing.T) {
			p := w.project(tc.source + "-" + tc.isolation)
			chown(t, p, 501, 20)
			before := len(w.api.Tokens())
			term := w.terminal("--credentials-source", tc.source, "--isolation", tc.isolation, p)
			if tc.token != "" {
				prompt(t, term.AwaitFunc)
				term.Send("hello")
				term.Await("hello")
				term.Send(lab.KeyEnter)
				term.Await("You said: hello")
				if screen := term.Screen(); strings.Contains(screen, "onflict") || strings.Contains(screen, "Both") {
					t.Errorf("Claude complains:\n%s", screen)
				}
				for _, token := range w.api.Tokens()[before:] {
					if token != tc.token {
						t.Error("the API saw another token than this source's")
					}
				}
				if len(w.api.Tokens()) == before {
					t.Error("the API saw no token")
				}
			} else {
				term.Await("Not logged in")
			}
			if found := find(string(term.Raw())); len(found) > 0 {
				t.Errorf("on the screen: %v", found)
			}
			name := w.onlySession()
			w.searchOutside(t, name)
			w.searchInside(t, name, tc.place, tc.has)
			w.ok("stop", name)
			term.Exit()
		})
	}
	// What dclaude keeps on this computer.
	for _, dir := range []string{".local", ".config", ".cache"} {
		err := filepath.WalkDir(filepath.Join(w.home, dir), func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() {
				return nil
			}
			b, err := os.ReadFile(path)
			found := find(string(b))
			if strings.Contains(path, "/dclaude/stored/") {
				if info, err := d.Info(); err != nil || info.Mode() != 0o600 || len(found) != 1 {
					t.Errorf("%s: %v, %v", path, info.Mode(), found)
				}
				return err
			}
			if len(found) > 0 {
				t.Errorf("%s holds %v", path, found)
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
}

// onlySession is the name of the one session there is.
func (w *world) onlySession() string {
	w.t.Helper()
	all := w.sessions()
	if len(all) != 1 {
		w.t.Fatalf("sessions: %+v", all)
	}
	return all[0].Name
}

// searchOutside looks at what the engine and this machine know of a session.
func (w *world) searchOutside(t *testing.T, name string) {
	t.Helper()
	// Not those that list the project's files: they come and go.
	ids := strings.Fields(w.lab.Docker("ps", "-q", "--filter", "name=^dclaude-"+name+"(-gateway)?$"))
	if len(ids) == 0 {
		t.Fatalf("no container has the name of %s", name)
	}
	places := map[string]string{
		"volumes":                   w.lab.Docker(append([]string{"volume", "inspect"}, strings.Fields(w.lab.Docker("volume", "ls", "-q"))...)...),
		"image":                     w.lab.Docker("inspect", "claude-sandbox") + w.lab.Docker("history", "--no-trunc", "claude-sandbox"),
		"processes of this machine": processes(),
	}
	for _, id := range ids {
		places["docker inspect"] += w.lab.Docker("inspect", id)
		places["docker top"] += w.lab.Docker("top", id)
		logs, _ := w.lab.TryDocker("logs", id) // there is no log to read, which is an error
		places["docker logs"] += logs
	}
	for place, text := range places {
		if found := find(text); len(found) > 0 {
			t.Errorf("%s: %v", place, found)
		}
	}
}

// processes are the command lines and environments of all processes here. The
// tests' own environment has no secret in it.
func processes() string {
	var all strings.Builder
	for _, pattern := range []string{"/proc/[0-9]*/cmdline", "/proc/[0-9]*/environ"} {
		paths, _ := filepath.Glob(pattern)
		for _, path := range paths {
			b, _ := os.ReadFile(path) // the process may have ended
			all.Write(b)
		}
	}
	return all.String()
}

// searchInside looks at all that a session can see, and at what the container
// around it has. place is the one file that may hold a secret.
func (w *world) searchInside(t *testing.T, name, place string, has []string) {
	t.Helper()
	var pattern []string
	for _, secret := range secrets {
		pattern = append(pattern, secret)
	}
	grep := "grep -rslE '" + strings.Join(pattern, "|") + "' / --exclude-dir=proc --exclude-dir=sys --exclude-dir=dev --exclude-dir=usr; true"
	if files := strings.TrimSpace(w.ok("shell", name, "--", "sh", "-c", grep).stdout); files != place {
		t.Errorf("inside, secrets are in %q, want %q", files, place)
	}
	if place != "" {
		if found := find(w.sessionFile(name, place)); len(found) != len(has) || fmt.Sprint(sorted(found)) != fmt.Sprint(sorted(has)) {
			t.Errorf("%s holds %v, want %v", place, found, has)
		}
		if mode := strings.TrimSpace(w.ok("shell", name, "--", "stat", "-c", "%a %u", place).stdout); mode != "600 501" {
			t.Errorf("mode and owner: %s", mode)
		}
	}
	inside := w.ok("shell", name, "--", "sh", "-c", "env; cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null; true").stdout
	if found := find(inside); len(found) > 0 {
		t.Errorf("in processes inside: %v", found)
	}
	// A process that crashes leaves no image of its memory in the project.
	core := w.run("shell", name, "--", "sh", "-c", "ulimit -c; cd /workspace; sh -c 'kill -ABRT $$'; ls -A").stdout
	if strings.TrimSpace(core) != "0" {
		t.Errorf("after a crash: %q", core)
	}
	outer := w.lab.Docker("exec", "-u", "0:0", "dclaude-"+name, "sh", "-c", "cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null; true")
	if found := find(outer); len(found) > 0 {
		t.Errorf("around the session: %v", found)
	}
	w.searchLayer(t, name, place)
}

// searchLayer looks at the container's own files, as the engine has them on
// its disk.
func (w *world) searchLayer(t *testing.T, name, place string) {
	t.Helper()
	upper := w.lab.Docker("inspect", "--format", "{{.GraphDriver.Data.UpperDir}}", "dclaude-"+name)
	if _, err := os.Stat(upper); err != nil {
		t.Fatalf("the engine does not show the container's layer, so it cannot be searched: %v", err)
	}
	err := filepath.WalkDir(upper, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		b, err := os.ReadFile(path)
		if found := find(string(b)); len(found) > 0 && strings.TrimPrefix(path, upper) != place {
			t.Errorf("the container's layer has %v in %s", found, strings.TrimPrefix(path, upper))
		}
		return err
	})
	if err != nil {
		t.Error(err)
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

func sorted(list []string) []string { return slices.Sorted(slices.Values(list)) }
