package session

import (
	"encoding/json"
	"os"
	"slices"

	"dclaude/launcher/engine"
)

// Proved returns the ways of isolation ("runsc", "nested") that are remembered
// as having worked with this engine in this version. It asks and tries nothing:
// it is for showing. A launch judges more strictly.
func (p Probes) Proved(info engine.Info) []string {
	b, err := os.ReadFile(p.path())
	if err != nil {
		return nil
	}
	all := map[string]proof{}
	if json.Unmarshal(b, &all) != nil {
		return nil
	}
	var ways []string
	for _, have := range all {
		if have.Engine == info.ID && have.Version == info.ServerVersion && IsGVisor(have.Kernel) {
			ways = append(ways, have.Way)
		}
	}
	slices.Sort(ways)
	return slices.Compact(ways)
}
