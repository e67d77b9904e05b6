package claudehome

import (
	"encoding/json"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"dclaude/launcher/handoff"
)

// wanted are the settings that come along: how Claude looks, writes and thinks.
// None runs a program, names a place on the host, holds a secret or gives a
// permission (names as of Claude Code 2.1.331).
func wanted() []string {
	return []string{
		"alwaysThinkingEnabled", "attribution", "autoCompactEnabled", "autoMemoryEnabled", "autoScrollEnabled", "editorMode", "effortLevel",
		"includeCoAuthoredBy", "includeGitInstructions", "language", "model", "outputStyle", "prefersReducedMotion",
		"showMessageTimestamps", "showThinkingSummaries", "showTurnDuration", "spinnerTipsEnabled", "spinnerVerbs",
		"syntaxHighlightingDisabled", "terminalProgressBarEnabled", "theme", "todoFeatureEnabled", "tui", "verbose", "viewMode", "vimInsertModeRemaps",
	}
}

// settings takes what is wanted of the user's settings, what they deny, and the
// hooks that are named.
func (c *collector) settings() error {
	m := c.object(filepath.Join(c.Dir, "settings.json"))
	kept := map[string]any{}
	for _, key := range wanted() {
		if m[key] != nil {
			kept[key] = m[key]
		}
	}
	if denied := denials(m["permissions"]); denied != nil {
		kept["permissions"] = map[string]any{"deny": denied}
	}
	if hooks := c.hooks(m["hooks"]); len(hooks) > 0 {
		kept["hooks"] = hooks
	}
	b, err := json.Marshal(kept)
	c.home.Settings = b
	return err
}

// denials are the tools that the user forbids everywhere: they only take away.
func denials(permissions json.RawMessage) []string {
	var p struct{ Deny []string }
	if json.Unmarshal(permissions, &p) != nil {
		return nil
	}
	return p.Deny
}

func (c *collector) hooks(raw json.RawMessage) map[string][]json.RawMessage {
	var all map[string][]json.RawMessage
	if raw != nil && json.Unmarshal(raw, &all) != nil {
		all = nil
	}
	picked := map[string][]json.RawMessage{}
	for _, event := range c.Hooks {
		if len(all[event]) == 0 {
			c.warn("no hooks for %q in %q%s", event, filepath.Join(c.Dir, "settings.json"), listed(all))
			continue
		}
		picked[event] = all[event]
	}
	return picked
}

// servers takes the MCP servers that are named, from the user's own list.
func (c *collector) servers() error {
	if len(c.Servers) == 0 {
		return nil
	}
	m := c.object(c.StateFile)
	var all map[string]json.RawMessage
	if m["mcpServers"] != nil && json.Unmarshal(m["mcpServers"], &all) != nil {
		all = nil
	}
	picked := map[string]json.RawMessage{}
	for _, name := range c.Servers {
		if all[name] == nil {
			c.warn("no MCP server %q in %q%s", name, c.StateFile, listed(all))
			continue
		}
		picked[name] = all[name]
	}
	if len(picked) == 0 {
		return nil
	}
	b, err := json.Marshal(map[string]any{"mcpServers": picked})
	if err != nil {
		return err
	}
	c.add(handoff.HomeEntry{Path: handoff.HomeServers, Data: b})
	c.home.Servers = true
	return nil
}

// listed names what there is, for a warning.
func listed[V any](all map[string]V) string {
	if len(all) == 0 {
		return ""
	}
	var names []string
	for _, name := range slices.Sorted(maps.Keys(all)) {
		names = append(names, strconv.Quote(name))
	}
	return ": there is " + strings.Join(names, ", ")
}
