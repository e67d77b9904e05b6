package manpage

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// Header is what the pages have in common.
type Header struct {
	// Date of the pages, in their foot.
	Date time.Time
	// Version of the program, in their foot.
	Version string
	// Values are the words for what flags take, by the flags' names; a flag that
	// has none takes a VALUE.
	Values map[string]string
	// Extra are sections of the root's page, between its options and SEE ALSO.
	Extra []Section
}

// Section is a part of a page with a list of terms.
type Section struct {
	Title string
	// Text comes before the terms. Its lines are laid out as a command's help is.
	Text  string
	Terms []Term
}

// Term is an entry of a list.
type Term struct{ Name, Text string }

// Page is a page and the name of its file.
type Page struct{ File, Text string }

// Pages returns the page of the command and of each of those below it that
// help shows.
func Pages(root *cobra.Command, h Header) []Page {
	pages := []Page{{fileName(root), render(root, h)}}
	for _, c := range children(root) {
		pages = append(pages, Pages(c, h)...)
	}
	return pages
}

func fileName(c *cobra.Command) string { return dashed(c) + ".1" }

func dashed(c *cobra.Command) string { return strings.ReplaceAll(c.CommandPath(), " ", "-") }

// children are the commands that are shown, without help, which is no more
// than --help.
func children(c *cobra.Command) []*cobra.Command {
	return slices.DeleteFunc(slices.Clone(c.Commands()), func(c *cobra.Command) bool {
		return !c.IsAvailableCommand() || c.IsAdditionalHelpTopicCommand()
	})
}

func render(c *cobra.Command, h Header) string {
	c.InitDefaultHelpFlag()
	var p page
	p.line(".TH %q 1 %q %q %q", strings.ToUpper(dashed(c)), h.Date.UTC().Format("2006-01-02"),
		c.Root().Name()+" "+h.Version, c.Root().Short)
	p.line(".nh\n.ad l") // command names are not hyphenated, lines not stretched
	p.section("NAME")
	p.line(`%s \- %s`, escape(dashed(c)), escape(c.Short))
	p.section("SYNOPSIS")
	p.line(".B %s", escape(c.UseLine()))
	p.section("DESCRIPTION")
	if c.Long != "" {
		p.text(c.Long)
	} else {
		p.text(c.Short + ".")
	}
	if names := c.Aliases; len(names) > 0 {
		p.line(".PP")
		p.text("Also called: " + strings.Join(names, ", ") + ".")
	}
	if c.Example != "" {
		p.section("EXAMPLES")
		p.text(c.Example)
	}
	if below := children(c); len(below) > 0 {
		p.section("COMMANDS")
		for _, sub := range below {
			p.term(sub.Name(), sub.Short)
		}
	}
	p.options("OPTIONS", c.NonInheritedFlags(), h.Values)
	p.options("INHERITED OPTIONS", c.InheritedFlags(), h.Values)
	if !c.HasParent() {
		for _, s := range h.Extra {
			p.section(s.Title)
			p.text(s.Text)
			for _, t := range s.Terms {
				p.term(t.Name, t.Text)
			}
		}
	}
	p.seeAlso(c)
	return p.String()
}

// page collects the lines of one.
type page struct{ strings.Builder }

func (p *page) line(format string, args ...any) { fmt.Fprintf(p, format+"\n", args...) }

func (p *page) section(title string) { p.line(".SH %s", strings.ToUpper(title)) }

func (p *page) term(name, text string) {
	p.line(".TP\n.B %s\n%s", escape(name), escape(text))
}

// text lays out a help text: paragraphs, and lines that begin with a space as
// they are.
func (p *page) text(help string) {
	for i, paragraph := range strings.Split(strings.Trim(help, "\n"), "\n\n") {
		if i > 0 {
			p.line(".PP")
		}
		literal := false
		for line := range strings.SplitSeq(strings.Trim(paragraph, "\n"), "\n") {
			if indented := line != strings.TrimLeft(line, " \t"); indented != literal {
				literal = indented
				p.line("%s", map[bool]string{true: ".nf", false: ".fi"}[literal])
			}
			p.line("%s", escape(strings.ReplaceAll(line, "\t", "  ")))
		}
		if literal {
			p.line(".fi")
		}
	}
}

func (p *page) options(title string, flags *pflag.FlagSet, values map[string]string) {
	if !flags.HasAvailableFlags() {
		return
	}
	p.section(title)
	flags.VisitAll(func(f *pflag.Flag) {
		if f.Hidden || f.Deprecated != "" {
			return
		}
		name := "--" + f.Name
		if f.Shorthand != "" {
			name = "-" + f.Shorthand + ", " + name
		}
		kind, usage := pflag.UnquoteUsage(f)
		if kind != "" { // all but flags that need no value
			value := values[f.Name]
			if value == "" {
				value = "VALUE"
			}
			name += " " + value
		}
		p.term(name, usage)
	})
}

func (p *page) seeAlso(c *cobra.Command) {
	var names []string
	if c.HasParent() {
		names = append(names, dashed(c.Parent()))
	}
	for _, sub := range children(c) {
		names = append(names, dashed(sub))
	}
	if len(names) == 0 {
		return
	}
	p.section("SEE ALSO")
	for i, name := range names {
		end := ","
		if i == len(names)-1 {
			end = ""
		}
		p.line(".BR %s (1)%s", escape(name), end)
	}
}

// escape writes text so that roff takes it for text: no escape sequence, no
// request at the start of a line, and dashes that can be copied as such.
func escape(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "^", `\(ha`, "~", `\(ti`, "`", `\(ga`, "'", `\(aq`).Replace(text)
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		if strings.HasPrefix(line, ".") {
			lines[i] = `\&` + line
		}
	}
	return strings.Join(lines, "\n")
}
