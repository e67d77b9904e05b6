package cli

import (
	"testing"

	"dclaude/launcher/session"
)

func TestSessionAbove(t *testing.T) {
	sessions := []session.Session{
		{Name: "ended", Project: "/p/ended", State: "exited"},
		{Name: "code", Project: "/p/code", State: "running"},
		{Name: "old", State: "running"}, // without a label nothing is known
	}
	for path, want := range map[string]string{
		"/p/code":       "", // the same folder is no trap: it is mounted itself
		"/p/code/sub":   "code",
		"/p/code/a/b":   "code",
		"/p/code-other": "",
		"/p":            "",
		"/p/ended/x":    "",
	} {
		s, at, found := sessionAbove(sessions, []string{"/elsewhere", path})
		if s.Name != want || found != (want != "") || (found && at != path) {
			t.Errorf("%s: %q, %q, %v", path, s.Name, at, found)
		}
	}
}
