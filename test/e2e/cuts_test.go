package e2e

import (
	"strings"
	"testing"
)

// The engine ends between any two calls of any everyday command. Each time the
// command ends too, by itself; it has done what it should, or it says what failed
// and what to do. With the engine back, nothing is in the way of the next.
func TestEngineStopsBetweenAnyTwoCalls(t *testing.T) {
	w := newWorld(t).set("DCLAUDE_ISOLATION=runc")
	p := w.project("p")
	w.ok(p, "--", "--version") // the image is there
	wire := newWire(t, w.lab.Host)
	w.set("DOCKER_HOST=unix://" + wire.path)
	running := func(network string) string {
		if name := w.lab.Docker("ps", "--filter", "label=dev.dclaude.project="+p, "--filter", "label=dev.dclaude.network="+network, "--format", `{{.Label "dev.dclaude.session"}}`); name != "" {
			return name
		}
		return strings.TrimSpace(w.ok("--detach", "--network", network, p).stdout)
	}
	for what, args := range map[string]func() []string{
		"ls":        func() []string { running("open"); return []string{"ls"} },
		"shell":     func() []string { return []string{"shell", running("open"), "--", "true"} },
		"net allow": func() []string { return []string{"net", "allow", "x.example", "--in", running("allowlist")} },
		"creds":     func() []string { return []string{"creds", "inject", "--fresh-creds", running("open")} },
		"stop":      func() []string { return []string{"stop", running("open")} },
		"reset":     func() []string { w.ok("stop", "--all"); return []string{"reset", "--yes", p} },
		"launch":    func() []string { w.ok("stop", "--all"); return []string{"--detach", "--network", "open", p} },
		"doctor":    func() []string { return []string{"doctor"} },
	} {
		t.Run(what, func(t *testing.T) {
			for n := 1; ; n++ {
				line := args()
				reached := wire.cutAtNth(n)
				s := w.start(line...)
				code, said := s.code(), s.text()
				if !reached() {
					wire.forget()
					if code != 0 {
						t.Errorf("undisturbed: exit code %d\n%s", code, said)
					}
					t.Logf("%d calls", n-1)
					return
				}
				wire.back()
				told := strings.Contains(said, "dclaude: error: ") && strings.Contains(said, "dclaude: hint: ")
				switch {
				case code == 0, code == 125 && told:
				case what == "doctor" && code == 1 && strings.Contains(said, "error    "):
				default:
					t.Errorf("call %d: exit code %d\n%s", n, code, said)
				}
				if strings.Contains(said, "panic") || strings.Contains(said, "goroutine ") {
					t.Errorf("call %d:\n%s", n, said)
				}
			}
		})
	}
	w.ok("stop", "--all")
	if r := w.ok(p, "--", "-p", "hi"); r.stdout != "You said: hi\n" {
		t.Errorf("afterwards: %v", r)
	}
	// What is left is found by its label and goes once it is ten minutes old, when
	// it can be nobody's work in progress. Here, it goes now.
	for _, kind := range []struct{ list, remove []string }{
		{[]string{"ps", "-aq", "--filter", "label=dev.dclaude.role"}, []string{"rm", "-fv"}},
		{[]string{"network", "ls", "-q", "--filter", "label=dev.dclaude.role"}, []string{"network", "rm"}},
		{[]string{"volume", "ls", "-q", "--filter", "label=dev.dclaude.role=handoff"}, []string{"volume", "rm", "-f"}},
	} {
		if left := strings.Fields(w.lab.Docker(kind.list...)); len(left) > 0 {
			w.lab.Docker(append(kind.remove, left...)...)
		}
	}
}
