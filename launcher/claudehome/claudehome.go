// Package claudehome collects what the user has set up for Claude Code on the
// host, for a session to have read-only: instructions, rules, skills, agents,
// commands, output styles, and settings from an allow-list. MCP servers and
// hooks hold secrets and paths of the host, so they come along only when they
// are named.
//
// Nothing is taken from a folder that a session could write, by whatever links
// it would be reached: what sessions get comes from the user alone. Files that
// by their name hold secrets stay out, and the login is never looked at.
package claudehome

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"dclaude/launcher/handoff"
	"dclaude/launcher/project"
)

// Source says where the host's Claude Code keeps things, and what of them is
// wanted.
type Source struct {
	// Dir is Claude's folder, ~/.claude if nothing else is configured, and
	// StateFile its .claude.json, which has the user's MCP servers.
	Dir, StateFile string
	// Home is the user's home folder.
	Home string
	// Touched are the folders that sessions could write.
	Touched []string
	// Servers are the names of the MCP servers that come along, and Hooks the
	// events whose hooks do.
	Servers, Hooks []string
}

// Home is what a session gets.
type Home struct {
	// Entries are the files, sorted by path.
	Entries []handoff.HomeEntry
	// Settings is a JSON object for Claude's managed settings.
	Settings json.RawMessage
	// Servers says that MCP servers are among the entries.
	Servers bool
	// Warnings tell what was left out, one line each.
	Warnings []string
}

// Read collects the user's Claude home. What cannot be taken is left out with a
// warning; it fails if there is more than a session can be given.
func Read(s Source) (Home, error) {
	c := collector{Source: s, touched: project.NewTouched(s.Touched), seen: map[string]bool{}}
	if _, err := c.stat(s.Dir); err != nil {
		c.warn("nothing comes along: %s", reason(err))
		return c.home, nil
	}
	c.text()
	for _, dir := range handoff.HomeDirs() {
		c.tree(filepath.Join(s.Dir, dir), ".claude/"+dir)
	}
	if err := c.settings(); err != nil {
		return Home{}, err
	}
	if err := c.servers(); err != nil {
		return Home{}, err
	}
	if c.over {
		return Home{}, &TooLarge{Dir: s.Dir}
	}
	return c.finish(), nil
}

// TooLarge is a home that does not fit.
type TooLarge struct{ Dir string }

// Error says what is too large, and for what.
func (t *TooLarge) Error() string {
	return fmt.Sprintf("claude_home: rules, skills, agents, commands and output styles in %q are over %d MiB, or over %d files",
		t.Dir, handoff.MaxHomeBytes>>20, handoff.MaxHomeFiles)
}

// Hint says what to do.
func (t *TooLarge) Hint() string {
	return "move what is large out of there, or start without it: --claude-home=false"
}

// collector is a home in the making.
type collector struct {
	Source
	touched *project.Touched
	home    Home
	size    int
	over    bool            // there is more than fits
	seen    map[string]bool // paths of entries
	secret  []string
	open    []fs.FileInfo // the folders that are being listed, each in the one before
}

// maxWarnings is how many are worth reading.
const maxWarnings = 10

// finish sums up what was left out.
func (c *collector) finish() Home {
	if len(c.secret) > 0 {
		shown := c.secret[:min(len(c.secret), maxWarnings)]
		c.warn("left out, as files of that name hold secrets: %s%s", strings.Join(shown, ", "), more(len(c.secret)-len(shown)))
	}
	if n := len(c.home.Warnings) - maxWarnings; n > 0 {
		c.home.Warnings = append(c.home.Warnings[:maxWarnings], "claude_home:"+more(n)+" left out or not found")
	}
	slices.SortFunc(c.home.Entries, func(a, b handoff.HomeEntry) int { return strings.Compare(a.Path, b.Path) })
	return c.home
}

func more(n int) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", n)
}

func (c *collector) warn(format string, args ...any) {
	c.home.Warnings = append(c.home.Warnings, "claude_home: "+fmt.Sprintf(format, args...))
}

// add takes a file, unless another has its place.
func (c *collector) add(e handoff.HomeEntry) {
	if c.seen[e.Path] {
		return
	}
	if c.size += len(e.Data); c.size > handoff.MaxHomeBytes || len(c.home.Entries) == handoff.MaxHomeFiles {
		c.over = true
		return
	}
	c.seen[e.Path] = true
	c.home.Entries = append(c.home.Entries, e)
}

// text takes the user's instructions. Claude Code does not follow imports of
// managed ones, so what they import becomes rules, which it reads beside them.
func (c *collector) text() {
	path := filepath.Join(c.Dir, "CLAUDE.md")
	data, ok := c.file(path)
	if !ok {
		return
	}
	c.add(handoff.HomeEntry{Path: handoff.HomeText, Data: data})
	c.imports(filepath.Dir(path), data, 1)
}

// object reads a file of settings; nil if there is none.
func (c *collector) object(path string) map[string]json.RawMessage {
	data, ok := c.file(path)
	if !ok || len(bytes.TrimSpace(data)) == 0 {
		return nil
	}
	var m map[string]json.RawMessage
	if err := json.Unmarshal(data, &m); err != nil {
		c.warn("%q is not valid JSON, and left out", path) // an error of the parser's could repeat a secret
		return nil
	}
	return m
}

// reason is an error without the name of the call that failed.
func reason(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		return fmt.Sprintf("%q: %v", path.Path, path.Err)
	}
	return err.Error()
}
