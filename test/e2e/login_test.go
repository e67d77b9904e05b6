package e2e

import (
	"net"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"dclaude/test/fakeoauth"
	"dclaude/test/lab"
)

// dclaude login signs in inside the sandbox, by Claude Code's own sign-in. The
// login stays in the project's volume, and sessions with the source "sandbox"
// use it; the host's login has no part in it.
func TestLoginInsideTheSandbox(t *testing.T) {
	w := newWorld(t)
	service := fakeoauth.Start(t, net.JoinHostPort(w.lab.Gateway(), "0"), "none")
	p := w.project("p")
	chown(t, p, 501, 20)
	ca, err := os.ReadFile(service.CA)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(p, "ca.pem"), ca, 0o644); err != nil {
		t.Fatal(err)
	}
	w.set("DCLAUDE_NETWORK=open")
	term := w.terminal("login", "--env", "HTTPS_PROXY="+service.URL, "--env", "NODE_EXTRA_CA_CERTS=/workspace/ca.pem",
		"--env", "CLAUDE_CODE_FULL_SIGN_IN_LINK=1", p) // else the address is a short form of itself
	term.Await("Paste code here")
	// What follows the code proves that it belongs to this sign-in.
	raw := term.Raw()
	state := regexp.MustCompile(`[?&]state=([A-Za-z0-9_-]+)`).FindSubmatch(raw)
	if state == nil {
		t.Fatalf("no address to sign in at: %q", raw[max(len(raw)-2000, 0):])
	}
	term.Send("the-code#" + string(state[1]) + lab.KeyEnter)
	if code := term.Exit(); code != 0 {
		t.Fatalf("exit code %d\n%s", code, term.Screen())
	}
	if text := string(term.Raw()); !strings.Contains(text, `credentials.source is "host"`) || strings.Contains(text, fakeoauth.Access(1)) {
		t.Errorf("it says %q", text)
	}
	if grants := service.Grants(); len(grants) == 0 || grants[0].Type != "authorization_code" {
		t.Errorf("grants: %v", grants)
	}
	w.set("DCLAUDE_CREDENTIALS_SOURCE=sandbox")
	w.ok(p, "--", "-p", "hi")
	for _, token := range w.api.Tokens() {
		if token != fakeoauth.Access(1) {
			t.Error("the session used another login")
		}
	}
}
