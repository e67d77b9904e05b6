package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"dclaude/launcher/config"
	"dclaude/launcher/engine"
	"dclaude/launcher/session"
	"dclaude/launcher/tty"
)

func (a *app) lsCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:     "ls",
		Aliases: []string{"list", "ps"},
		Short:   "List the sessions",
		Long:    "List the sessions, with what each runs under as it was observed, and what it takes of this machine now. A session whose window was closed goes on in the background.",
		Args:    usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			e, sessions, err := a.sessions(cmd)
			if err != nil {
				return err
			}
			defer e.Close()
			a.lookAt(cmd.Context(), e, sessions)
			if err := session.FindOffline(cmd.Context(), e, sessions); err != nil {
				return err
			}
			session.Measure(cmd.Context(), e, sessions, measureTime)
			if asJSON {
				return writeJSON(a.out.out, sessions)
			}
			return writeTable(a.out.out, sessions, time.Now())
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	addEngineFlags(cmd)
	return cmd
}

// sessions reads the settings of a command and lists the sessions of the engine
// that they mean.
func (a *app) sessions(cmd *cobra.Command) (*engine.Engine, []session.Session, error) {
	settings, err := a.load(cmd)
	if err != nil {
		return nil, nil, err
	}
	return a.sessionsOf(cmd.Context(), settings)
}

// sessionsOf connects to the engine and lists its sessions, with what was
// observed of them.
func (a *app) sessionsOf(ctx context.Context, settings config.Settings) (*engine.Engine, []session.Session, error) {
	e, err := a.connect(ctx, settings)
	if err != nil {
		return nil, nil, err
	}
	sessions, err := a.observed(ctx, e)
	if err != nil {
		e.Close()
		return nil, nil, err
	}
	return e, sessions, nil
}

// measureTime is over what ls measures. The engine counts in nanoseconds, so it
// can be short.
const measureTime = 250 * time.Millisecond

func (a *app) observed(ctx context.Context, e *engine.Engine) ([]session.Session, error) {
	records := a.records(e)
	before, err := records.All()
	if err != nil {
		a.out.warn(fmt.Sprintf("the records of sessions cannot be read: %v", err), "")
	}
	sessions, err := session.List(ctx, e)
	if err != nil {
		return nil, err
	}
	a.sweep(e, before, sessions)
	for i, s := range sessions {
		rec, err := records.Load(s.Name, s.ID)
		if err != nil {
			a.out.warn(fmt.Sprintf("the record of session %s cannot be read: %v", tty.Visible(s.Name, 40), err), "")
		}
		sessions[i].Kernel, sessions[i].Attached = rec.Kernel, records.Held(s.Name)
		if rec.Login != nil {
			sessions[i].TokenEnds = rec.Login.Expires
		}
	}
	return sessions, nil
}

func writeJSON(w io.Writer, v any) error {
	enc := json.NewEncoder(w)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// writeTable shows the sessions to a person. Names of folders are shown, not
// obeyed: a session could have made them.
func writeTable(w io.Writer, sessions []session.Session, now time.Time) error {
	t := tabwriter.NewWriter(w, 0, 0, 3, ' ', 0)
	fmt.Fprintln(t, "NAME\tPROJECT\tAGE\tISOLATION\tNETWORK\tTOKEN\tCPU\tMEMORY\tSTATE")
	for _, s := range sessions {
		cpu, memory := "-", "-"
		if s.Usage != nil {
			cpu, memory = fmt.Sprintf("%.0f%%", s.Usage.CPUPercent), size(s.Usage.MemoryBytes)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n",
			tty.Visible(s.Name, 40), tty.Visible(s.Project, 60), age(now.Sub(s.Created)),
			isolationText(s), networkText(s), tokenText(s, now), cpu, memory, stateText(s))
	}
	return t.Flush()
}

// networkText is the network setting of a session, unless it has no network at
// all for want of a gateway.
func networkText(s session.Session) string {
	if s.Offline {
		return "offline"
	}
	return tty.Visible(s.Network, 12)
}

// tokenText says how long the token works that a session was handed last.
func tokenText(s session.Session, now time.Time) string {
	switch left := s.TokenEnds.Sub(now); {
	case s.TokenEnds.IsZero():
		return "-"
	case left <= 0:
		return "expired"
	default:
		return age(left) + " left"
	}
}

// stateText is the engine's word for a session, and whether a window shows it.
func stateText(s session.Session) string {
	switch {
	case s.State == "running" && s.Attached:
		return "attached"
	case s.State == "running":
		return "in the background"
	}
	return tty.Visible(s.State, 12)
}

// describe is a session in half a line, for a list to pick from.
func describe(s session.Session, now time.Time) string {
	return fmt.Sprintf("%s on %s, %s old, %s", tty.Visible(s.Name, 40), tty.Visible(s.Project, 60), age(now.Sub(s.Created)), stateText(s))
}

// size is a number of bytes for people.
func size(bytes uint64) string {
	const mib = 1 << 20
	switch {
	case bytes < mib:
		return fmt.Sprintf("%d KiB", bytes>>10)
	case bytes < 1024*mib:
		return fmt.Sprintf("%d MiB", bytes/mib)
	}
	return fmt.Sprintf("%.1f GiB", float64(bytes)/(1024*mib))
}

// plural is a number of things, in words.
func plural(n int, thing string) string {
	switch {
	case n == 1:
		return "a " + thing
	case strings.HasSuffix(thing, "y"):
		return fmt.Sprintf("%d %sies", n, strings.TrimSuffix(thing, "y"))
	}
	return fmt.Sprintf("%d %ss", n, thing)
}

// isolationText says what a session runs under: as observed, else as planned.
func isolationText(s session.Session) string {
	planned := tty.Visible(s.Isolation, 12)
	switch {
	case s.Kernel == "":
		return planned + " (not observed)"
	case session.IsGVisor(s.Kernel) && s.Isolation == "nested":
		return "gVisor (nested)"
	case session.IsGVisor(s.Kernel):
		return "gVisor (" + planned + ")"
	case s.Isolation == "runc":
		return "none (runc)"
	}
	return "none (" + planned + " expected)"
}

func age(d time.Duration) string {
	switch {
	case d < time.Minute:
		return fmt.Sprintf("%ds", max(0, int(d.Seconds())))
	case d < time.Hour:
		return fmt.Sprintf("%dm", int(d.Minutes()))
	case d < 48*time.Hour:
		return fmt.Sprintf("%dh", int(d.Hours()))
	}
	return fmt.Sprintf("%dd", int(d.Hours()/24))
}
