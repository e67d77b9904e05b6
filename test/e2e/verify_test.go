package e2e

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

type verified struct{ Promise, Tried, Seen, Status string }

func (w *world) verify(args ...string) ([]verified, int) {
	w.t.Helper()
	r := w.run(append([]string{"verify", "--json"}, args...)...)
	var all []verified
	if err := json.Unmarshal([]byte(r.stdout), &all); err != nil {
		w.t.Fatalf("%v: %v", err, r)
	}
	if left, err := os.ReadDir(filepath.Join(w.home, ".cache", "dclaude")); err != nil || len(left) > 0 {
		w.t.Errorf("left in the cache: %v, %v", left, err)
	}
	if out := w.lab.Docker("volume", "ls", "-q", "--filter", "label=dev.dclaude.role=state"); strings.Contains(out, "claude-data-project-") {
		w.t.Errorf("left volumes: %s", out)
	}
	return all, r.code
}

// pointless tells whether an attack is left out for the one good reason: it
// goes to the internet, which this machine may not reach.
func (v verified) pointless() bool {
	outside := strings.Contains(v.Tried, "on the internet") || strings.Contains(v.Tried, "metadata")
	return v.Status == "skipped" && outside && strings.Contains(v.Seen, "without protection either")
}

func TestVerify(t *testing.T) {
	w := newWorld(t)
	for _, isolation := range []string{"runsc", "nested"} {
		all, code := w.verify("--isolation", isolation)
		for _, v := range all {
			if v.Status != "ok" && !v.pointless() {
				t.Errorf("%s: %+v", isolation, v)
			}
			here := strings.Contains(v.Tried, "service of this machine") || strings.Contains(v.Tried, "one on this machine")
			if here && !strings.Contains(v.Seen, "without protection it is reached") {
				t.Errorf("%s: nothing shows that the attack works: %+v", isolation, v)
			}
		}
		if code != 0 || len(all) < 15 {
			t.Errorf("%s: exit code %d, %d promises", isolation, code, len(all))
		}
	}
	if len(w.api.Tokens()) > 0 {
		t.Error("verify used the user's login")
	}
}

// Without gVisor and with an open network, verify fails, for these reasons and
// no others.
func TestVerifyFailsForTheRightReasons(t *testing.T) {
	w := newWorld(t)
	all, code := w.verify("--isolation", "runc", "--network", "open")
	if code != 1 {
		t.Errorf("exit code %d", code)
	}
	broken := 0
	for _, v := range all {
		network := strings.Contains(v.Promise, "no way out")
		switch {
		case v.Status != "failed" && (strings.Contains(v.Tried, "service of this machine") || strings.Contains(v.Tried, "one on this machine")):
			t.Errorf("an open network is taken for a closed one: %+v", v)
		case v.Status == "ok", v.pointless():
		case network && strings.Contains(v.Seen, `network = "open"`), strings.Contains(v.Promise, "gVisor") && strings.Contains(v.Seen, "Linux version"):
			broken++
		default:
			t.Errorf("not for this reason: %+v", v)
		}
	}
	if broken < 3 {
		t.Errorf("%d promises are broken", broken)
	}
	if r := w.run("verify", "--isolation", "runc", "--network", "open"); r.code != 1 || !strings.Contains(r.stdout, "broken") {
		t.Errorf("%v", r)
	}
}
