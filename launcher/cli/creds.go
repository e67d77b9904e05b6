package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"dclaude/creds"
	"dclaude/creds/vault"
	"dclaude/launcher/credentials"
	"dclaude/launcher/engine"
	"dclaude/launcher/session"
	"dclaude/launcher/tty"
)

func (a *app) credsCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "creds",
		Short: "Show and look after the login of the sessions",
		Long:  "Show where the sessions' login comes from and how it stands, give it to running sessions, and store a token or an API key for them. Nothing here ever prints a secret.",
		Args:  usage(cobra.NoArgs),
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(a.credsStatusCommand(), a.credsInjectCommand(), a.credsRefreshCommand(), a.credsSetCommand(), a.credsForgetCommand())
	return cmd
}

// withKeeper connects, lists the sessions, and calls f.
func (a *app) withKeeper(cmd *cobra.Command, f func(context.Context, *engine.Engine, credentials.Keeper, []session.Session) error) error {
	settings, err := a.load(cmd)
	if err != nil {
		return err
	}
	e, err := a.connect(cmd.Context(), settings)
	if err != nil {
		return err
	}
	defer e.Close()
	sessions, err := a.observed(cmd.Context(), e)
	if err != nil {
		return err
	}
	return f(cmd.Context(), e, a.keeper(e, settings), sessions)
}

func (a *app) credsStatusCommand() *cobra.Command {
	var asJSON bool
	cmd := &cobra.Command{
		Use:   "status",
		Short: "Show how the login stands",
		Long:  "Show where the login comes from, how long it works, whose it is, and what each running session has of it.",
		Args:  usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withKeeper(cmd, func(ctx context.Context, _ *engine.Engine, k credentials.Keeper, sessions []session.Session) error {
				st, err := k.Status(ctx, sessions)
				if err != nil {
					return err
				}
				if asJSON {
					return writeJSON(a.out.out, st)
				}
				for _, p := range st.Problems {
					a.out.warn(p.Text, p.Hint)
				}
				return writeStatus(a.out.out, st, time.Now())
			})
		},
	}
	cmd.Flags().BoolVar(&asJSON, "json", false, "print JSON")
	addEngineFlags(cmd)
	return cmd
}

// writeStatus shows a status to a person.
func writeStatus(w io.Writer, st credentials.Status, now time.Time) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name, value string) {
		if value != "" {
			fmt.Fprintf(t, "%s\t%s\n", name, tty.Visible(value, 200))
		}
	}
	row("Source", string(st.Source))
	row("Stored in", st.Store)
	row("State", loginText(st, now))
	row("Plan", st.Plan)
	row("Account", st.Account)
	row("Renewed by", st.Claude)
	if err := t.Flush(); err != nil || len(st.Sessions) == 0 {
		return err
	}
	fmt.Fprintln(t, "\nSESSION\tSOURCE\tHAS\tENDS")
	for _, s := range st.Sessions {
		ends := "-"
		if !s.Expires.IsZero() {
			ends = untilText(s.Expires, now)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", tty.Visible(s.Name, 40), tty.Visible(string(s.Source), 12), s.Has, ends)
	}
	return t.Flush()
}

func loginText(st credentials.Status, now time.Time) string {
	if st.State == "" || st.Expires.IsZero() {
		return st.State
	}
	return st.State + ", " + untilText(st.Expires, now)
}

// untilText says when something ends, or how long ago it did.
func untilText(at, now time.Time) string {
	if left := at.Sub(now); left > 0 {
		return "ends in " + age(left)
	}
	return "ended " + age(now.Sub(at)) + " ago"
}

func (a *app) credsInjectCommand() *cobra.Command {
	var fresh, yes bool
	cmd := &cobra.Command{
		Use:   "inject [NAME...]",
		Short: "Give running sessions the login that this computer has now",
		Long:  "Give running sessions (all, or those named) the login that this computer has now. It happens by itself while a window of a session is open; the menu-bar app asks, or does it by itself with app.reinject = \"auto\". With --fresh-creds, sessions get it even if they have it already, had another account's, or keep a copy of their own.",

		ValidArgsFunction: a.completeSessions,
		RunE: func(cmd *cobra.Command, names []string) error {
			return a.withKeeper(cmd, func(ctx context.Context, _ *engine.Engine, k credentials.Keeper, sessions []session.Session) (err error) {
				if len(names) > 0 {
					if sessions, err = pickAll(sessions, names); err != nil {
						return err
					}
				}
				return a.inject(ctx, k, sessions, fresh, yes)
			})
		},
	}
	cmd.Flags().BoolVar(&fresh, "fresh-creds", false, "whatever the sessions have")
	cmd.Flags().BoolVar(&yes, "yes", false, "do not ask before a session gets the token of another account")
	addEngineFlags(cmd)
	return cmd
}

// inject gives sessions their login, asks where it has to, and names on stdout
// those that got one.
func (a *app) inject(ctx context.Context, k credentials.Keeper, sessions []session.Session, fresh, yes bool) error {
	var failed error
	report := func(results []credentials.Result) (ask []session.Session) {
		for _, r := range results {
			switch {
			case r.Err != nil:
				failed = errors.Join(failed, r.Err)
			case r.Ask:
				a.out.warn("session "+r.Session.Name+": "+r.Warning, "")
				ask = append(ask, r.Session)
			case r.Warning != "":
				a.out.warn("session "+r.Session.Name+": "+r.Warning, r.Hint)
			}
			if r.Injected {
				fmt.Fprintln(a.out.out, r.Session.Name)
			}
		}
		return ask
	}
	ask := report(k.Inject(ctx, sessions, fresh))
	if len(ask) == 0 || failed != nil {
		return failed
	}
	if !yes {
		ok, err := a.confirm(ctx)
		if err != nil || !ok {
			return err
		}
	}
	report(k.Inject(ctx, ask, true))
	return failed
}

func (a *app) credsRefreshCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "refresh",
		Short: "Have Claude Code on this computer renew its login",
		Long:  "Have Claude Code on this computer renew its login, if that has less than five minutes left: with more, Claude Code leaves it as it is. Running sessions get the new token.",
		Args:  usage(cobra.NoArgs),
		RunE: func(cmd *cobra.Command, _ []string) error {
			return a.withKeeper(cmd, func(ctx context.Context, _ *engine.Engine, k credentials.Keeper, sessions []session.Session) error {
				result, err := k.Refresh(ctx, 0)
				if err != nil {
					return err
				}
				c, now := result.Credential, time.Now()
				switch {
				case result.Ran:
					a.out.say("renewed; the new token %s", untilText(c.Expires, now))
				case !c.Refreshable:
					return &hintedError{errors.New("the login of this computer cannot be renewed: it has no refresh token"), "run `claude` on this computer and sign in"}
				case c.Expires.IsZero():
					a.out.say("nothing to do: the login does not say when it ends")
				default:
					a.out.say("nothing to do: the token %s, and Claude Code renews it in the last five minutes", untilText(c.Expires, now))
				}
				return a.inject(ctx, k, sessions, false, false)
			})
		},
	}
	addEngineFlags(cmd)
	return cmd
}

func (a *app) credsSetCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "set token|api-key",
		Short: "Store a token of claude setup-token, or an API key",
		Long:  "Store a token that `claude setup-token` has printed, or a key of the Anthropic API, for sessions with credentials.source set to token or api-key. It is asked for, or read from the standard input; never put it on a command line. It goes to the keychain, or the desktop's Secret Service, or where there is none to a private file.",
		Args:  usage(cobra.ExactArgs(1)),

		ValidArgsFunction: completeStored,
		RunE: func(cmd *cobra.Command, args []string) error {
			source, err := storedSource(args[0])
			if err != nil {
				return err
			}
			settings, err := a.load(cmd)
			if err != nil {
				return err
			}
			text, err := a.readSecret(cmd.Context(), args[0])
			if err != nil {
				return err
			}
			where, err := a.vault().Set(cmd.Context(), source, text, time.Now())
			if err != nil {
				return err
			}
			a.out.say("stored in %s; running sessions that live on it get it with: dclaude creds inject", where)
			if settings.CredentialsSource != args[0] {
				a.out.say("to use it: dclaude --credentials-source %s, or credentials.source = %q in the configuration", args[0], args[0])
			}
			return nil
		},
	}
	return cmd
}

func (a *app) credsForgetCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "forget token|api-key",
		Short: "Remove a stored token or API key",
		Args:  usage(cobra.ExactArgs(1)),

		ValidArgsFunction: completeStored,
		RunE: func(cmd *cobra.Command, args []string) error {
			source, err := storedSource(args[0])
			if err != nil {
				return err
			}
			return a.vault().Forget(cmd.Context(), source)
		},
	}
}

func (a *app) vault() *vault.Vault { return credentials.Vault(a.user(), a.stateDir()) }

func storedSource(name string) (creds.Source, error) {
	source := creds.Source(name)
	if !slices.Contains(creds.Sources(), source) || !source.Stored() {
		return "", &usageError{fmt.Errorf("%q cannot be stored", tty.Visible(name, 20)), "say token or api-key; the secret itself is asked for, and must not be on the command line"}
	}
	return source, nil
}

// maxSecret bounds what is read for a token or key, in bytes.
const maxSecret = 64 << 10

// readSecret asks on a terminal without showing what is typed, and reads the
// standard input otherwise.
func (a *app) readSecret(ctx context.Context, what string) (string, error) {
	if !isTerminal(a.sys.In) {
		b, err := io.ReadAll(io.LimitReader(a.sys.In, maxSecret))
		return string(b), err
	}
	fd := int(a.sys.In.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return "", err
	}
	// Who interrupts here must not be left with a terminal that shows nothing.
	restore := context.AfterFunc(ctx, func() { _ = term.Restore(fd, before) })
	defer restore()
	fmt.Fprintf(a.out.err, "dclaude: %s (it is not shown): ", what)
	type answer struct {
		text []byte
		err  error
	}
	done := make(chan answer, 1)
	go func() {
		text, err := term.ReadPassword(fd)
		done <- answer{text, err}
	}()
	select {
	case got := <-done:
		fmt.Fprintln(a.out.err)
		return string(got.text), got.err
	case <-ctx.Done():
		fmt.Fprintln(a.out.err)
		return "", ctx.Err()
	}
}
