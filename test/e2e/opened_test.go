package e2e

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"dclaude/test/lab"
)

// A session that has ended left a link in its project. A launch through it
// would open a folder that the user never named.
func TestALinkOfAPastSession(t *testing.T) {
	w := newWorld(t)
	p, other := w.project("p"), w.project("other")
	w.ok("--isolation", "runc", p, "--", "-p", "hi")
	for name, target := range map[string]string{"out": other, "in": "sub"} {
		if err := os.Symlink(target, filepath.Join(p, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(p, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	out := filepath.Join(p, "out")
	for _, args := range [][]string{{out, "--", "-p", "hi"}, {"reset", "--yes", out}, {"trust", out}} {
		r := w.run(args...)
		if r.code != 125 || !strings.Contains(r.stderr, strconv.Quote(out)+" is a link that a session could have made") || !strings.Contains(r.stderr, "name that: \""+other+"\"") {
			t.Errorf("%q: %v", args, r)
		}
	}
	// A shell that went there first has the link in its own idea of the folder.
	cmd := w.command("--detach")
	cmd.Dir, cmd.Env = out, append(cmd.Env, "PWD="+out)
	if said, err := cmd.CombinedOutput(); err == nil || !strings.Contains(string(said), "is a link that a session could have made") {
		t.Errorf("from within: %s, %v", said, err)
	}
	// What leads nowhere else, what the user names, and what they insist on.
	w.ok("reset", "--yes", filepath.Join(p, "in"))
	w.ok("reset", "--yes", other)
	w.ok("--isolation", "runc", "--allow-refused-folder", out, "--", "-p", "hi")
}

// A program called claude in a folder that a session once had is not run on the
// host, whatever else has been forgotten of that session.
func TestAClaudeOfAPastSession(t *testing.T) {
	w := newWorld(t)
	p := w.project("p")
	t.Cleanup(func() { w.lab.TryDocker("volume", "rm", "claude-data") })
	w.ok("--isolation", "runc", "--state", "shared", p, "--", "-p", "hi")
	marker := filepath.Join(w.home, "ran")
	planted := "#!/bin/sh\ntouch " + marker + "\n"
	if err := os.WriteFile(filepath.Join(p, "claude"), []byte(planted), 0o755); err != nil {
		t.Fatal(err)
	}
	w.set("PATH=" + p + ":/usr/bin:/bin")
	w.login(lab.Login{Access: accessToken, Refresh: refreshToken, Expires: time.Now().Add(-time.Hour)})
	w.run("creds", "refresh")
	w.run("doctor")
	if _, err := os.Stat(marker); err == nil {
		t.Error("it was run")
	}
	// The control: a folder that no session ever had.
	if err := os.Remove(filepath.Join(w.home, ".local/state/dclaude/opened")); err != nil {
		t.Fatal(err)
	}
	w.run("creds", "refresh")
	if _, err := os.Stat(marker); err != nil {
		t.Errorf("the control ran nothing: %v", err)
	}
}
