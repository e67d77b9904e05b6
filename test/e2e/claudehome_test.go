package e2e

import (
	"bytes"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"dclaude/launcher/fakeapi"
)

// listener is an API that remembers what Claude says to it, word for word.
type listener struct {
	mu     sync.Mutex
	bodies []byte
}

// listen puts an API in the place of the world's own.
func (w *world) listen() *listener {
	w.t.Helper()
	socket, err := net.Listen("tcp", net.JoinHostPort(w.lab.Gateway(), "0"))
	if err != nil {
		w.t.Fatal(err)
	}
	l, api := &listener{}, fakeapi.New()
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(out http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		l.mu.Lock()
		l.bodies = append(l.bodies, body...)
		l.mu.Unlock()
		r.Body = io.NopCloser(bytes.NewReader(body))
		api.ServeHTTP(out, r)
	}))
	server.Listener.Close()
	server.Listener = socket
	server.Start()
	w.t.Cleanup(server.Close)
	w.set("DCLAUDE_ENV=ANTHROPIC_BASE_URL="+server.URL, "DCLAUDE_ALLOW="+strings.TrimPrefix(server.URL, "http://"))
	return l
}

// heard returns what was said since the last call.
func (l *listener) heard() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	said := string(l.bodies)
	l.bodies = nil
	return said
}

// mcpServer is a server of one tool, as an argument for node -e.
const mcpServer = `require("readline").createInterface({input:process.stdin}).on("line",l=>{const m=JSON.parse(l);if(m.id===undefined)return;` +
	`const r={initialize:{protocolVersion:"2024-11-05",capabilities:{tools:{}},serverInfo:{name:"s",version:"1"}},"tools/list":{tools:[{name:process.env.TOOL,inputSchema:{type:"object"}}]}}[m.method]||{};` +
	`console.log(JSON.stringify({jsonrpc:"2.0",id:m.id,result:r}))})`

// setUpClaude gives the user of a world all that Claude Code can be given.
func (w *world) setUpClaude() {
	w.write(".claude/CLAUDE.md", "HOST-TEXT @more.md\n")
	w.write(".claude/more.md", "HOST-IMPORT")
	w.write(".claude/rules/r.md", "HOST-RULE")
	w.write(".claude/skills/hello/SKILL.md", "---\nname: hello\ndescription: HOST-SKILL\n---\nHOST-SKILL-BODY\n")
	w.write(".claude/skills/hello/run.sh", "#!/bin/sh\necho HOST-SCRIPT\n")
	w.write(".claude/commands/deploy.md", "---\ndescription: HOST-COMMAND\n---\nHOST-COMMAND-BODY\n")
	w.write(".claude/agents/checker.md", "---\nname: checker\ndescription: HOST-AGENT\n---\nx\n")
	w.write(".claude/output-styles/loud.md", "---\nname: loud\ndescription: x\n---\nHOST-STYLE\n")
	w.write(".claude/settings.json", `{"language":"HOST-LANGUAGE","outputStyle":"loud","env":{"A":"HOST-SECRET"},"hooks":{`+
		`"UserPromptSubmit":[{"hooks":[{"type":"command","command":"echo HOST-HOOK"}]}],"SessionStart":[{"hooks":[{"type":"command","command":"echo HOST-SECRET"}]}]}}`)
	w.write(".claude.json", `{"mcpServers":{"tools":{"command":"node","args":["-e",`+quoteJSON(mcpServer)+`],"env":{"TOOL":"host_tool","KEY":"HOST-KEY"}},"other":{"command":"node","args":["-e",`+
		quoteJSON(mcpServer)+`],"env":{"TOOL":"HOST-SECRET"}}}}`)
	if err := os.Chmod(filepath.Join(w.home, ".claude/skills/hello/run.sh"), 0o755); err != nil {
		w.t.Fatal(err)
	}
}

func quoteJSON(s string) string { return `"` + strings.ReplaceAll(s, `"`, `\"`) + `"` }

// plantRivals is what a session leaves in its own state to be taken for the
// user's: files of the same names. It also tries to change the user's.
const plantRivals = `cd ~/.claude && mkdir -p skills/hello commands agents output-styles rules
printf -- '---\nname: hello\ndescription: EVIL-SKILL\n---\nEVIL-SKILL-BODY\n' >skills/hello/SKILL.md
printf -- '---\ndescription: EVIL-COMMAND\n---\nEVIL-COMMAND-BODY\n' >commands/deploy.md
printf -- '---\nname: checker\ndescription: EVIL-AGENT\n---\nx\n' >agents/checker.md
printf -- '---\nname: loud\ndescription: x\n---\nEVIL-STYLE\n' >output-styles/loud.md
for f in CLAUDE.md mcp.json managed-settings.json .claude/skills/hello/SKILL.md .claude/skills/new .claude/rules/r.md; do
	(echo EVIL-WRITE >>/etc/claude-code/$f) 2>/dev/null && echo written $f
	rm -f /etc/claude-code/$f 2>/dev/null && [ ! -e /etc/claude-code/$f ] && [ $f != .claude/skills/new ] && echo removed $f
done
mv /etc/claude-code/.claude /etc/claude-code/old 2>/dev/null && echo moved
/etc/claude-code/.claude/skills/hello/run.sh
grep -rl HOST- ~ /workspace 2>/dev/null
true`

// What the user has set up for Claude on the host is in a session, and neither
// that session nor one before it can put anything in its place.
func TestClaudeHome(t *testing.T) {
	w := newWorld(t).set("DCLAUDE_CLAUDE_HOME=true", "DCLAUDE_CLAUDE_HOME_MCP=tools", "DCLAUDE_CLAUDE_HOME_HOOKS=UserPromptSubmit", "DCLAUDE_REVIEW=off")
	l := w.listen()
	w.setUpClaude()
	for _, isolation := range []string{"runc", "runsc", "nested"} {
		p := w.project(isolation)
		if err := os.Chown(p, 501, 20); err != nil {
			t.Fatal(err)
		}
		name := strings.TrimSpace(w.ok("--isolation", isolation, "--detach", p).stdout)
		if r := w.ok("shell", name, "--", "sh", "-c", plantRivals); r.stdout != "HOST-SCRIPT\n" {
			t.Errorf("%s: a session got at what is the user's: %v", isolation, r)
		}
		w.ok("stop", name)
		l.heard()
		w.ok("--isolation", isolation, p, "--", "-p", "/deploy")
		said := l.heard()
		for _, want := range []string{
			"HOST-TEXT", "HOST-IMPORT", "HOST-RULE", "HOST-SKILL", "HOST-COMMAND", "HOST-COMMAND-BODY", "HOST-AGENT", "HOST-STYLE", "HOST-LANGUAGE",
			"HOST-HOOK", "mcp__tools__host_tool",
		} {
			if !strings.Contains(said, want) {
				t.Errorf("%s: Claude did not say %s", isolation, want)
			}
		}
		for _, bad := range []string{"EVIL-", "HOST-SECRET", "HOST-KEY"} {
			if i := strings.Index(said, bad); i >= 0 {
				t.Errorf("%s: Claude said %.40q", isolation, said[i:])
			}
		}
	}
}

// It is there when it is asked for, as it is on the host at that moment.
func TestClaudeHomeIsTheHostsOfNow(t *testing.T) {
	w := newWorld(t).set("DCLAUDE_ISOLATION=runc", "DCLAUDE_REVIEW=off")
	l := w.listen()
	w.setUpClaude()
	p := w.project("p")
	w.ok(p, "--", "-p", "hi")
	if strings.Contains(l.heard(), "HOST-") {
		t.Error("it comes along unasked")
	}
	// The folder belongs to root here, as whom the session then runs: it can
	// change its own copy, which goes with it.
	name := strings.TrimSpace(w.ok("--claude-home", "--detach", p).stdout)
	w.ok("shell", name, "--", "sh", "-c", plantRivals)
	w.ok("stop", name)
	l.heard()
	w.ok("--claude-home", p, "--", "-p", "/hello")
	if said := l.heard(); !strings.Contains(said, "HOST-SKILL-BODY") || strings.Contains(said, "EVIL-") {
		t.Error("the user's skill is not what ran")
	}
	for _, name := range []string{"CLAUDE.md", "skills", "commands", "agents", "rules", "settings.json"} {
		if err := os.RemoveAll(filepath.Join(w.home, ".claude", name)); err != nil {
			t.Fatal(err)
		}
	}
	w.ok("--claude-home", p, "--", "-p", "hi")
	if said := l.heard(); strings.Contains(said, "HOST-") {
		t.Error("what the host has no more is still there")
	}
}

// What is brought along, with the secrets of a server that the user named, is
// nowhere but in the session's memory.
func TestClaudeHomeLeavesNoTrace(t *testing.T) {
	w := newWorld(t)
	w.setUpClaude()
	p := w.project("p")
	for _, isolation := range []string{"runc", "runsc", "nested"} {
		name := strings.TrimSpace(w.ok("--isolation", isolation, "--claude-home", "--claude-home-mcp", "tools", "--detach", p).stdout)
		container := "dclaude-" + name
		if r := w.ok("shell", name, "--", "cat", "/etc/claude-code/mcp.json"); !strings.Contains(r.stdout, "HOST-KEY") {
			t.Errorf("%s: it is not there: %v", isolation, r)
		}
		if out := w.lab.Docker("inspect", container); strings.Contains(out, "HOST-") {
			t.Errorf("%s: docker inspect shows it", isolation)
		}
		if out := w.lab.Docker("diff", container); strings.Contains(out, "/etc/claude-code/.claude") || strings.Contains(out, "mcp.json") {
			t.Errorf("%s: it is on the engine's disk: %s", isolation, out)
		}
		if r := w.run("shell", name, "--", "sh", "-c", "grep -rl HOST-KEY /run /home/claude /workspace /tmp 2>/dev/null"); r.stdout != "" {
			t.Errorf("%s: a copy: %v", isolation, r)
		}
		w.ok("stop", name)
	}
}

// What is odd in the user's Claude home is told, and too much of it stops the
// launch before anything is made.
func TestClaudeHomesThatAreOdd(t *testing.T) {
	w := newWorld(t).set("DCLAUDE_ISOLATION=runc", "DCLAUDE_CLAUDE_HOME=true")
	p := w.project("p")
	w.write("projects/p/evil/SKILL.md", "---\nname: evil\ndescription: EVIL-SKILL\n---\nx")
	w.write(".claude/settings.json", `{"language":`)
	w.write(".claude/skills/x/.env", "SECRET")
	if err := errors.Join(os.Symlink(filepath.Join(p, "evil"), filepath.Join(w.home, ".claude/skills/evil"))); err != nil {
		t.Fatal(err)
	}
	l := w.listen()
	r := w.ok("--claude-home-mcp", "nope", p, "--", "-p", "hi")
	for _, want := range []string{"skills/evil\" is up to who writes in", "settings.json\" is not valid JSON", "hold secrets", `no MCP server "nope"`} {
		if !strings.Contains(r.stderr, want) {
			t.Errorf("not told: %s\n%s", want, r.stderr)
		}
	}
	if strings.Contains(l.heard(), "EVIL-SKILL") {
		t.Error("a skill that lies in the project came along as the user's")
	}
	for _, name := range []string{"a", "b", "c", "d", "e"} {
		w.write(".claude/rules/"+name, strings.Repeat("x", 4<<20))
	}
	if r := w.run(p, "--", "-p", "hi"); r.code != 125 || !strings.Contains(r.stderr, "over 16 MiB") || !strings.Contains(r.stderr, "--claude-home=false") {
		t.Errorf("too large: %v", r)
	}
	w.ok("--claude-home=false", p, "--", "-p", "hi")
}
