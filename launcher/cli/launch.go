package cli

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"dclaude/launcher/config"
	"dclaude/launcher/credentials"
	"dclaude/launcher/engine"
	"dclaude/launcher/gitconfig"
	"dclaude/launcher/plan"
	"dclaude/launcher/project"
	"dclaude/launcher/session"
	"dclaude/launcher/tty"
)

func (a *app) launchCommand(use string) *cobra.Command {
	cmd := &cobra.Command{
		Use:  use,
		Args: cobra.ArbitraryArgs, // a folder is no unknown command

		ValidArgsFunction: completeFolder,
		RunE: func(cmd *cobra.Command, args []string) error {
			folder, rest, err := splitArgs(args, cmd.ArgsLenAtDash())
			if err != nil {
				return err
			}
			loaded, p, err := a.loadFor(cmd, folder)
			if err != nil {
				return err
			}
			a.warnIgnored(loaded.Ignored)
			if err := a.consent(cmd.Context(), loaded.Settings); err != nil {
				return err
			}
			a.quieten(&loaded)
			return a.launch(cmd.Context(), loaded.Settings, p, rest)
		},
	}
	addFlags(cmd)
	return cmd
}

// quieten leaves the review of a one-shot out when nobody would read it: a
// script would only wait for it. Who sets it gets it.
func (a *app) quieten(l *config.Loaded) {
	oneShot := !l.Settings.Detach && (!isTerminal(a.sys.In) || !isTerminal(a.sys.Out))
	if oneShot && !isTerminal(a.sys.Err) && l.Origins["review"].Kind == config.FromDefault {
		l.Settings.Review = reviewOff
	}
}

// splitArgs tells the folder from what goes to Claude, which follows "--".
func splitArgs(args []string, dash int) (folder, rest []string, err error) {
	if dash < 0 {
		dash = len(args)
	}
	folder, rest = args[:dash], args[dash:]
	if len(folder) > 1 {
		return nil, nil, &usageError{
			fmt.Errorf("one folder at a time: got %q and %q", folder[0], folder[1]),
			"what is meant for Claude goes after --, as in: dclaude " + folder[0] + " -- -p hi",
		}
	}
	return folder, rest, nil
}

// launch runs one session from settings to exit code.
func (a *app) launch(ctx context.Context, s config.Settings, p project.Project, args []string) error {
	e, err := a.connect(ctx, s)
	if err != nil {
		return err
	}
	defer e.Close()
	back, err := a.offer(ctx, e, s, p, args)
	if err != nil {
		return err
	}
	if back.Name != "" {
		return a.attach(ctx, e, s, back)
	}
	if err := a.offerImport(ctx, e, s, p); err != nil {
		return err
	}
	for tries := 1; ; tries++ {
		err := a.start(ctx, e, s, p, args)
		// Another launch may have taken the same addresses a moment ago, or the
		// engine is not the one that it was at the last launch.
		again := engine.IsKind(err, engine.KindAddressInUse) || errors.Is(err, session.ErrChanged)
		if !again || tries == maxTries {
			return err
		}
	}
}

// maxTries bounds the launches that one command makes of it.
const maxTries = 3

// start begins a new session and stays with it, unless it is to be detached.
func (a *app) start(ctx context.Context, e *engine.Engine, s config.Settings, p project.Project, args []string) error {
	recall, err := session.RecallInfo(ctx, e, a.infoFile(e))
	if err != nil {
		return err
	}
	run, login, err := a.prepare(ctx, e, recall, s, p, args)
	if err != nil {
		return err
	}
	a.out.warnAll(run.Warnings)
	if given, err := filepath.Abs(p.Given); err == nil && given != p.Path {
		// A session of yesterday could have made it a link.
		a.out.say("%s leads to %s", tty.Visible(given, 80), tty.Visible(p.Path, 80))
	}
	if err := a.opened().Add(p.Path); err != nil {
		return err
	}
	records := a.records(e)
	release, err := records.Hold(run.Session)
	if err != nil {
		return err
	}
	defer release()
	begin := time.Now()
	tidied := a.tidyMeanwhile(ctx, e)
	started, err := session.Start(ctx, e, run, session.StartOptions{Detached: s.Detach, Confirm: func() error {
		return a.lastLook(ctx, e, s, p, recall.Confirm)
	}})
	tidied()
	if engine.IsKind(err, engine.KindUnknownRuntime) || engine.IsKind(err, engine.KindRuntimeFailed) || engine.IsKind(err, engine.KindInvalid) {
		// What was proved once is gone: the next launch looks again.
		err = errors.Join(err, a.probes(e).Forget())
	}
	if err != nil {
		return errors.Join(err, records.Remove(run.Session))
	}
	if err := a.remember(e, started, login); err != nil {
		a.out.warn("session "+run.Session+" has no record: "+err.Error(), "")
	}
	delay := time.Duration(0)
	if run.Container.TTY && !s.Detach {
		delay = listDelay
	}
	listed := a.listBefore(ctx, e, run, begin, delay)
	keeper := a.keeper(e, s, p.Path)
	if s.Detach {
		err := errors.Join(a.detached(ctx, e, started), a.catchUp(ctx, keeper))
		if listErr := listed(); listErr != nil && err == nil {
			a.warnNotListed(listErr)
		}
		return err
	}
	defer a.keepFresh(ctx, keeper)()
	err = a.accompany(ctx, e, started, s, listed)
	if a.code == exitFailure { // the init's own failure, such as a gVisor that no longer starts
		err = errors.Join(err, a.probes(e).Forget())
	}
	return err
}

// remember begins the record of a session.
func (a *app) remember(e *engine.Engine, started *session.Running, login credentials.Login) error {
	return a.records(e).Update(started.Plan.Session, started.ID, func(r *session.Record) {
		r.Project, r.Started, r.NoReview = started.Plan.Project, time.Now(), started.Plan.Review == nil
		noteGateway(r, started.Plan.Gateway)
		login.Note(r)
	})
}

// detached looks at a session that runs without a window, and names it.
func (a *app) detached(ctx context.Context, e *engine.Engine, started *session.Running) error {
	l := live{name: started.Plan.Session, id: started.ID, user: started.Plan.User()}
	err := lookAt(ctx, started, func() error { return a.observe(ctx, e, l) })
	if err != nil {
		return errors.Join(err, a.discard(ctx, e, l))
	}
	fmt.Fprintln(a.out.out, l.name)
	return nil
}

// A session that was just started is looked at so often, with a pause after each
// look that failed. Of one that has ended the engine tells within that time,
// after it has asked whether memory ran out.
const (
	maxLooks  = 12
	lookPause = 250 * time.Millisecond
)

// lookAt looks into a session that was just started. A look can fail although
// the session runs: while the init executes its second stage, gVisor takes the
// container for one that has stopped, since the thread that leads it is about to
// be replaced (runsc of 160fafc, boot.Loader.containerRuntimeState).
func lookAt(ctx context.Context, started *session.Running, look func() error) error {
	for tries := 1; ; tries++ {
		err := look()
		if err == nil {
			return nil
		}
		select {
		case exit := <-started.Exit:
			switch {
			case exit.Err != nil:
				return err
			case exit.OOM:
				return outOfMemory()
			}
			return &hintedError{fmt.Errorf("session %s ended at once, with exit code %d", started.Plan.Session, exit.Code), "without --detach you see what it says"}
		case <-ctx.Done():
			return err
		case <-time.After(lookPause):
			if tries == maxLooks {
				return err
			}
		}
	}
}

// prepare finds out what a plan needs, all at the same time, and makes it.
func (a *app) prepare(ctx context.Context, e *engine.Engine, recall *session.Recall, s config.Settings, p project.Project, args []string) (plan.Plan, credentials.Login, error) {
	var (
		facts    plan.Engine
		login    credentials.Login
		remedies map[string][]string
		identity identity
		home     broughtHome
		reach    plan.Reach
		packages plan.Reach
		unread   []plan.Warning // configuration that names registries
	)
	name := sessionName(p.Slug)
	group, gctx := errgroup.WithContext(ctx)
	info := recall.Info
	if s.Network == "allowlist" {
		if err := allowListOn(info); err != nil {
			if changed := recall.Confirm(); changed != nil {
				err = changed
			}
			return plan.Plan{}, credentials.Login{}, err
		}
		group.Go(func() (err error) {
			reach, err = a.reach(gctx, e, info, p.Path, name)
			return err
		})
	}
	group.Go(func() error {
		image, err := a.ensureImage(gctx, e, s, info, recall.Confirm)
		if err != nil {
			return err
		}
		if s.Network == "allowlist" {
			if unread, err = a.addRegistries(gctx, e, image.ID, p.Path, &packages); err != nil {
				return err
			}
		}
		remedies = a.compat(e).Remedies(image.ID)
		facts, err = a.facts(gctx, e, info, image.ID, choiceOf(s.Isolation))
		return err
	})
	group.Go(func() error { return a.refuseBelow(gctx, e, s, p) })
	group.Go(func() (err error) {
		login, err = a.keeper(e, s, p.Path).Launch(gctx, s.FreshCreds)
		return err
	})
	group.Go(func() (err error) {
		identity, err = a.identity(s, p)
		return err
	})
	group.Go(func() (err error) {
		home, err = a.claudeHome(s, p)
		return err
	})
	if err := group.Wait(); err != nil {
		return plan.Plan{}, credentials.Login{}, err
	}
	shown, err := a.shown(s)
	if err != nil {
		return plan.Plan{}, credentials.Login{}, err
	}
	reach.Registries, reach.Presets = packages.Registries, packages.Presets
	run, err := plan.Build(plan.Request{
		Project:    p,
		Settings:   s,
		Host:       plan.Host{OS: runtime.GOOS, UID: os.Getuid(), GID: os.Getgid(), Engine: facts, Environ: a.sys.Environ},
		Session:    name,
		Reach:      reach,
		Version:    version,
		TTY:        s.Detach || (isTerminal(a.sys.In) && isTerminal(a.sys.Out)),
		Args:       args,
		Shown:      shown,
		ClaudeHome: home.plan,
		Remedies:   remedies,
	})
	if err != nil {
		return plan.Plan{}, credentials.Login{}, err
	}
	if run.Gateway != nil {
		up, warnings := upstreamOf(a.sys.Environ)
		run.Gateway.Setup.Upstream, run.Gateway.Setup.NoUpstream = up.url, up.direct
		run.Warnings = append(run.Warnings, warnings...)
	}
	if err := handLogin(&run, login); err != nil {
		return plan.Plan{}, credentials.Login{}, err
	}
	run.Handoff.Gitconfig = identity.content
	run.Warnings = slices.Concat(run.Warnings, login.Warnings, unread, identity.warnings, home.warnings)
	return run, login, nil
}

func sessionName(slug string) string {
	var random [4]byte
	rand.Read(random[:]) // never fails, see crypto/rand
	return plan.SessionName(slug, random)
}

// identity is the git configuration that a session gets.
type identity struct {
	content  string
	warnings []plan.Warning
}

func (a *app) identity(s config.Settings, p project.Project) (identity, error) {
	touched, err := a.touched(p.Path)
	if err != nil {
		return identity{}, err
	}
	content, warnings, err := gitconfig.Render(s.Gitconfig, gitconfig.Env{Home: a.home(), LookupEnv: a.lookupEnv, Decides: touched.Decides})
	if err != nil {
		return identity{}, err
	}
	return identity{content: content, warnings: warningsOf(warnings)}, nil
}
