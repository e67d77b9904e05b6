package claudehome

import (
	"path/filepath"
	"regexp"
	"strings"

	"dclaude/launcher/handoff"
)

// maxImports is how deep Claude Code follows imports of instructions.
const maxImports = 5

// importForm is an import: @ and a path, at the start of a line or after a
// space. A space in a path is written with a backslash.
var importForm = regexp.MustCompile(`(?:^|\s)@((?:[^\s\\]|\\ )+)`)

// codeForm is text in which @ means nothing: blocks of code, and code in a line.
var codeForm = regexp.MustCompile("(?s)```.*?```|`[^`\n]*`")

// imports takes the files that instructions import, as far as they lie in
// Claude's own folder. The others belong to a project, or are private.
func (c *collector) imports(dir string, text []byte, depth int) {
	if depth > maxImports {
		return
	}
	for _, m := range importForm.FindAllSubmatch(codeForm.ReplaceAll(text, nil), -1) {
		name := strings.ReplaceAll(string(m[1]), `\ `, " ")
		path := filepath.Join(dir, name)
		if rest, ok := strings.CutPrefix(name, "~/"); ok {
			path = filepath.Join(c.Home, rest)
		} else if filepath.IsAbs(name) {
			path = filepath.Clean(name)
		}
		below, err := filepath.Rel(c.Dir, path)
		if below == handoff.HomeText {
			continue
		}
		if err != nil || !filepath.IsLocal(below) || below == "." {
			if _, err := c.stat(path); err == nil {
				c.warn("left out: the instructions import %q, which is not in %q", path, c.Dir)
			}
			continue
		}
		target := ".claude/rules/imported/" + filepath.ToSlash(below)
		if c.seen[target] || holdsSecrets(filepath.Base(path)) {
			continue
		}
		if data, ok := c.file(path); ok {
			c.add(handoff.HomeEntry{Path: target, Data: data})
			c.imports(filepath.Dir(path), data, depth+1)
		}
	}
}
