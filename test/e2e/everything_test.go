package e2e

import (
	"net"
	"net/http"
	"strings"
	"testing"
)

// A rule for everything is asked about wherever it comes in. One who agrees gets
// every name and public address, and still neither this machine nor a private
// network.
func TestARuleForEverything(t *testing.T) {
	w := newWorld(t)
	l := w.listener()
	server := &http.Server{Handler: http.NotFoundHandler()}
	go func() { _ = server.Serve(l) }()
	t.Cleanup(func() { server.Close() })
	p := w.project("p")
	api := strings.TrimPrefix(w.apiURL, "http://")
	w.set("DCLAUDE_ISOLATION=runc", "DCLAUDE_ALLOW="+api)
	reach := func(name, url string) string {
		t.Helper()
		return w.run("shell", name, "--", "curl", "-sS", "-m", "20", url).stdout
	}

	// At a launch.
	no := w.terminal("--allow", "*", p)
	no.Await("go ahead? [y/N]")
	no.Send("\r")
	no.Await("nothing was started")
	if code := no.Exit(); code != 125 {
		t.Errorf("declined: exit code %d", code)
	}
	yes := w.terminal("--allow", api, "--allow", "*", p)
	yes.Await("Whatever it can read")
	yes.Send("y\r")
	prompt(t, yes.AwaitFunc)
	name := strings.TrimPrefix(w.lab.Docker("ps", "--filter", "label=dev.dclaude.role=sandbox", "--format", "{{.Names}}"), "dclaude-")
	if got := reach(name, "http://any.invalid/"); !strings.Contains(got, "is allowed, but its name cannot be resolved") {
		t.Errorf("a name: %q", got)
	}
	_, port, _ := net.SplitHostPort(l.Addr().String())
	for _, host := range []string{w.lab.Gateway(), "10.1.2.3", "169.254.169.254"} {
		if got := reach(name, "http://"+host+"/"); !strings.Contains(got, "leads to an address that is not public") {
			t.Errorf("%s: %q", host, got)
		}
		if got := reach(name, "http://"+host+":"+port+"/"); !strings.Contains(got, "is allowed, but not on port") {
			t.Errorf("%s:%s: %q", host, port, got)
		}
	}
	w.ok("stop", name)
	yes.Exit()

	// In a session that runs.
	name = strings.TrimSpace(w.ok("--detach", p).stdout)
	if r := w.run("net", "allow", "*"); r.code != 125 || !strings.Contains(r.stderr, "add --yes to go ahead") {
		t.Errorf("nobody to ask: %v", r)
	}
	if got := reach(name, "http://any.invalid/"); !strings.Contains(got, "is not on this session's allow-list") {
		t.Errorf("refused, and yet: %q", got)
	}
	ask := w.terminal("net", "allow", "--always", "0.0.0.0/0")
	ask.Await("private networks among it")
	ask.Send("n\r")
	ask.Await("nothing was changed")
	ask.Exit()
	w.ok("net", "allow", "--yes", "--project", "*")
	if got := reach(name, "http://any.invalid/"); !strings.Contains(got, "its name cannot be resolved") {
		t.Errorf("allowed, and yet: %q", got)
	}
	w.ok("stop", name)

	// What was agreed to for good is not asked about again, and said.
	r := w.ok("--detach", p)
	if !strings.Contains(r.stderr, "the allow-list has a rule for everything, *:") {
		t.Errorf("not said: %v", r)
	}
	w.ok("net", "deny", "--project", "*")
	if got := reach(strings.TrimSpace(r.stdout), "http://"+api+"/"); !strings.Contains(got, "the user has forbidden") {
		t.Errorf("forbidden: %q", got)
	}
	w.ok("stop", "--all")
}
