package e2e

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dclaude/test/fakeoauth"
	"dclaude/test/lab"
)

// signedIn gives the world's user the real Claude Code, a login that has this
// long to go, and a service that renews it, behind a proxy with its own CA.
func (w *world) signedIn(left time.Duration) *fakeoauth.Server {
	w.t.Helper()
	claude := lab.RequireClaude(w.t)
	service := fakeoauth.Start(w.t, "127.0.0.1:0", refreshToken)
	w.signIn(accessToken, time.Now().Add(left))
	// The sessions' own network needs neither.
	w.set("PATH="+filepath.Dir(claude)+":"+os.Getenv("PATH"),
		"HTTPS_PROXY="+service.URL, "NODE_EXTRA_CA_CERTS="+service.CA, "DCLAUDE_NETWORK=open")
	return service
}

// The host's login has expired: a launch has the host's own Claude Code renew
// it, the session works with the new token, and the refresh token, old or new,
// is nowhere in the session's volume or in its container's file system.
func TestALaunchRenewsAnExpiredLogin(t *testing.T) {
	w := newWorld(t)
	service := w.signedIn(-time.Hour)
	w.api.Accept(fakeoauth.Access(1))
	p := w.project("p")
	chown(t, p, 501, 20)
	r := w.ok(p, "--", "-p", "hi")
	if r.stdout != "You said: hi\n" || strings.Contains(r.stderr, "expired") {
		t.Errorf("%v", r)
	}
	for _, token := range w.api.Tokens() {
		if token != fakeoauth.Access(1) {
			t.Error("a message carried another token than the renewed one")
		}
	}
	for _, isolation := range isolations {
		name := strings.TrimSpace(w.ok("--isolation", isolation, "--detach", p).stdout)
		w.noRefreshToken(t, name, refreshToken, fakeoauth.Refresh(1))
		w.ok("stop", name)
	}
	if grants := service.Grants(); len(grants) != 1 || !grants[0].Granted {
		t.Errorf("grants: %v; asked for %v", grants, service.Hosts())
	}
}

// noRefreshToken searches all that belongs to a session.
func (w *world) noRefreshToken(t *testing.T, name string, tokens ...string) {
	t.Helper()
	if text := w.sessionFile(name, credentialsPath); !strings.Contains(text, fakeoauth.Access(1)) || strings.Contains(text, "efreshToken") {
		t.Errorf("session %s has another login", name)
	}
	inside := w.ok("shell", name, "--", "sh", "-c", "grep -rslE '"+strings.Join(tokens, "|")+"' / --exclude-dir=proc --exclude-dir=sys --exclude-dir=dev; true").stdout
	if inside != "" {
		t.Errorf("inside, a refresh token is in %s", inside)
	}
	volumes := w.lab.Docker("inspect", "--format", `{{range .Mounts}}{{if eq .Type "volume"}}{{.Source}} {{end}}{{end}}{{.GraphDriver.Data.MergedDir}}`, "dclaude-"+name)
	seen := 0
	for _, dir := range strings.Fields(volumes) {
		dir = w.lab.Seen(dir)
		err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil || !d.Type().IsRegular() || strings.HasPrefix(path, filepath.Join(dir, "usr")) {
				return nil
			}
			b, err := os.ReadFile(path)
			seen++
			for _, token := range tokens {
				if strings.Contains(string(b), token) {
					t.Errorf("a refresh token is in %s", path)
				}
			}
			return err
		})
		if err != nil {
			t.Error(err)
		}
	}
	if seen < 100 {
		t.Errorf("only %d files of the container and its volumes were searched: %s", seen, volumes)
	}
}

// The login ends while a session runs: its window has it renewed in time, and
// the session's next message carries the new token.
func TestAWindowHasTheLoginRenewed(t *testing.T) {
	w := newWorld(t)
	// Twenty seconds until Claude Code would renew it.
	service := w.signedIn(5*time.Minute + 20*time.Second)
	term := w.terminal(w.project("p"))
	prompt(t, term.AwaitFunc)
	if n := len(service.Grants()); n > 0 {
		t.Errorf("%d grants before it was due", n)
	}
	await(t, "the session's new token", func() bool { return len(service.Grants()) > 0 && w.has(w.onlySession()) == "current" })
	w.api.Accept(fakeoauth.Access(1))
	term.Send("renewed?")
	term.Await("renewed?")
	term.Send(lab.KeyEnter)
	term.Await("You said: renewed?")
	term.Send("/exit")
	term.Await("/exit")
	term.Send(lab.KeyEnter)
	if code := term.Exit(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if grants := service.Grants(); len(grants) != 1 {
		t.Errorf("grants: %v", grants)
	}
}

// What a user sees when the login cannot be renewed.
func TestALoginThatCannotBeRenewed(t *testing.T) {
	w := newWorld(t)
	bin := filepath.Join(w.home, ".local", "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	planted := filepath.Join(w.project("planted"), "claude")
	// A claude that the machine itself has would be found, in the usual places.
	for _, dir := range []string{"/usr/local/bin", "/usr/bin", "/opt/homebrew/bin"} {
		if _, err := os.Stat(filepath.Join(dir, "claude")); err == nil {
			t.Skipf("this machine has a Claude Code in %s", dir)
		}
	}
	w.set("PATH=" + filepath.Dir(planted) + ":/usr/bin:/bin")
	for _, tc := range []struct{ name, script, warning, hint string }{
		{"none", "", "no Claude Code was found", "sandbox or token"},
		{"junk", "head -c 100000 /dev/urandom", "did not renew the login", "run `claude`"},
	} {
		w.signIn(fmt.Sprintf("sk-ant-oat01-e2e-%s", tc.name), time.Now().Add(-time.Hour))
		if err := os.WriteFile(planted, []byte("#!/bin/sh\ntouch '"+w.home+"/hacked'\n"), 0o755); err != nil {
			t.Fatal(err)
		}
		if tc.script != "" {
			if err := os.WriteFile(filepath.Join(bin, "claude"), []byte("#!/bin/sh\n"+tc.script+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		r := w.ok(filepath.Dir(planted), "--", "-p", "hi")
		if !strings.Contains(r.stderr, "has expired: ") || !strings.Contains(r.stderr, tc.warning) || !strings.Contains(r.stderr, tc.hint) || r.stdout != "You said: hi\n" {
			t.Errorf("%s: %v", tc.name, r)
		}
		if r := w.run("creds", "refresh"); r.code != 125 || !strings.Contains(r.stderr, tc.warning) {
			t.Errorf("%s: %v", tc.name, r)
		}
	}
	if _, err := os.Stat(filepath.Join(w.home, "hacked")); err == nil {
		t.Error("the project's claude was run on the host")
	}
}
