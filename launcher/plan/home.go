package plan

import (
	"encoding/json"
	"slices"

	"dclaude/launcher/handoff"
)

// ClaudeHome is what a session gets of what the user has set up for Claude on
// the host.
type ClaudeHome struct {
	// Archive is as handoff.EncodeHome makes it.
	Archive []byte
	// Settings are Claude's settings among it, a JSON object.
	Settings json.RawMessage
	// Servers says that MCP servers are among it.
	Servers bool
}

// join has a session's init lay the home out where the session cannot write. It
// may hold secrets that the user named, so that folder is in memory; around a
// nested session it always is.
func (h *ClaudeHome) join(p *Plan) (err error) {
	if h == nil {
		return nil
	}
	p.Handoff.Home = h.Archive
	if p.Isolation.Kind != "nested" {
		p.Container.Tmpfs[handoff.ManagedDir] = "rw,exec,nosuid,nodev,mode=0755,size=64m"
	}
	p.Handoff.ManagedSettings, err = handoff.WithSettings(p.Handoff.ManagedSettings, h.Settings)
	return err
}

// serve tells Claude of the servers, which it does not look for by itself. The
// option takes any number of values: its own has to be in one word with it, or
// what follows would be taken for more of them.
func (h *ClaudeHome) serve(command []string) []string {
	if h == nil || !h.Servers {
		return command
	}
	return slices.Insert(command, 1, "--mcp-config="+handoff.ManagedDir+"/"+handoff.HomeServers)
}
