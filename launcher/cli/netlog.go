package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"dclaude/launcher/egress"
	"dclaude/launcher/session"
	"dclaude/launcher/tty"
)

// logsCommand is "net log" by the name under which people look for it.
func (a *app) logsCommand() *cobra.Command {
	cmd := a.netLogCommand()
	cmd.Use = "logs [NAME]"
	cmd.Short = "The same as net log: what sessions reached"
	return cmd
}

func (a *app) netLogCommand() *cobra.Command {
	var follow, asJSON bool
	lines := 200
	cmd := &cobra.Command{
		Use:   "log [NAME]",
		Short: "Show what running sessions reached, and what was blocked",
		Long:  "Show what a running session, or all of them, reached and what was blocked: the latest lines, and with -f what comes. A log goes with its session. Nothing of what was sent is in it, nor any URL.",
		Args:  usage(cobra.MaximumNArgs(1)),

		ValidArgsFunction: a.completeSession,
		RunE: func(cmd *cobra.Command, args []string) error {
			o := session.NetLogOptions{Lines: lines, Follow: follow}
			e, sessions, err := a.sessions(cmd)
			if err != nil {
				return err
			}
			defer e.Close()
			if len(args) > 0 {
				s, err := pick(sessions, args[0])
				if err != nil {
					return err
				}
				o.Session = s.Name
			}
			show := a.showEvent
			if asJSON {
				show = func(event egress.Event) { _, _ = a.out.out.Write(event.Line()) }
			}
			return session.NetLog(cmd.Context(), e, o, show)
		},
	}
	cmd.Flags().BoolVarP(&follow, "follow", "f", false, "go on with what comes")
	cmd.Flags().IntVarP(&lines, "lines", "n", lines, "how many of the latest lines of each session; -1 is all")
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON, a line an event")
	addEngineFlags(cmd)
	return cmd
}

// showEvent shows one to a person. Hosts were chosen by the session: they are
// shown, not obeyed.
func (a *app) showEvent(e egress.Event) { writeEvent(a.out.out, e) }

func writeEvent(w io.Writer, e egress.Event) {
	if e.Dropped > 0 {
		fmt.Fprintf(w, "%s  %-20s  (%d lines left out: too many at once)\n", clock(e.Time), tty.Visible(e.Session, 20), e.Dropped)
	}
	var what string
	switch e.Kind {
	case egress.KindGateway:
		what = gatewayLine(e)
	case egress.KindHook:
		what = "Claude: " + tty.Visible(string(e.Hook), 20)
	case egress.KindDNS:
		what = "name not resolved: " + tty.Visible(e.Host, 100)
	case egress.KindPolicy:
		what = "policy: " + string(e.Change) + " " + tty.Visible(e.Host, 100)
	case egress.KindTunnel, egress.KindHTTP:
		what = fmt.Sprintf("%-7s  %s:%d", tty.Visible(string(e.Verdict), 10), tty.Visible(e.Host, 100), e.Port)
		if e.Reason != egress.Allowed {
			what += "  (" + tty.Visible(string(e.Reason), 30) + ")"
		} else {
			what += fmt.Sprintf("  sent %s, received %s, %s", amount(e.Sent), amount(e.Received), time.Duration(e.Millis)*time.Millisecond)
		}
	}
	fmt.Fprintf(w, "%s  %-20s  %s\n", clock(e.Time), tty.Visible(e.Session, 20), what)
}

func gatewayLine(e egress.Event) string {
	switch e.Gateway {
	case egress.GatewayFailed:
		return "gateway: failed, and is started anew: " + tty.Visible(e.Note, 200)
	case egress.GatewayDied:
		return "gateway: died; the session is offline. A window that shows it makes the gateway again, and so does dclaude net restart"
	case egress.GatewayStarted:
		return "gateway: started"
	}
	return "gateway: " + tty.Visible(string(e.Verdict), 10) + "  (" + tty.Visible(string(e.Reason), 30) + ")"
}

func clock(t time.Time) string { return t.Local().Format(time.TimeOnly) }

// amount is a number of bytes for people.
func amount(n int64) string {
	units := []string{"B", "KiB", "MiB", "GiB", "TiB"}
	f, i := float64(n), 0
	for ; f >= 1024 && i < len(units)-1; i++ {
		f /= 1024
	}
	return strings.TrimSuffix(fmt.Sprintf("%.1f", f), ".0") + " " + units[i]
}

func (a *app) netPolicyCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "policy [NAME]",
		Short: "Show what a running session may reach",
		Args:  usage(cobra.MaximumNArgs(1)),

		ValidArgsFunction: a.completeSession,
		RunE: func(cmd *cobra.Command, args []string) error {
			e, s, err := a.sessionNamed(cmd, args)
			if err != nil {
				return err
			}
			defer e.Close()
			if s.Network != "allowlist" {
				return &hintedError{fmt.Errorf("session %s has no allow-list: its network is %q", s.Name, s.Network), ""}
			}
			state, err := session.ChangePolicy(context.WithoutCancel(cmd.Context()), e, s.Name, egress.Change{Op: egress.OpShow})
			if err != nil {
				return err
			}
			if asJSON {
				return writeJSON(a.out.out, state)
			}
			return writePolicy(a.out.out, state)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	addEngineFlags(cmd)
	return cmd
}

func writePolicy(w io.Writer, s egress.State) error {
	var b strings.Builder
	for _, part := range []struct {
		word  string
		rules []string
	}{{"allow", s.Allow}, {"once", s.Once}, {"deny", s.Deny}} {
		for _, r := range part.rules {
			fmt.Fprintf(&b, "%-6s %s\n", part.word, tty.Visible(r, 300))
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
