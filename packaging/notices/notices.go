// Package notices judges the licences of what dclaude's programs link, and
// writes the file that passes their authors' texts on. It is pure: finding the
// modules and their files is packaging/cmd/notices.
package notices

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Module is code of others that programs link.
type Module struct {
	// Path and Version are the Go module's. Go's own library has the path "std".
	Path, Version string
	// Programs are the names of those that link it.
	Programs []string
	// Texts are what its authors want passed on.
	Texts []Text
}

// Text is a file of a module: a licence, or a notice of who wrote what.
type Text struct {
	// Name is the file's path in the module, with slashes.
	Name    string
	Content string
}

// Write writes a file of notices: which modules, under which licences, and then
// each text once. The error names every module that has no licence, or one
// that is not on the list of those that dclaude may link.
func Write(w io.Writer, version string, modules []Module) error {
	licences, err := judgeAll(modules)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "Third-party notices of dclaude %s\n\n", version)
	b.WriteString(`The programs in this package are built from dclaude's own source, which is under
the Apache License 2.0, and from what is listed here: by module and version,
with its licence and the programs that link it. None of it was changed. The
source of each is to be had with "go mod download MODULE@VERSION". The texts that
their authors ask to be passed on follow the list.

`)
	for i, m := range modules {
		fmt.Fprintf(&b, "%s\n    %s; in %s\n", m.name(), strings.Join(licences[i], ", "), strings.Join(m.Programs, ", "))
	}
	for _, s := range shared(modules) {
		rule := strings.Repeat("=", 80)
		fmt.Fprintf(&b, "\n%s\n%s\n%s\n\n%s\n", rule, strings.Join(s.from, "\n"), rule, s.content)
	}
	_, err = io.WriteString(w, b.String())
	return err
}

// name is the module with its version, as the go command takes it.
func (m Module) name() string {
	if m.Path == "std" {
		return "Go's standard library, " + m.Version
	}
	return m.Path + "@" + m.Version
}

// sharedText is a text and the files that have it.
type sharedText struct {
	content string
	words   string // the same, however its lines are broken and indented
	from    []string
}

// shared returns the texts of all modules in their order, each once.
func shared(modules []Module) []sharedText {
	var out []sharedText
	for _, m := range modules {
		for _, t := range m.Texts {
			from := m.name() + ": " + t.Name
			content := readable(t.Content)
			words := strings.Join(strings.Fields(content), " ")
			i := slices.IndexFunc(out, func(s sharedText) bool { return s.words == words })
			if i < 0 {
				out = append(out, sharedText{content: content, words: words})
				i = len(out) - 1
			}
			out[i].from = append(out[i].from, from)
		}
	}
	return out
}

// readable is a text without line ends of other systems and space that is not
// seen.
func readable(text string) string {
	text = strings.TrimPrefix(text, "\ufeff")
	lines := strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n")
	for i, l := range lines {
		lines[i] = strings.TrimRight(l, " \t")
	}
	return strings.Trim(strings.Join(lines, "\n"), "\n")
}
