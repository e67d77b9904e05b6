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
			add(k.Group, shown(f, k))
		}
	}
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if !settings[f.Name] && !f.Hidden {
			add("Flags", f)
		}
	})
	for _, s := range sections {
		if s.flags != nil {
			fmt.Fprintf(b, "\n%s:\n%s", s.title, s.flags.FlagUsagesWrapped(helpWidth))
		}
	}
}

// shown is a flag as the help shows it, with a word for its value.
func shown(f *pflag.Flag, k config.Key) *pflag.Flag {
	show := *f
	if !k.Bool {
		show.Value, show.DefValue = named{f.Value, k.Arg}, ""
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

// wrap breaks lines that are longer than width at their spaces. Lines that
// fit, such as examples, stay as they are.
func wrap(text string, width int) string {
	var out []string
	for line := range strings.SplitSeq(text, "\n") {
		for len(line) > width {
			cut := strings.LastIndexByte(line[:width+1], ' ')
			if cut <= 0 {
				break
			}
			out = append(out, line[:cut])
			line = line[cut+1:]
		}
		out = append(out, line)
	}
	return strings.Join(out, "\n")
}
