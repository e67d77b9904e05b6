package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"dclaude/launcher/config"
	"dclaude/launcher/tty"
)

func (a *app) configCommand() *cobra.Command {
	var asJSON bool
	var folder string
	cmd := &cobra.Command{
		Use:   "config",
		Short: "Show the settings, and where each comes from",
		Long: `Show the settings as a launch with the same flags would have them, and where
each comes from: a flag beats an environment variable, which beats the project's
own file (see dclaude trust), which beats your file, which beats the default.

With --folder, those of a session on that folder.`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			var loaded config.Loaded
			var err error
			if folder != "" {
				loaded, _, err = a.loadFor(cmd, []string{folder})
			} else {
				loaded, err = config.Load(a.sources(cmd, nil))
			}
			if err != nil {
				return err
			}
			a.warnIgnored(loaded.Ignored)
			if asJSON {
				return writeJSON(a.out.out, settingRows(loaded))
			}
			return a.writeSettings(loaded)
		},
	}
	addFlags(cmd)
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().StringVar(&folder, "folder", "", "the settings of a session on this folder")
	cmd.AddCommand(a.configEditCommand(), a.configSetCommand(), a.configPathCommand())
	return cmd
}

// settingRow is one setting, for --json.
type settingRow struct {
	Key    string            `json:"key"`
	Value  any               `json:"value"`
	Origin config.OriginKind `json:"origin"`
	Where  string            `json:"where,omitempty"`
}

func settingRows(l config.Loaded) []settingRow {
	var rows []settingRow
	for _, k := range config.Keys() {
		o := l.Origins[k.Name]
		rows = append(rows, settingRow{Key: k.Name, Value: k.Value(l.Settings), Origin: o.Kind, Where: o.Where})
	}
	return rows
}

func (a *app) writeSettings(l config.Loaded) error {
	t := tabwriter.NewWriter(a.out.out, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, "SETTING\tVALUE\tFROM")
	for _, k := range config.Keys() {
		o := l.Origins[k.Name]
		from := string(o.Kind)
		if o.Where != "" {
			from = o.Where
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", k.Name, tty.Visible(k.Format(l.Settings), 80), tty.Visible(from, 60))
	}
	return t.Flush()
}

func (a *app) configPathCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "path",
		Short: "Print where the configuration file is",
		Args:  usage(cobra.NoArgs),
		RunE: func(*cobra.Command, []string) error {
			fmt.Fprintln(a.out.out, a.configFile())
			return nil
		},
	}
}

func (a *app) configEditCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "edit",
		Short: "Edit the configuration file, and check it",
		Long:  "Open the configuration file in $VISUAL, $EDITOR, or the first usual editor there is. A new file has every setting in it as a comment. What is wrong afterwards is shown, with an offer to edit again.",
		Args:  usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.editConfig(cmd.Context())
		},
	}
}

func (a *app) editConfig(ctx context.Context) error {
	path := a.configFile()
	editor, err := a.editor()
	if err != nil {
		return err
	}
	if err := createFile(path, config.Template()); err != nil {
		return err
	}
	for {
		run := exec.CommandContext(ctx, editor[0], append(editor[1:], path)...)
		run.Stdin, run.Stdout, run.Stderr, run.Env = a.sys.In, a.sys.Out, a.sys.Err, a.sys.Environ
		if err := run.Run(); err != nil {
			return &hintedError{fmt.Errorf("the editor %s failed: %w", editor[0], err), "set VISUAL or EDITOR to another one"}
		}
		_, err := config.Load(config.Sources{File: path})
		if err == nil {
			return nil
		}
		if !isTerminal(a.sys.In) {
			return err
		}
		a.out.fail(err)
		again, askErr := a.ask(ctx, "edit again? [Y/n] ")
		if askErr != nil || strings.HasPrefix(strings.ToLower(again), "n") {
			return errors.Join(askErr, &hintedError{errors.New("the settings stay wrong: dclaude does not start a session with them"), "dclaude config edit"})
		}
	}
}

// editor is the command line of the user's editor.
func (a *app) editor() ([]string, error) {
	for _, name := range []string{"VISUAL", "EDITOR"} {
		if words := strings.Fields(lookup(a.sys.Environ, name)); len(words) > 0 {
			return words, nil
		}
	}
	for _, name := range []string{"sensible-editor", "nano", "vim", "vi"} {
		if path, err := exec.LookPath(name); err == nil {
			return []string{path}, nil
		}
	}
	return nil, &hintedError{errors.New("there is no editor"), "set EDITOR, or edit the file yourself: " + a.configFile()}
}

// createFile makes a private file with that content unless there is one.
func createFile(path, content string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return err
	}
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return nil
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(content)
	return errors.Join(err, f.Close())
}
