package lab

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
)

func TestRunKeepsTheOutputAndShowsItsEnd(t *testing.T) {
	l := testLab(t)
	err := l.run(t.Context(), command{
		step: "a step",
		env:  []string{"WORD=shown"},
		args: []string{"sh", "-c", `i=0; while [ $i -lt 40 ]; do echo "line $i"; i=$((i+1)); done; echo "$WORD" >&2; exit 3`},
	})
	if err == nil {
		t.Fatal("no error")
	}
	text := err.Error()
	for _, want := range []string{"a step", "exit status 3", "line 39", "shown"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is missing in %q", want, text)
		}
	}
	if strings.Contains(text, "line 10\n") {
		t.Errorf("the error holds more than the end: %q", text)
	}
	log, readErr := os.ReadFile(l.path("log", "a-step.log"))
	if readErr != nil || !strings.Contains(string(log), "line 0\n") {
		t.Errorf("log %q, %v", log, readErr)
	}
	if hint := hintOf(err); !strings.Contains(hint, "a-step.log") {
		t.Errorf("hint %q does not name the log", hint)
	}
}

func TestRunWorksInItsFolder(t *testing.T) {
	l := testLab(t)
	dir := t.TempDir()
	if err := l.run(t.Context(), command{step: "s", dir: dir, nice: true, args: []string{"sh", "-c", "echo x > here"}}); err != nil {
		t.Fatal(err)
	}
	if !exists(dir + "/here") {
		t.Error("the program ran elsewhere")
	}
}

func TestOutput(t *testing.T) {
	out, err := command{args: []string{"sh", "-c", "echo '  word '; echo noise >&2"}}.output(t.Context())
	if err != nil || out != "word" {
		t.Errorf("got %q, %v", out, err)
	}
	_, err = command{args: []string{"sh", "-c", "echo why >&2; exit 1"}}.output(t.Context())
	if err == nil || !strings.Contains(err.Error(), "why") {
		t.Errorf("error = %v, want one with the reason", err)
	}
	if _, err := (command{args: []string{"no-such-program-anywhere"}}).output(t.Context()); err == nil {
		t.Error("no error for a missing program")
	}
}

func TestEndedContextIsTheReason(t *testing.T) {
	reason := errors.New("the reason")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(reason)
	_, err := command{args: []string{"sh", "-c", "read x"}}.output(ctx)
	if !errors.Is(err, reason) {
		t.Errorf("error = %v, want %v", err, reason)
	}
}

func TestTail(t *testing.T) {
	tests := []struct {
		text string
		n    int
		want string
	}{
		{"a\nb\nc\n", 2, "b\nc"},
		{"a\n\n  \nb  \r\n", 5, "a\nb"},
		{"", 3, ""},
	}
	for _, test := range tests {
		if got := tail(test.text, test.n); got != test.want {
			t.Errorf("tail(%q, %d) = %q, want %q", test.text, test.n, got, test.want)
		}
	}
}
