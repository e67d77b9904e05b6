package keychain

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"dclaude/creds"
)

func login(token string) string {
	return `{"claudeAiOauth":{"accessToken":"` + token + `","expiresAt":1767225600000},"mcpOAuth":{}}` + "\n"
}

const mcpOnly = `{"mcpOAuth":{"x":{"accessToken":"KEEP-THIS"}}}`

// answer is what the fake tool prints and ends with for one account.
type answer struct {
	out  string
	code int
	err  error
	hang bool // until the context ends
}

// fakeTool answers per account ("" is a question without one) and records the
// questions. What it does not know is not found.
type fakeTool struct {
	t       *testing.T
	service string
	answers map[string]answer
	asked   []string
}

func (f *fakeTool) run(ctx context.Context, args ...string) ([]byte, int, error) {
	f.t.Helper()
	account := ""
	if len(args) > 2 && args[1] == "-a" {
		account = args[2]
	}
	if want := findArgs(account, f.service, true); !slices.Equal(args, want) {
		f.t.Errorf("arguments %q, want %q", args, want)
	}
	f.asked = append(f.asked, account)
	a, ok := f.answers[account]
	if !ok {
		return nil, 44, nil
	}
	if a.hang {
		<-ctx.Done()
		return nil, 0, context.Cause(ctx)
	}
	return []byte(a.out), a.code, a.err
}

// fake returns a store of anna's with the given answers and items.
func fake(t *testing.T, answers map[string]answer, items ...item) (*Store, *fakeTool) {
	s := New("anna", creds.Location{})
	tool := &fakeTool{t: t, service: s.service, answers: answers}
	s.tool = tool
	s.items = func(_ context.Context, service string) ([]item, error) {
		if service != "Claude Code-credentials" {
			t.Errorf("items of %q", service)
		}
		return items, nil
	}
	return s, tool
}

func TestRead(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 1, n, 0, 0, 0, 0, time.UTC) }
	three := []item{{"old", day(1)}, {"anna", day(9)}, {"", day(8)}, {"new", day(5)}}
	cases := []struct {
		name    string
		answers map[string]answer
		items   []item
		token   string
		err     error
		asked   string
	}{
		{"own item", map[string]answer{"anna": {out: login("A")}}, three, "A", nil, "anna"},
		{"own item in hexadecimal", map[string]answer{"anna": {out: fmt.Sprintf("%x\n", login("A"))}}, nil, "A", nil, "anna"},
		{"another account", map[string]answer{"": {out: login("B")}}, three, "B", nil, "anna,"},
		{"own item holds MCP only", map[string]answer{"anna": {out: mcpOnly}, "": {out: login("B")}}, nil, "B", nil, "anna,"},
		{"first two hold MCP only", map[string]answer{"anna": {out: mcpOnly}, "": {out: mcpOnly}, "new": {out: login("C")}}, three, "C", nil, "anna,,new"},
		{"the oldest has it", map[string]answer{"": {out: mcpOnly}, "new": {out: "junk"}, "old": {out: login("D")}}, three, "D", nil, "anna,,new,old"},
		{"nothing", nil, nil, "", creds.ErrMissing, "anna,"},
		{"MCP only everywhere", map[string]answer{"anna": {out: mcpOnly}, "": {out: mcpOnly}}, three, "", creds.ErrMissing, "anna,,new,old"},
		{"empty password", map[string]answer{"anna": {out: "\n"}}, nil, "", creds.ErrMissing, "anna,"},
		{"own item cut off", map[string]answer{"anna": {out: login("A")[:40]}, "": {out: login("B")}}, three, "", creds.ErrUnreadable, "anna"},
		{"other item cut off", map[string]answer{"": {out: login("A")[:40]}}, nil, "", creds.ErrUnreadable, "anna,"},
		{"locked", map[string]answer{"anna": {code: 36}, "": {out: login("B")}}, three, "", ErrLocked, "anna"},
		{"denied", map[string]answer{"anna": {code: 51}, "": {out: login("B")}}, three, "", ErrDenied, "anna"},
		{"second is denied", map[string]answer{"": {code: 128}}, three, "", ErrDenied, "anna,"},
		{"third is denied", map[string]answer{"new": {code: 128}, "old": {out: login("D")}}, three, "", ErrDenied, "anna,,new"},
		{"no tool", map[string]answer{"anna": {err: fmt.Errorf("%w: x", ErrUnavailable)}}, nil, "", ErrUnavailable, "anna"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			s, tool := fake(t, tc.answers, tc.items...)
			c, err := s.Read(t.Context())
			if !errors.Is(err, tc.err) || c.Access.Reveal() != tc.token {
				t.Errorf("%v, %v; want %q, %v", c, err, tc.token, tc.err)
			}
			if got := strings.Join(tool.asked, ","); got != tc.asked {
				t.Errorf("asked %q, want %q", got, tc.asked)
			}
			if err != nil && (!strings.HasPrefix(err.Error(), `macOS keychain item "Claude Code-credentials": `) || strings.Contains(err.Error(), "KEEP") || hint(err) == "") {
				t.Errorf("error %q, hint %q", err, hint(err))
			}
		})
	}
}

func hint(err error) string {
	var e *creds.Error
	if errors.As(err, &e) {
		return e.Hint()
	}
	return ""
}

func TestReadLooksIntoSoManyItemsOnly(t *testing.T) {
	var items []item
	for i := range 50 {
		items = append(items, item{account: fmt.Sprintf("u%d", i)})
	}
	s, tool := fake(t, nil, items...)
	if _, err := s.Read(t.Context()); !errors.Is(err, creds.ErrMissing) || len(tool.asked) != 2+maxItems {
		t.Errorf("%v after %d questions", err, len(tool.asked))
	}
}

func TestReadWithoutAList(t *testing.T) {
	s, _ := fake(t, nil)
	s.items = func(context.Context, string) ([]item, error) { return nil, errors.New("broken") }
	if _, err := s.Read(t.Context()); !errors.Is(err, creds.ErrMissing) {
		t.Error(err)
	}
}

func TestReadGivesUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, tool := fake(t, map[string]answer{"anna": {hang: true}})
		start := time.Now()
		_, err := s.Read(t.Context())
		if !errors.Is(err, ErrTimeout) || time.Since(start) != 20*time.Second || len(tool.asked) != 1 {
			t.Errorf("%v after %v", err, time.Since(start))
		}
		if !strings.Contains(err.Error(), "20 seconds") || !strings.Contains(hint(err), "dialog") {
			t.Errorf("%v, hint %q", err, hint(err))
		}
	})
}

func TestReadIsCancelled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _ := fake(t, map[string]answer{"anna": {hang: true}})
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if _, err := s.Read(ctx); !errors.Is(err, context.Canceled) || errors.Is(err, ErrTimeout) {
			t.Error(err)
		}
	})
}

func TestModified(t *testing.T) {
	day := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	s, tool := fake(t, nil, item{"anna", day}, item{"b", day.Add(time.Hour)}, item{"c", time.Time{}})
	if got, err := s.Modified(t.Context()); err != nil || !got.Equal(day.Add(time.Hour)) || len(tool.asked) != 0 {
		t.Errorf("%v, %v, secrets asked for: %q", got, err, tool.asked)
	}
	s, _ = fake(t, nil, item{account: "anna"})
	if got, err := s.Modified(t.Context()); err != nil || !got.IsZero() {
		t.Errorf("no date: %v, %v", got, err)
	}
	s, _ = fake(t, nil)
	if _, err := s.Modified(t.Context()); !errors.Is(err, creds.ErrMissing) {
		t.Errorf("no item: %v", err)
	}
	s.items = func(context.Context, string) ([]item, error) { return nil, ErrLocked }
	if _, err := s.Modified(t.Context()); !errors.Is(err, ErrLocked) || hint(err) == "" {
		t.Errorf("locked: %v", err)
	}
}

func TestService(t *testing.T) {
	hash := func(dir string) string { return fmt.Sprintf("%x", sha256.Sum256([]byte(dir)))[:8] }
	const name = "Claude Code-credentials"
	for custom, want := range map[string]string{
		"":             name,
		"/Users/u/alt": name + "-" + hash("/Users/u/alt"),
		"alt/":         name + "-" + hash("alt/"),
		"/ze\u0301":    name + "-" + hash("/z\u00e9"), // decomposed, as macOS may give it
	} {
		if got := Service(creds.Location{Custom: custom}); got != want {
			t.Errorf("%q: %q, want %q", custom, got, want)
		}
	}
	// The value that `printf %s /tmp/c | shasum -a 256` starts with.
	if got := Service(creds.Location{Custom: "/tmp/c"}); got != name+"-01767619" {
		t.Errorf("%q", got)
	}
}

func TestAccount(t *testing.T) {
	for user, want := range map[string]string{
		"anna": "anna", "a.b_c-9": "a.b_c-9", "": "claude-code-user", "a b": "claude-code-user", "änne": "claude-code-user", "x;rm": "claude-code-user",
	} {
		if got := Account(user); got != want {
			t.Errorf("%q: %q", user, got)
		}
	}
}
