package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"dclaude/launcher/engine"
	"dclaude/launcher/session"
)

func (a *app) stopCommand() *cobra.Command {
	var all bool
	var idle time.Duration
	cmd := &cobra.Command{
		Use:   "stop [NAME...]",
		Short: "End sessions",
		Long: `End sessions, by name, by the start of a name, or by their folder. What Claude
wrote stays: the conversation is in the project's state volume.

--idle 2h ends those that no window shows, that are not computing, and whose
conversation has not moved for two hours.`,

		ValidArgsFunction: a.completeSessions,
		RunE: func(cmd *cobra.Command, names []string) error {
			ways := 0
			for _, given := range []bool{all, idle != 0, len(names) > 0} {
				if given {
					ways++
				}
			}
			if ways != 1 || idle < 0 {
				return &usageError{errors.New("stop takes the names of sessions, or --all, or --idle with a time such as 2h"), "dclaude ls shows the names"}
			}
			settings, err := a.load(cmd)
			if err != nil {
				return err
			}
			e, sessions, err := a.sessionsOf(cmd.Context(), settings)
			if err != nil {
				return err
			}
			defer e.Close()
			switch {
			case idle > 0:
				sessions = a.idle(cmd.Context(), e, sessions, idle)
			case !all:
				if sessions, err = pickAll(sessions, names); err != nil {
					return err
				}
			}
			return a.stop(cmd.Context(), e, sessions, settings.Review)
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "end all sessions")
	cmd.Flags().DurationVar(&idle, "idle", 0, "end the sessions that have done nothing for so long")
	addFlagsNamed(cmd, "context", "host", "review")
	return cmd
}

// stop ends sessions and prints the names of those that have ended.
func (a *app) stop(ctx context.Context, e *engine.Engine, sessions []session.Session, review string) error {
	failed := session.Stop(ctx, e, sessions)
	left := map[string]bool{}
	if failed != nil {
		// An ended session has no container; what the engine still lists has not.
		now, err := session.List(context.WithoutCancel(ctx), e)
		if err != nil {
			return errors.Join(failed, err)
		}
		for _, s := range now {
			left[s.ID] = true
		}
	}
	sessions = slices.DeleteFunc(slices.Clone(sessions), func(s session.Session) bool { return left[s.ID] })
	a.reviewAll(ctx, e, sessions, review)
	records := a.records(e)
	for _, s := range sessions {
		if s.Network == "allowlist" {
			a.closeGateway(ctx, e, s.Name)
		}
		failed = errors.Join(failed, records.Remove(s.Name))
		fmt.Fprintln(a.out.out, s.Name)
	}
	return failed
}

// idle picks the sessions that have done nothing for a time. One that cannot be
// asked is left alone, and said so.
func (a *app) idle(ctx context.Context, e *engine.Engine, sessions []session.Session, atLeast time.Duration) []session.Session {
	session.Measure(ctx, e, sessions, measureTime)
	return slices.DeleteFunc(slices.Clone(sessions), func(s session.Session) bool {
		if !s.Running() {
			return true
		}
		last, err := session.LastActivity(ctx, e, s)
		if err != nil {
			a.out.warn(fmt.Sprintf("session %s stays: it does not tell when it was last used: %v", s.Name, err), "")
			return true
		}
		return !session.Idle(s, last, time.Now(), atLeast)
	})
}

// pickAll finds the session for each name, each session once.
func pickAll(sessions []session.Session, names []string) ([]session.Session, error) {
	var picked []session.Session
	seen := map[string]bool{}
	for _, name := range names {
		s, err := pick(sessions, name)
		if err != nil {
			return nil, err
		}
		if !seen[s.ID] {
			seen[s.ID] = true
			picked = append(picked, s)
		}
	}
	return picked, nil
}
