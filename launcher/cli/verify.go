package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"dclaude/launcher/session"
	"dclaude/launcher/tty"
	"dclaude/launcher/verify"
)

// verifyTime is what all of verify may take once there is an image.
const verifyTime = time.Minute

const verifyHelp = `Show on this machine that a session keeps what dclaude promises.

This starts a throw-away session with the settings that your sessions have (and
the flags given here), on a folder of its own, with a made-up login, and with an
API that is a part of dclaude and listens on this machine. From inside, each
promise is attacked. What was tried and seen is printed; the exit code is 1 if a
promise is broken, or could not be tried. An attack that fails without any
protection, too, as on a machine that is offline, proves nothing and is shown as
skipped. Nothing of it stays.

An allow-list limits where a session can go, not what it can take there: an
allowed host, such as GitHub or a package registry, can be used to carry data out.`

func (a *app) verifyCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "verify",
		Short: "Show that a session keeps what dclaude promises, on this machine",
		Long:  verifyHelp,
		Args:  usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			results, err := a.verify(cmd)
			if err != nil {
				return err
			}
			if verify.Failed(results) {
				a.code = exitFindings
			}
			if asJSON {
				return writeJSON(a.out.out, results)
			}
			return writeResults(a.out.out, results, isTerminal(a.sys.Out) && a.out.colour)
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	addFlagsNamed(cmd, "context", "host", "isolation", "network", "policy")
	return cmd
}

func writeResults(w io.Writer, results []verify.Result, colour bool) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	colours := map[verify.Status]string{verify.Kept: "32", verify.Broken: "31", verify.Skipped: "33"}
	paint := func(s verify.Status, text string) string {
		if !colour {
			return text
		}
		return "\x1b[" + colours[s] + "m" + text + "\x1b[0m"
	}
	for _, r := range results {
		fmt.Fprintf(t, "%s\t%s\n", paint(r.Status, string(r.Status)), r.Promise)
		fmt.Fprintf(t, "%s\t  tried: %s\n", paint(r.Status, ""), r.Tried)
		fmt.Fprintf(t, "%s\t  seen:  %s\n", paint(r.Status, ""), tty.Visible(r.Seen, 160))
	}
	fmt.Fprintf(t, "\n%s\n", verify.Summary(results))
	return t.Flush()
}

// verify runs a throw-away session, attacks it, and judges what was seen.
func (a *app) verify(cmd *cobra.Command) (results []verify.Result, err error) {
	settings, err := a.load(cmd)
	if err != nil {
		return nil, err
	}
	ctx := cmd.Context()
	e, err := a.connect(ctx, settings)
	if err != nil {
		return nil, err
	}
	defer e.Close()
	info, err := e.Info(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := a.ensureImage(ctx, e, settings, info, nil); err != nil { // outside of the time limit
		return nil, err
	}
	ctx, cancel := context.WithTimeout(ctx, verifyTime)
	defer cancel()
	s := &specimen{app: a, engine: e, settings: settings}
	defer func() { err = errors.Join(err, s.remove(ctx)) }()
	if err := s.start(ctx); err != nil {
		return nil, fmt.Errorf("the throw-away session does not start: %w", err)
	}
	s.attack(ctx)
	if cmd.Context().Err() != nil {
		return nil, cmd.Context().Err()
	}
	s.seen.LeftBehind = s.end(ctx)
	return verify.Judge(s.seen), nil
}

// attemptContext returns a short context of its own for one attempt, so that one that
// hangs does not take the time of the others.
func attemptContext(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(ctx, 15*time.Second)
}

// endSession ends a session and its way out.
func (a *app) endSession(ctx context.Context, s *specimen) error {
	err := session.Stop(ctx, s.engine, []session.Session{s.session})
	if s.session.Network == "allowlist" {
		a.closeGateway(ctx, s.engine, s.session.Name)
	}
	return errors.Join(err, a.records(s.engine).Remove(s.session.Name))
}
