package plan

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"dclaude/launcher/handoff"
)

// What the user brings along is announced to the init, lies in memory, and
// leaves what is ours in place.
func TestClaudeHomeInAPlan(t *testing.T) {
	r := request()
	r.Settings.ClaudeArgs = []string{"--verbose"}
	r.ClaudeHome = &ClaudeHome{Archive: []byte("archive"), Settings: json.RawMessage(`{"language":"German","hooks":{"Stop":[1]}}`), Servers: true}
	nested := r
	nested.Host.Engine = Engine{Nested: true, NoRegistered: "not there"}
	for name, r := range map[string]Request{"registered": r, "nested": nested} {
		p := build(t, r)
		if string(p.Handoff.Home) != "archive" {
			t.Errorf("%s: it is not handed over", name)
		}
		if memory := p.Container.Tmpfs[handoff.ManagedDir]; (memory == "") != (name == "nested") || strings.Contains(memory, "noexec") {
			t.Errorf("%s: %q", name, memory)
		}
		var settings struct {
			Language string
			Hooks    map[string][]any
		}
		if err := json.Unmarshal(p.Handoff.ManagedSettings, &settings); err != nil || settings.Language != "German" || len(settings.Hooks["Stop"]) != 2 || len(settings.Hooks["Notification"]) != 1 {
			t.Errorf("%s: %s", name, p.Handoff.ManagedSettings)
		}
		want := []string{"claude", "--mcp-config=/etc/claude-code/mcp.json", "--dangerously-skip-permissions", "--verbose", "--continue"}
		if !slices.Equal(p.Container.Command, want) {
			t.Errorf("%s: %q", name, p.Container.Command)
		}
	}
	r.ClaudeHome.Settings = json.RawMessage(`[]`)
	if _, err := Build(r); err == nil {
		t.Error("settings that are none")
	}
	if p := build(t, request()); p.Handoff.Home != nil || p.Container.Tmpfs[handoff.ManagedDir] != "" {
		t.Error("nobody asked for it")
	}
}
