package cli

import (
	"strings"
	"testing"

	"dclaude/launcher/config"
)

func TestDiffLinesKeepTheirMarks(t *testing.T) {
	diff := "@@ -1 +1 @@\n-" + strings.Repeat("a", 60) + "\n+" + strings.Repeat("b", 60) + "\n\n c\n\\ No newline at end of file\n"
	want := []string{"@@ -1 +1 @@", "-" + strings.Repeat("a", 39), "-↳ " + strings.Repeat("a", 21),
		"+" + strings.Repeat("b", 39), "+↳ " + strings.Repeat("b", 21), "", " c", `\ No newline at end of file`}
	if got := diffLines(diff, 40); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestEffectLines(t *testing.T) {
	for _, tt := range []struct {
		ignored []config.Ignored
		want    string
	}{
		{nil, "approving changes nothing: the file only takes away, which needs no approval"},
		{[]config.Ignored{{Key: "isolation", Value: `"runc"`}}, `approving sets isolation = "runc"`},
		{[]config.Ignored{{Key: "env", Value: `["A=1"]`, Items: []string{`"A=1"`}}}, `approving sets env = ["A=1"]`},
		{[]config.Ignored{{Key: "allow", Value: "no", Items: []string{`"a.example"`, `"b.example"`}}}, "approving sets allow = [\n  \"a.example\",\n  \"b.example\",\n]"},
		{[]config.Ignored{{Key: "host", Value: "no", Never: true}, {Key: "pids", Value: "0"}}, "without effect, as it is yours alone to set: host\napproving sets pids = 0"},
	} {
		if got := strings.Join(effectLines(tt.ignored, 80), "\n"); got != tt.want {
			t.Errorf("%+v: %s", tt.ignored, got)
		}
	}
}

func TestNobodyReadsMore(t *testing.T) {
	if err := checkReadable("f", make([]string, maxApproval-1), make([]string, 1)); err != nil {
		t.Error(err)
	}
	if err := checkReadable("f", make([]string, maxApproval), make([]string, 1)); err == nil || hintOf(err) == "" {
		t.Errorf("%v", err)
	}
}
