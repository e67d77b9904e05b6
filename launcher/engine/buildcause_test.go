package engine

import (
	"errors"
	"strings"
	"testing"
)

func TestCauseOfAFailedStep(t *testing.T) {
	for line, want := range map[string]buildCause{
		"npm error code ETARGET":                   causeNoVersion,
		"npm error code ECONNREFUSED":              causeNetwork,
		"npm ERR! code EAI_AGAIN":                  causeNetwork,
		"npm error code SELF_SIGNED_CERT_IN_CHAIN": causeTrust,
		"npm error code ENOSPC":                    causeDisk,
		"npm error code EACCES":                    causeUnknown,
		"npm error errno ECONNREFUSED":             causeUnknown,
		"W: Failed to fetch http://x/InRelease  Temporary failure resolving 'x'": causeNetwork,
		"E: Failed to fetch http://x/a.deb  Could not connect":                   causeNetwork,
		"E: Unable to locate package aggregate":                                  causeUnknown,
		"Failed to fetch":                                                        causeUnknown,
		"":                                                                       causeUnknown,
	} {
		if got := causeOf(line); got != want {
			t.Errorf("%q: %q, want %q", line, got, want)
		}
	}
	hints := map[string]bool{}
	for _, c := range []buildCause{causeNetwork, causeNoVersion, causeTrust, causeDisk} {
		hint := c.hint(OrbStack)
		if hint == "" || hints[hint] {
			t.Errorf("%s: hint %q", c, hint)
		}
		hints[hint] = true
	}
	if hint := causeUnknown.hint(OrbStack); hint != "" {
		t.Errorf("hint %q", hint)
	}
}

// The first line that tells counts: npm goes on for pages after it.
func TestCauseStaysWhenItsLineIsGone(t *testing.T) {
	tail := newTail()
	tail.name("k", "[7/9] RUN npm install")
	tail.write("k", []byte("npm error code ECONNREFUSED\nnpm error code ETARGET\n"))
	tail.write("k", []byte(strings.Repeat("noise\n", 100)))
	tail.fail("k")
	if _, lines, cause := tail.failed(); cause != causeNetwork || len(lines) != tailLines {
		t.Errorf("cause %q, %d lines", cause, len(lines))
	}
}

func TestBuildErrorIsOneReadableLine(t *testing.T) {
	script := "[7/9] RUN set -eu;     npm install --global --no-audit --no-fund \"@anthropic-ai/claude-code@${CLAUDE_CODE_VERSION}\";     claude --version"
	want := `the image build failed at [7/9] RUN npm install --global --no-audit --no-fund "@anthro...: exit code 1`
	for _, cause := range []string{
		"executor failed running [/bin/sh -c set -eu; npm install]: exit code: 1",
		`process "/bin/sh -c set -eu; npm install" did not complete successfully: exit code: 1`,
	} {
		err := &BuildError{Step: script, Err: &Error{Op: opBuild, Err: errors.New(cause)}, cause: causeNoVersion, LogFile: "/l"}
		if err.Error() != want {
			t.Errorf("got  %s\nwant %s", err, want)
		}
		if hint := err.Hint(); !strings.HasPrefix(hint, "there is no such version") || !strings.HasSuffix(hint, "; the whole log is in /l") {
			t.Errorf("hint %q", hint)
		}
	}
	if got := shortStep("ü" + strings.Repeat("é", 50)); !strings.HasSuffix(got, "é...") {
		t.Errorf("cut in a character: %q", got)
	}
}

func TestShortCause(t *testing.T) {
	for text, want := range map[string]string{
		"failed to solve: process \"/bin/sh -c set -eu; npm\" did not complete successfully: exit code: 1": "exit code 1",
		"executor failed running [/bin/sh -c set -eu]: exit code: 100":                                     "exit code 100",
		// Docker Engine 28.5
		"r.invalid:5000/image:1: failed to resolve source metadata for r.invalid:5000/image:1: failed to do request: no such host": "failed to do request: no such host",
		"no space left on device": "no space left on device",
	} {
		if got := shortCause(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}
