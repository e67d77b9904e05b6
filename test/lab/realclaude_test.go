package lab_test

import (
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"dclaude/launcher/fakeapi"
	"dclaude/test/lab"
)

// The tests in this file run the real Claude Code on this machine against the
// fake API: they show that the fake, the terminal and the made-up login are
// good enough for it.

const token = "sk-ant-oat01-FAKE-first"

// claude is what one such test needs.
type claude struct {
	program, config, project string
	env                      []string
	api                      *fakeapi.Server
}

func newClaude(t *testing.T, rules ...fakeapi.Rule) claude {
	t.Helper()
	c := claude{program: lab.RequireClaude(t), config: t.TempDir(), project: t.TempDir(), api: fakeapi.New(rules...)}
	url, stop, err := c.api.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	c.login(t, token)
	c.env = append(lab.ClaudeEnv(c.config, url), "IS_SANDBOX=1")
	return c
}

func (c claude) login(t *testing.T, token string) {
	t.Helper()
	login := lab.Login{Access: token, Expires: time.Now().Add(8 * time.Hour)}
	if err := lab.PrepareClaude(c.config, login, c.project); err != nil {
		t.Fatal(err)
	}
}

func (c claude) run(t *testing.T, args ...string) (string, error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), c.program, args...)
	cmd.Env, cmd.Dir = c.env, c.project
	out, err := cmd.Output()
	return strings.TrimSpace(string(out)), err
}

func TestRealClaudeTakesTheFakeForTheAPI(t *testing.T) {
	c := newClaude(t)
	out, err := c.run(t, "-p", "say hi")
	if err != nil || out != "You said: say hi" {
		t.Errorf("claude -p printed %q, %v", out, err)
	}
	if tokens := c.api.Tokens(); len(tokens) == 0 || slices.ContainsFunc(tokens, func(s string) bool { return s != token }) {
		t.Error("the fake did not see the login's token, and only that")
	}
}

func TestRealClaudeRunsACommand(t *testing.T) {
	c := newClaude(t, fakeapi.Bash("make the file", "echo made > made.txt && cat made.txt"))
	out, err := c.run(t, "--dangerously-skip-permissions", "-p", "please make the file")
	if err != nil || out != "The tool said: made" {
		t.Errorf("claude -p printed %q, %v", out, err)
	}
	if got, err := exec.Command("cat", filepath.Join(c.project, "made.txt")).Output(); err != nil || string(got) != "made\n" {
		t.Errorf("the file holds %q, %v", got, err)
	}
}

func TestRealClaudeIsRefusedWithAnotherToken(t *testing.T) {
	c := newClaude(t)
	c.api.Accept("another token")
	out, err := c.run(t, "-p", "say hi")
	if err == nil {
		t.Errorf("claude -p printed %q and succeeded", out)
	}
	if len(c.api.Tokens()) != 0 {
		t.Error("the fake let a token in that it should not know")
	}
}

func TestRealClaudeOnATerminal(t *testing.T) {
	c := newClaude(t)
	p := lab.StartPty(t, lab.PtyOptions{Args: []string{c.program}, Env: c.env, Dir: c.project, Limit: time.Minute})
	p.Await("Claude Code v")
	p.Await("❯")
	p.Send("hello from a test")
	p.Await("❯ hello from a test")
	p.Send(lab.KeyEnter)
	p.Await("You said: hello from a test")

	p.Resize(90, 30)
	p.AwaitFunc("lines of 90 columns", func(screen string) bool {
		return strings.Contains(screen, "You said: hello from a test") && widest(screen) <= 90
	})

	// A new login is picked up by the next request of the same session.
	c.login(t, "sk-ant-oat01-FAKE-second")
	p.Send("once more" + lab.KeyEnter)
	p.Await("You said: once more")
	if tokens := c.api.Tokens(); tokens[0] != token || tokens[len(tokens)-1] != "sk-ant-oat01-FAKE-second" {
		t.Error("the requests did not go from the first token to the second")
	}

	p.Send("/exit" + lab.KeyEnter)
	if code := p.Exit(); code != 0 {
		t.Errorf("exit code = %d, want 0", code)
	}
}

// widest returns the length of the longest line.
func widest(screen string) int {
	n := 0
	for _, line := range strings.Split(screen, "\n") {
		n = max(n, len([]rune(line)))
	}
	return n
}
