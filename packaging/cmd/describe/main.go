// Command describe writes what is made of dclaude's commands for a package:
// manual pages, and completions for bash, zsh and fish, under the folder -out
// in the places below a prefix where systems look for them.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"dclaude/launcher/cli"
	"dclaude/launcher/config"
	"dclaude/packaging/manpage"
)

func main() {
	if err := run(os.Args[1:], os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "describe: error:", err)
		os.Exit(1)
	}
}

func run(args []string, stderr io.Writer) error {
	f := flag.NewFlagSet("describe", flag.ContinueOnError)
	f.SetOutput(stderr)
	out := f.String("out", "", "folder to write to")
	version := f.String("version", "dev", "version of dclaude")
	epoch := f.Int64("date", 0, "date of the pages, in seconds since 1970")
	if err := f.Parse(args); err != nil {
		return err
	}
	if *out == "" || f.NArg() > 0 {
		return fmt.Errorf("usage: describe -out FOLDER [-version V] [-date SECONDS]")
	}
	files, err := describe(cli.Commands(), *version, time.Unix(*epoch, 0))
	if err != nil {
		return err
	}
	for name, content := range files {
		path := filepath.Join(*out, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil { //nolint:gosec // what is installed is for everybody to read
			return err
		}
		if err := os.WriteFile(path, content, 0o644); err != nil { //nolint:gosec // likewise
			return err
		}
	}
	return nil
}

// describe returns the files by their path below the prefix.
func describe(root *cobra.Command, version string, date time.Time) (map[string][]byte, error) {
	files := map[string][]byte{}
	header := manpage.Header{Date: date, Version: version, Values: words(), Extra: []manpage.Section{settings(), exitCodes()}}
	for _, p := range manpage.Pages(root, header) {
		files["share/man/man1/"+p.File] = []byte(p.Text)
	}
	for name, generate := range map[string]func(io.Writer) error{
		"share/bash-completion/completions/dclaude":    func(w io.Writer) error { return root.GenBashCompletionV2(w, true) },
		"share/zsh/site-functions/_dclaude":            root.GenZshCompletion,
		"share/fish/vendor_completions.d/dclaude.fish": func(w io.Writer) error { return root.GenFishCompletion(w, true) },
	} {
		var b bytes.Buffer
		if err := generate(&b); err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		files[name] = b.Bytes()
	}
	return files, nil
}

// words are what help shows for the values of settings.
func words() map[string]string {
	w := map[string]string{}
	for _, k := range config.Keys() {
		w[k.Flag] = k.Arg
	}
	return w
}

// settings describes the configuration file, from the table that reads it.
func settings() manpage.Section {
	s := manpage.Section{
		Title: "Settings",
		Text: "A setting is given by its flag, else by its variable, else in the file ~/.config/dclaude/config.toml under its name; " +
			"a dot in a name separates a table of the file from what is in it.",
	}
	for _, k := range config.Keys() {
		text := k.Help + "."
		if len(k.Values) > 0 {
			text += " One of " + strings.Join(k.Values, ", ") + "."
		}
		if k.Default != "" {
			text += " Default: " + k.Default + "."
		}
		s.Terms = append(s.Terms, manpage.Term{Name: k.Name + ", " + k.Env, Text: strings.ToUpper(text[:1]) + text[1:]})
	}
	return s
}

func exitCodes() manpage.Section {
	return manpage.Section{
		Title: "Exit status",
		Text:  "Claude's own, where there was a session. Else:",
		Terms: []manpage.Term{
			{Name: "2", Text: "The command line cannot be understood."},
			{Name: "125", Text: "dclaude itself failed; standard error says on what, and what to do."},
			{Name: "130", Text: "It was interrupted."},
		},
	}
}
