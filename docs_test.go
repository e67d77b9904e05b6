package dclaude_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"dclaude/launcher/cli"
	"dclaude/launcher/config"
)

// The documents are checked against what they speak of: links, commands and
// their flags, targets of make, files, variables and tests. What is written in
// code is meant literally.

// document is a Markdown file of this repository.
type document struct {
	path string
	text string
	// code are its spans of code, and the lines of its code blocks.
	code []string
}

var (
	fence    = regexp.MustCompile("(?ms)^```[^\n]*\n(.*?)^```")
	codeSpan = regexp.MustCompile("`([^`\n]+)`")
	link     = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	heading  = regexp.MustCompile(`(?m)^#+ +(.*)$`)
)

func documents(t *testing.T) []document {
	t.Helper()
	var all []document
	walk(t, func(path string) {
		if filepath.Ext(path) != ".md" {
			return
		}
		d := document{path: path, text: read(t, path)}
		for _, block := range fence.FindAllStringSubmatch(d.text, -1) {
			d.code = append(d.code, strings.Split(block[1], "\n")...)
		}
		d.text = fence.ReplaceAllString(d.text, "")
		for _, span := range codeSpan.FindAllStringSubmatch(d.text, -1) {
			d.code = append(d.code, span[1])
		}
		all = append(all, d)
	})
	if len(all) < 4 {
		t.Fatalf("%d documents found", len(all))
	}
	return all
}

// walk goes through the files of the repository.
func walk(t *testing.T, visit func(path string)) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && slices.Contains([]string{".git", "bin", "dist", "testdata", "build"}, d.Name()) {
			return fs.SkipDir
		}
		if !d.IsDir() {
			visit(path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func TestDocumentLinks(t *testing.T) {
	for _, d := range documents(t) {
		for _, m := range link.FindAllStringSubmatch(d.text, -1) {
			target, anchor, _ := strings.Cut(m[1], "#")
			switch {
			case strings.HasPrefix(m[1], "https://"):
				continue
			case strings.Contains(m[1], "://"):
				t.Errorf("%s: the link %s is not https", d.path, m[1])
				continue
			}
			path := d.path
			if target != "" {
				path = filepath.Join(filepath.Dir(d.path), target)
			}
			if _, err := os.Stat(path); err != nil {
				t.Errorf("%s: %v", d.path, err)
				continue
			}
			if anchor != "" && !slices.Contains(anchors(read(t, path)), anchor) {
				t.Errorf("%s: %s has no heading %q", d.path, path, anchor)
			}
		}
	}
}

// anchors are the names that GitHub gives to headings.
func anchors(text string) []string {
	var names []string
	for _, m := range heading.FindAllStringSubmatch(fence.ReplaceAllString(text, ""), -1) {
		name := strings.ToLower(strings.TrimSpace(m[1]))
		name = regexp.MustCompile(`[^\p{L}\p{N}\- ]`).ReplaceAllString(name, "")
		names = append(names, strings.ReplaceAll(name, " ", "-"))
	}
	return names
}

func TestDocumentedMakeTargets(t *testing.T) {
	rules := read(t, "Makefile") + read(t, filepath.Join("packaging", "packaging.mk"))
	call := regexp.MustCompile(`(?:^|[\s(])make ((?:[a-z][a-z-]*(?:\s|$))+)`)
	for _, d := range documents(t) {
		for _, code := range d.code {
			for _, m := range call.FindAllStringSubmatch(withoutComment(code), -1) {
				for _, target := range strings.Fields(m[1]) {
					if !regexp.MustCompile(`(?m)^([a-z-]+ )*` + target + `( [a-z-]+)*:`).MatchString(rules) {
						t.Errorf("%s: %q: the Makefile has no target %s", d.path, code, target)
					}
				}
			}
		}
	}
}

func TestDocumentedCommands(t *testing.T) {
	checked := 0
	for _, d := range documents(t) {
		for _, code := range d.code {
			for _, args := range calls(code) {
				checked++
				if problem := checkCall(cli.Commands(), args); problem != "" {
					t.Errorf("%s: %q: %s", d.path, code, problem)
				}
			}
		}
	}
	if checked < 10 {
		t.Errorf("only %d commands found: the test has gone blind", checked)
	}
}

// Wrong commands are noticed.
func TestCheckCall(t *testing.T) {
	for call, ok := range map[string]bool{
		"dclaude": true, "dclaude ~/Projects/x": true, "dclaude x -- --continue": true, "dclaude --rebuild x": true,
		"dclaude ls --json": true, "dclaude stop --all && dclaude reset --all": true, "dclaude attach [NAME]": true,
		"dclaude completion zsh --help": true, "dclaude sotp": false, "dclaude --no-such-flag": false, "dclaude ls --yes": false,
		"dclaude creds sotp": false, "dclaude --memory 4g x": true, "dclaude -- --no-such-flag": true, "dclaude: error: x": true,
	} {
		var problems []string
		for _, args := range calls(call) {
			if p := checkCall(cli.Commands(), args); p != "" {
				problems = append(problems, p)
			}
		}
		if (len(problems) == 0) != ok {
			t.Errorf("%q: %v", call, problems)
		}
	}
}

func withoutComment(code string) string {
	code, _, _ = strings.Cut(code, " #")
	return code
}

// calls are the calls of dclaude in some code, each without the program's name.
func calls(code string) (all [][]string) {
	for _, part := range regexp.MustCompile(`&&|\|\||[;|] `).Split(withoutComment(code), -1) {
		words := strings.Fields(strings.NewReplacer("[", "", "]", "").Replace(part))
		for len(words) > 0 && (words[0] == "$" || words[0] == "sudo" || strings.Contains(words[0], "=")) {
			words = words[1:]
		}
		if len(words) > 0 && (words[0] == "dclaude" || words[0] == "bin/dclaude") {
			all = append(all, words[1:])
		}
	}
	return all
}

// checkCall says what is wrong with a call, or "". A word in capitals stands
// for something else.
func checkCall(root *cobra.Command, args []string) string {
	if i := slices.Index(args, "--"); i >= 0 {
		args = args[:i]
	}
	cmd := root
	var rest []string
	for i := 0; i < len(args); i++ {
		word := args[i]
		if name, ok := strings.CutPrefix(word, "-"); ok && name != "" {
			name, value := strings.CutPrefix(name, "-")
			name, _, given := strings.Cut(name, "=")
			f := lookupFlag(cmd, name, value)
			if f == nil {
				return cmd.CommandPath() + " has no flag " + word
			}
			if f.NoOptDefVal == "" && !given {
				i++ // its value
			}
			continue
		}
		if sub := child(cmd, word); sub != nil && len(rest) == 0 {
			cmd = sub
			continue
		}
		rest = append(rest, word)
	}
	if len(rest) > 0 && cmd.HasAvailableSubCommands() && regexp.MustCompile(`^[a-z]{2,}$`).MatchString(rest[0]) {
		return cmd.CommandPath() + " has no command " + rest[0]
	}
	return ""
}

func child(cmd *cobra.Command, name string) *cobra.Command {
	for _, c := range cmd.Commands() {
		if c.Name() == name || c.HasAlias(name) {
			return c
		}
	}
	return nil
}

func lookupFlag(cmd *cobra.Command, name string, long bool) *pflag.Flag {
	cmd.InitDefaultHelpFlag()
	cmd.InitDefaultVersionFlag()
	if long {
		return cmd.Flag(name)
	}
	return cmd.Flags().ShorthandLookup(name[:1])
}

// variables are the names of those that settings are read from.
func variables() map[string]bool {
	names := map[string]bool{}
	for _, k := range config.Keys() {
		names[k.Env] = true
	}
	return names
}

// Files of the repository that the documents name are there, and so are the
// tests and the variables.
func TestDocumentedNames(t *testing.T) {
	var tests, source string
	function := regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`)
	walk(t, func(path string) {
		if filepath.Ext(path) == ".go" || filepath.Base(path) == "Makefile" || filepath.Ext(path) == ".sh" || path == filepath.Join(".ci", "run") {
			text := read(t, path)
			source += text
			for _, m := range function.FindAllStringSubmatch(text, -1) {
				tests += " " + m[1]
			}
		}
	})
	file := regexp.MustCompile(`^(app|assets|cmd|creds|docs|launcher|packaging|test|\.github|\.ci)/[\w./*-]*$`)
	test := regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z]\w+`)
	variable := regexp.MustCompile(`\bDCLAUDE_[A-Z_]*[A-Z]\b`)
	names := variables()
	for _, d := range documents(t) {
		for _, code := range d.code {
			if file.MatchString(code) {
				pattern := strings.TrimSuffix(strings.TrimSuffix(code, "..."), "/")
				if found, err := filepath.Glob(pattern); err != nil || len(found) == 0 {
					t.Errorf("%s names %s, which is not there", d.path, code)
				}
			}
			for _, name := range test.FindAllString(code, -1) {
				if !strings.Contains(tests, " "+name) { // as -run takes them
					t.Errorf("%s names %s, but there is no such test", d.path, name)
				}
			}
			for _, name := range variable.FindAllString(code, -1) {
				if !names[name] && !strings.Contains(source, `"`+name+`"`) && !strings.Contains(source, name+"=") {
					t.Errorf("%s names %s, which nothing reads", d.path, name)
				}
			}
		}
	}
}
