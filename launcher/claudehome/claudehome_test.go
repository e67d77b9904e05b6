package claudehome

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"dclaude/launcher/handoff"
)

// host is a home folder with what Claude keeps in it.
type host struct {
	t    *testing.T
	home string
}

func newHost(t *testing.T) host {
	t.Helper()
	home, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	h := host{t, home}
	h.write(".claude/CLAUDE.md", "be nice")
	return h
}

func (h host) at(name string) string { return filepath.Join(h.home, name) }

func (h host) write(name, content string) {
	h.t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(h.at(name)), 0o755), os.WriteFile(h.at(name), []byte(content), 0o600)); err != nil {
		h.t.Fatal(err)
	}
}

func (h host) link(target, name string) {
	h.t.Helper()
	if err := errors.Join(os.MkdirAll(filepath.Dir(h.at(name)), 0o755), os.Symlink(target, h.at(name))); err != nil {
		h.t.Fatal(err)
	}
}

func (h host) source() Source {
	return Source{Dir: h.at(".claude"), StateFile: h.at(".claude.json"), Home: h.home}
}

func (h host) read(s Source) (Home, map[string]string) {
	h.t.Helper()
	home, err := Read(s)
	if err != nil {
		h.t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range home.Entries {
		files[e.Path] = string(e.Data)
	}
	if _, err := handoff.EncodeHome(home.Entries); err != nil {
		h.t.Errorf("it cannot be handed over: %v", err)
	}
	return home, files
}

// expect compares paths, and looks for texts in the warnings.
func (h host) expect(s Source, paths []string, warnings ...string) {
	h.t.Helper()
	home, files := h.read(s)
	var got []string
	for _, e := range home.Entries {
		got = append(got, e.Path)
	}
	if !slices.Equal(got, paths) {
		h.t.Errorf("%q, want %q", got, paths)
	}
	if len(home.Warnings) != len(warnings) {
		h.t.Errorf("warnings: %q", home.Warnings)
	}
	for _, w := range warnings {
		if !strings.Contains(strings.Join(home.Warnings, "\n"), w) {
			h.t.Errorf("no %q in %q", w, home.Warnings)
		}
	}
	for path, data := range files {
		if strings.Contains(data, "SECRET") {
			h.t.Errorf("%s holds a secret", path)
		}
	}
}

func TestWhatComesAlong(t *testing.T) {
	h := newHost(t)
	for _, name := range []string{"skills/a/SKILL.md", "skills/a/lib/x.txt", "agents/b.md", "commands/c/d.md", "rules/e.md", "output-styles/f.md"} {
		h.write(".claude/"+name, name)
	}
	if err := os.Chmod(h.at(".claude/skills/a/lib/x.txt"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{
		".credentials.json", "settings.local.json", "projects/p/1.jsonl", "history.jsonl", "plugins/x/y", "skills/a/.git/config",
		"todos/1", "ide/lock", "statsig/x", "hooks/h.sh", "skills/.DS_Store",
	} {
		h.write(".claude/"+name, "SECRET")
	}
	h.expect(h.source(), []string{
		".claude/agents/b.md", ".claude/commands/c/d.md", ".claude/output-styles/f.md", ".claude/rules/e.md",
		".claude/skills/a/SKILL.md", ".claude/skills/a/lib/x.txt", "CLAUDE.md",
	})
	home, _ := h.read(h.source())
	for _, e := range home.Entries {
		if e.Executable != (e.Path == ".claude/skills/a/lib/x.txt") {
			t.Errorf("%s: executable %v", e.Path, e.Executable)
		}
	}
}

func TestNoClaudeAtAll(t *testing.T) {
	h := newHost(t)
	s := h.source()
	s.Dir = h.at("missing")
	h.expect(s, nil, "nothing comes along")
	s.Dir = h.at("empty")
	if err := os.Mkdir(s.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	h.expect(s, nil)
}

// People keep these files elsewhere and link to them. A link is followed unless
// a session has a say in where it leads.
func TestLinks(t *testing.T) {
	h := newHost(t)
	h.write("dotfiles/skill/SKILL.md", "mine")
	h.write("project/planted/SKILL.md", "SECRET")
	h.write("private/id", "SECRET")
	h.link(h.at("private"), "project/out")
	h.link(h.at("dotfiles/skill"), ".claude/skills/mine")
	h.link(h.at("project/planted"), ".claude/skills/planted")
	h.link(h.at("project/out"), ".claude/skills/through")
	h.link(h.at("project/out/id"), ".claude/rules/id.md")
	h.link("/does/not/exist", ".claude/rules/gone.md")
	h.link("self", ".claude/agents/self")
	s := h.source()
	s.Touched = []string{h.at("project")}
	h.expect(s, []string{".claude/skills/mine/SKILL.md", "CLAUDE.md"},
		`skills/planted" is up to who writes in`, `skills/through" is up to`, `rules/id.md" is up to`, "gone.md", "self")
}

// A home in which a session could write gives nothing at all.
func TestAHomeThatASessionCouldWrite(t *testing.T) {
	h := newHost(t)
	s := h.source()
	s.Touched = []string{h.home}
	h.expect(s, nil, "nothing comes along")
	s.Touched = []string{h.at(".claude/skills")}
	h.write(".claude/skills/a/SKILL.md", "SECRET")
	h.expect(s, []string{"CLAUDE.md"}, "skills")
}

func TestFilesThatAreNone(t *testing.T) {
	h := newHost(t)
	if err := os.MkdirAll(h.at(".claude/commands"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mkfifo(h.at(".claude/commands/fifo.md"), 0o600); err != nil {
		t.Fatal(err)
	}
	h.link("/dev/zero", ".claude/commands/zero.md")
	h.link("..", ".claude/rules/sub/around")
	h.write(".claude/agents/large.md", strings.Repeat("x", maxFile+1))
	h.write(".claude/skills/a/.env", "SECRET")
	h.write(".claude/skills/a/server.key", "SECRET")
	h.write(".claude/skills/bad\xff/SKILL.md", "x")
	home, files := h.read(h.source())
	said := strings.Join(home.Warnings, "\n")
	for _, want := range []string{"fifo.md", "zero.md", "large.md\" is over 4 MiB", "leads back to a folder", ".env", "server.key", "secrets", `bad\xff`} {
		if !strings.Contains(said, want) {
			t.Errorf("not told: %s in\n%s", want, said)
		}
	}
	for path, data := range files {
		if strings.Contains(data, "SECRET") || len(data) > maxFile {
			t.Errorf("%s came along", path)
		}
	}
	if len(home.Warnings) > maxWarnings+1 {
		t.Errorf("%d warnings", len(home.Warnings))
	}
}

func TestTooMuch(t *testing.T) {
	h := newHost(t)
	for n := range 5 {
		h.write(fmt.Sprintf(".claude/rules/%d.md", n), strings.Repeat("x", maxFile))
	}
	var large *TooLarge
	if _, err := Read(h.source()); !errors.As(err, &large) || large.Hint() == "" || !strings.Contains(err.Error(), "16 MiB") {
		t.Errorf("%v", err)
	}
}

func TestImports(t *testing.T) {
	h := newHost(t)
	h.write(".claude/CLAUDE.md", "@style.md and @~/.claude/deep/one.md and @~/private and user@example.com\n"+
		"`@code.md` and\n```\n@block.md\n```\n@with\\ space.md @missing.md @deep/.env @settings.local.json @../outside.md @CLAUDE.md")
	for _, name := range []string{"style.md", "deep/two.md", "with space.md"} {
		h.write(".claude/"+name, name)
	}
	h.write(".claude/deep/one.md", "@two.md @one.md")
	for _, name := range []string{"private", "outside.md", ".claude/code.md", ".claude/block.md", ".claude/deep/.env"} {
		h.write(name, "SECRET")
	}
	h.expect(h.source(), []string{
		".claude/rules/imported/deep/one.md", ".claude/rules/imported/deep/two.md",
		".claude/rules/imported/style.md", ".claude/rules/imported/with space.md", "CLAUDE.md",
	}, "private", "outside.md")
}

func TestSettings(t *testing.T) {
	h := newHost(t)
	h.write(".claude/settings.json", `{"theme":"dark","language":"German","env":{"TOKEN":"SECRET"},"apiKeyHelper":"SECRET","statusLine":{"command":"SECRET"},
		"permissions":{"deny":["WebFetch"],"allow":["SECRET"],"additionalDirectories":["SECRET"]},"enabledPlugins":{"SECRET":true},
		"hooks":{"Stop":[{"hooks":[{"type":"command","command":"say done"}]}],"PreToolUse":[{"hooks":["SECRET"]}]}}`)
	h.write(".claude.json", `{"mcpServers":{"docs":{"type":"http","url":"x"},"other":{"env":{"K":"SECRET"}}},"oauthAccount":"SECRET"}`)
	home, _ := h.read(h.source())
	if got := string(home.Settings); got != `{"language":"German","permissions":{"deny":["WebFetch"]},"theme":"dark"}` || home.Servers {
		t.Errorf("%s", got)
	}
	s := h.source()
	s.Hooks, s.Servers = []string{"Stop", "SessionStart"}, []string{"docs", "nope"}
	home, files := h.read(s)
	if got := string(home.Settings); !strings.Contains(got, "say done") || strings.Contains(got, "SECRET") || !json.Valid(home.Settings) {
		t.Errorf("%s", got)
	}
	if files[handoff.HomeServers] != `{"mcpServers":{"docs":{"type":"http","url":"x"}}}` || !home.Servers {
		t.Errorf("%s", files[handoff.HomeServers])
	}
	said := strings.Join(home.Warnings, "\n")
	for _, want := range []string{`no hooks for "SessionStart"`, `there is "PreToolUse", "Stop"`, `no MCP server "nope"`, `there is "docs", "other"`} {
		if !strings.Contains(said, want) {
			t.Errorf("no %q in %s", want, said)
		}
	}
	if strings.Contains(said, "SECRET") {
		t.Errorf("a warning repeats a secret: %s", said)
	}
}

func TestSettingsThatAreBroken(t *testing.T) {
	for _, content := range []string{`{"SECRET`, `[]`, `7`, `{"hooks":7,"permissions":[]}`} {
		h := newHost(t)
		h.write(".claude/settings.json", content)
		h.write(".claude.json", content)
		s := h.source()
		s.Hooks, s.Servers = []string{"Stop"}, []string{"docs"}
		home, _ := h.read(s)
		if string(home.Settings) != `{}` || home.Servers || strings.Contains(strings.Join(home.Warnings, ""), "SECRET") {
			t.Errorf("%s: %s, %q", content, home.Settings, home.Warnings)
		}
	}
}
