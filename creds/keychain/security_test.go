package keychain

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"dclaude/creds"
)

func TestTranslate(t *testing.T) {
	cases := []struct {
		code int
		want error
		hint string
	}{
		{44, creds.ErrMissing, ""},
		{36, ErrLocked, "unlock-keychain"},
		{29, ErrLocked, "unlock-keychain"},
		{51, ErrDenied, "Allow"},
		{128, ErrDenied, "Allow"},
		{101, ErrDenied, "Allow"},
		{37, ErrUnavailable, "login session"},
		{49, ErrUnavailable, "login session"},
		{50, ErrUnavailable, "login session"},
		{53, ErrUnavailable, "login session"},
	}
	for _, tc := range cases {
		err := translate(tc.code)
		if !errors.Is(err, tc.want) || !strings.Contains(advice(err), tc.hint) {
			t.Errorf("%d: %v, advice %q", tc.code, err, advice(err))
		}
	}
	if err := translate(0); err != nil {
		t.Error(err)
	}
	if err := translate(2); err == nil || err.Error() != "security ended with code 2" || advice(err) != "" {
		t.Errorf("unknown code: %v", err)
	}
}

func TestFindArgs(t *testing.T) {
	for _, tc := range []struct {
		account string
		secret  bool
		want    string
	}{
		{"anna", true, "find-generic-password|-a|anna|-s|S x|-w"},
		{"", true, "find-generic-password|-s|S x|-w"},
		{"", false, "find-generic-password|-s|S x"},
	} {
		if got := strings.Join(findArgs(tc.account, "S x", tc.secret), "|"); got != tc.want {
			t.Errorf("%q", got)
		}
	}
}

// sh stands for security: the same way of being run, on every system.
func sh(ctx context.Context, script string) ([]byte, int, error) {
	return command{path: "/bin/sh"}.run(ctx, "-c", script)
}

func TestCommand(t *testing.T) {
	out, code, err := sh(t.Context(), `cat; echo '{"a":1}'; echo noise >&2`)
	if err != nil || code != 0 || string(out) != "{\"a\":1}\n" {
		t.Errorf("%q, %d, %v", out, code, err)
	}
	out, code, err = sh(t.Context(), "echo KEEP-THIS; exit 44")
	if err != nil || code != 44 || out != nil {
		t.Errorf("%q, %d, %v", out, code, err)
	}
	if _, _, err = sh(t.Context(), "kill -9 $$"); err == nil || strings.Contains(err.Error(), "-9") {
		t.Errorf("killed: %v", err)
	}
	if _, _, err = (command{path: "/no/such/security"}).run(t.Context()); !errors.Is(err, ErrUnavailable) || !strings.Contains(err.Error(), "/no/such/security is missing") {
		t.Errorf("no tool: %v", err)
	}
	if _, _, err = (command{path: t.TempDir()}).run(t.Context()); err == nil || errors.Is(err, ErrUnavailable) {
		t.Errorf("not a program: %v", err)
	}
}

func TestCommandThatPrintsWithoutEnd(t *testing.T) {
	out, _, err := sh(t.Context(), "head -c 5000000 /dev/zero | tr '\\0' 7")
	if err != nil || len(out) != creds.MaxStored+1 {
		t.Fatalf("%d bytes, %v", len(out), err)
	}
	if _, err := creds.Parse(out); !errors.Is(err, creds.ErrUnreadable) {
		t.Error(err)
	}
}

func TestCommandIsStopped(t *testing.T) {
	ctx, cancel := context.WithTimeoutCause(t.Context(), time.Millisecond, ErrTimeout)
	defer cancel()
	if _, _, err := sh(ctx, "exec sleep 60"); !errors.Is(err, ErrTimeout) {
		t.Error(err)
	}
}
