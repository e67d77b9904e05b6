package cli

import (
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"dclaude/launcher/session"
)

func TestReadLineLeavesWhatFollows(t *testing.T) {
	r := strings.NewReader("yes\nfor Claude\n")
	line, err := readLine(r)
	rest := make([]byte, 20)
	n, _ := r.Read(rest)
	if err != nil || line != "yes" || string(rest[:n]) != "for Claude\n" {
		t.Errorf("line %q, rest %q, %v", line, rest[:n], err)
	}
	if line, err := readLine(strings.NewReader("the end")); line != "the end" || err != nil {
		t.Errorf("without a newline: %q, %v", line, err)
	}
	if line, err := readLine(strings.NewReader(strings.Repeat("x", 2*maxAnswer))); len(line) != maxAnswer || err != nil {
		t.Errorf("an endless line: %d bytes, %v", len(line), err)
	}
	if _, err := readLine(iotest.ErrReader(os.ErrClosed)); err == nil {
		t.Error("a failure is no answer")
	}
}

func TestAnswered(t *testing.T) {
	sessions := []session.Session{{Name: "a-bcdf"}, {Name: "b-ghjk"}}
	for answer, want := range map[string]string{"1": "a-bcdf", "2": "b-ghjk", "b-ghjk": "b-ghjk", "3": "", "0": "", "": "", "b": ""} {
		if s, ok := answered(sessions, answer); s.Name != want || ok != (want != "") {
			t.Errorf("%q: %q, %v", answer, s.Name, ok)
		}
	}
}

func TestWords(t *testing.T) {
	for n, want := range map[int]string{0: "0 copies", 1: "a copy", 2: "2 copies"} {
		if got := plural(n, "copy"); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
	if got := plural(1, "session") + ", " + plural(3, "session"); got != "a session, 3 sessions" {
		t.Errorf("got %q", got)
	}
	for bytes, want := range map[uint64]string{5 << 10: "5 KiB", 300 << 20: "300 MiB", 3 << 29: "1.5 GiB"} {
		if got := size(bytes); got != want {
			t.Errorf("%d: %q", bytes, got)
		}
	}
}

func TestStateText(t *testing.T) {
	for want, s := range map[string]session.Session{
		"attached":          {State: "running", Attached: true},
		"in the background": {State: "running"},
		"paused":            {State: "paused"},
		`a\x1b[31m`:         {State: "a\x1b[31m"},
	} {
		if got := stateText(s); got != want {
			t.Errorf("%+v: %q", s, got)
		}
	}
}

func TestTokenText(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	for want, ends := range map[string]time.Time{"-": {}, "expired": now.Add(-time.Second), "7h left": now.Add(7*time.Hour + time.Minute), "5m left": now.Add(5 * time.Minute)} {
		if got := tokenText(session.Session{TokenEnds: ends}, now); got != want {
			t.Errorf("%v: %q, want %q", ends, got, want)
		}
	}
}
