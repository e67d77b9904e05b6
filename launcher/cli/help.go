package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"dclaude/launcher/config"
)

// helpWidth is the number of columns that help is wrapped to, which every
// terminal has.
const helpWidth = 80

// help prints what a command does, how it is called, its subcommands, and its
// flags under the headings of their settings. A user asked for it: stdout.
func help(cmd *cobra.Command, _ []string) {
	var b strings.Builder
	text := cmd.Long
	if text == "" {
		text = cmd.Short + "."
	}
	fmt.Fprintf(&b, "%s\n\nUsage:\n  %s\n", wrap(text, helpWidth), cmd.UseLine())
	if len(cmd.Aliases) > 0 {
		fmt.Fprintf(&b, "  also called %s\n", strings.Join(cmd.Aliases, ", "))
	}
	if cmd.Example != "" {
		fmt.Fprintf(&b, "\nExamples:\n%s\n", cmd.Example)
	}
	writeCommands(&b, cmd)
	writeFlags(&b, cmd)
	if cmd.HasAvailableSubCommands() {
		fmt.Fprintf(&b, "\n\"%s COMMAND --help\" tells more about a command.\n", cmd.CommandPath())
	}
	fmt.Fprint(cmd.OutOrStdout(), b.String())
}

func writeCommands(b *strings.Builder, cmd *cobra.Command) {
	if !cmd.HasAvailableSubCommands() {
		return
	}
	b.WriteString("\nCommands:\n")
	for _, c := range cmd.Commands() {
		if c.IsAvailableCommand() || c.Name() == "help" {
			fmt.Fprintf(b, "  %-*s  %s\n", cmd.NamePadding(), c.Name(), c.Short)
		}
	}
}

// writeFlags lists the flags: a command's own first, then those that are
// settings, group by group, in the order of the settings' table.
func writeFlags(b *strings.Builder, cmd *cobra.Command) {
	cmd.InitDefaultHelpFlag()
	cmd.InitDefaultVersionFlag()
	type section struct {
		title string
		flags *pflag.FlagSet
	}
	sections := []*section{{title: "Flags"}}
	add := func(title string, f *pflag.Flag) {
		i := slices.IndexFunc(sections, func(s *section) bool { return s.title == title })
		if i < 0 {
			sections = append(sections, &section{title: title})
			i = len(sections) - 1
		}
		if sections[i].flags == nil {
			sections[i].flags = pflag.NewFlagSet(title, pflag.ContinueOnError)
			sections[i].flags.SortFlags = false
		}
		sections[i].flags.AddFlag(f)
	}
	settings := map[string]bool{}
	for _, k := range config.Keys() {
		if f := cmd.Flags().Lookup(k.Flag); k.Flag != "" && f != nil {
			settings[k.Flag] = true
			add(k.Group, shown(f, k.Arg))
		}
	}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !settings[f.Name] && !f.Hidden {
			name, _ := pflag.UnquoteUsage(f)
			add("Flags", shown(f, strings.ToUpper(name)))
		}
	})
	for _, s := range sections {
		if s.flags != nil {
			fmt.Fprintf(b, "\n%s:\n%s", s.title, s.flags.FlagUsagesWrapped(helpWidth))
		}
	}
}

// shown is a flag as the help shows it, with a word for its value, or none.
func shown(f *pflag.Flag, arg string) *pflag.Flag {
	show := *f
	if arg != "" {
		_, show.Usage = pflag.UnquoteUsage(f)
		show.Value, show.DefValue = named{f.Value, arg}, ""
	}
	return &show
}

// named has another name for its type, which is what help shows for a value.
type named struct {
	pflag.Value
	arg string
}

func (n named) Type() string { return n.arg }

// flagHelp is a setting's line in the help of a command.
func flagHelp(k config.Key) string {
	var more []string
	if last := len(k.Values) - 1; last > 0 {
		more = append(more, strings.Join(k.Values[:last], ", ")+" or "+k.Values[last])
	}
	if k.Default != "" {
		more = append(more, "default "+k.Default)
	}
	if k.Repeatable {
		more = append(more, "may be repeated")
	}
	if len(more) == 0 {
		return k.Help
	}
	return k.Help + " (" + strings.Join(more, "; ") + ")"
}

// wrap fills paragraphs that have a line longer than width anew. Those that
// fit, and lines that are indented, such as examples, stay as they are.
func wrap(text string, width int) string {
	var out, paragraph []string
	flush := func() {
		if slices.ContainsFunc(paragraph, func(line string) bool { return len(line) > width }) {
			paragraph = fill(strings.Fields(strings.Join(paragraph, " ")), width)
		}
		out, paragraph = append(out, paragraph...), nil
	}
	for line := range strings.SplitSeq(text, "\n") {
		if line == "" || line[0] == ' ' {
			flush()
			out = append(out, line)
			continue
		}
		paragraph = append(paragraph, line)
	}
	flush()
	return strings.Join(out, "\n")
}

// fill puts words into lines of at most width bytes, where they fit.
func fill(words []string, width int) []string {
	var lines []string
	line := ""
	for _, word := range words {
		switch {
		case line == "":
			line = word
		case len(line)+1+len(word) <= width:
			line += " " + word
		default:
			lines, line = append(lines, line), word
		}
	}
	return append(lines, line)
}
