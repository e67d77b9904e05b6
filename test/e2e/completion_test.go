package e2e

import (
	"slices"
	"strings"
	"testing"
)

// complete returns what a shell would offer for the last word of a command line.
func (w *world) complete(args ...string) []string {
	w.t.Helper()
	var words []string
	for line := range strings.Lines(w.ok(append([]string{"__complete"}, args...)...).stdout) {
		word, _, _ := strings.Cut(strings.TrimSuffix(line, "\n"), "\t")
		if !strings.HasPrefix(word, ":") {
			words = append(words, word)
		}
	}
	slices.Sort(words)
	return words
}

// The Tab key knows the sessions, wherever one has to be named. What others on
// the engine call theirs stays out of the user's command line.
func TestSessionsAreCompleted(t *testing.T) {
	w := newWorld(t).set("DCLAUDE_ISOLATION=runc", "DCLAUDE_REVIEW=off")
	a := strings.TrimSpace(w.ok("--detach", w.project("apple")).stdout)
	b := strings.TrimSpace(w.ok("--detach", w.project("berry")).stdout)
	hostile := w.lab.Name("hostile")
	w.lab.Docker("create", "--name", hostile, "--label", "dev.dclaude.role=sandbox", "--label", "dev.dclaude.session=apple$(touch /tmp/x)", "claude-sandbox")
	both := []string{a, b}
	for _, line := range [][]string{
		{"attach"}, {"shell"}, {"stop"}, {"logs"}, {"net", "log"}, {"net", "policy"}, {"net", "restart"}, {"creds", "inject"}, {"net", "allow", "x.example", "--in"},
	} {
		if got := w.complete(append(line, "")...); !slices.Equal(got, both) {
			t.Errorf("%q: %q", line, got)
		}
	}
	for _, tt := range []struct {
		line []string
		want []string
	}{
		{[]string{"attach", "app"}, []string{a}},
		{[]string{"attach", a, ""}, nil},
		{[]string{"stop", a, ""}, []string{b}},
		{[]string{"shell", a, "--", ""}, nil},
	} {
		if got := w.complete(tt.line...); !slices.Equal(got, tt.want) {
			t.Errorf("%q: %q, want %q", tt.line, got, tt.want)
		}
	}
	w.lab.Docker("rm", "-f", hostile)
	w.ok("stop", "--all")
}
