package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"dclaude/launcher/doctor"
	"dclaude/launcher/session"
	"dclaude/launcher/tty"
)

// exitFindings is the exit code of a check that found something wrong.
const exitFindings = 1

func (a *app) doctorCommand() *cobra.Command {
	var asJSON, fix bool
	cmd := &cobra.Command{
		Use:   "doctor",
		Short: "Check whether everything that a session needs is there",
		Long: `Check the engine, the ways of isolation, the image, the login, the network, the
disk, the terminal and left-overs of earlier sessions, and say what cures each
fault. --fix puts right what can be put right safely. Nothing secret is printed:
the output is fit for an issue. The exit code is 1 if a session cannot work.`,
		Args: usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			d := &diagnosis{app: a}
			defer d.close()
			d.gather(cmd)
			if err := cmd.Context().Err(); err != nil {
				return err
			}
			findings := doctor.Examine(d.facts)
			if fix {
				if d.fix(cmd.Context(), findings) {
					d.gather(cmd)
					findings = doctor.Examine(d.facts)
				}
			}
			if doctor.Failed(findings) {
				a.code = exitFindings
			}
			if asJSON {
				return writeJSON(a.out.out, findings)
			}
			return writeFindings(a.out.out, findings, isTerminal(a.sys.Out) && a.out.colour)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	cmd.Flags().BoolVar(&fix, "fix", false, "put right what can be put right safely")
	addEngineFlags(cmd)
	return cmd
}

// writeFindings shows findings to a person, each cure below what it cures.
func writeFindings(w io.Writer, findings []doctor.Finding, colour bool) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	colours := map[doctor.Status]string{doctor.OK: "32", doctor.Warning: "33", doctor.Failure: "31", doctor.Skipped: "90"}
	for _, f := range findings {
		status := string(f.Status)
		if colour {
			status = "\x1b[" + colours[f.Status] + "m" + status + "\x1b[0m"
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", status, f.Area, tty.Visible(f.Text, maxLine))
		if f.Cure != "" && f.Status != doctor.OK {
			blank := ""
			if colour {
				blank = "\x1b[0m\x1b[0m " // as long as a colour, for the columns
			}
			fmt.Fprintf(t, "%s\t\t-> %s\n", blank, tty.Visible(f.Cure, maxLine))
		}
	}
	return t.Flush()
}

// fix does what can be done safely, says so, and tells whether it did anything.
func (d *diagnosis) fix(ctx context.Context, findings []doctor.Finding) bool {
	done := false
	for _, f := range findings {
		var err error
		switch f.Fix {
		case doctor.FixLeftovers:
			var n int
			n, err = session.Clean(ctx, d.engine, time.Now())
			d.out.say("removed %s", plural(n, "left-over"))
		case doctor.FixConfigMode:
			path := d.configFile()
			err = tightenMode(path, 0o022)
			d.out.say("made %s writable for you alone", tty.Visible(path, 200))
		case doctor.FixLoginMode:
			err = tightenMode(d.looseLogin, 0o077)
			d.out.say("made %s readable for you alone", tty.Visible(d.looseLogin, 200))
		default:
			continue
		}
		done = true
		if err != nil {
			d.out.fail(err)
		}
	}
	return done
}

// tightenMode takes rights to a file away.
func tightenMode(path string, rights os.FileMode) error {
	info, err := os.Lstat(path)
	if err != nil {
		return err
	}
	if !info.Mode().IsRegular() {
		return &hintedError{errors.New("it is a link, or no file"), "look at it yourself: " + path}
	}
	return os.Chmod(path, info.Mode().Perm()&^rights)
}
