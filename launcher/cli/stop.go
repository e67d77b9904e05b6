package cli

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"dclaude/launcher/session"
)

func (a *app) stopCommand() *cobra.Command {
	var all bool
	cmd := &cobra.Command{
		Use:   "stop [NAME...]",
		Short: "End sessions",
		Long:  "End sessions, by name, by the start of a name, or by their folder. What Claude wrote stays: the conversation is in the project's state volume.",
		RunE: func(cmd *cobra.Command, names []string) error {
			if all == (len(names) > 0) {
				return &usageError{errors.New("stop takes the names of sessions, or --all"), "dclaude ls shows the names"}
			}
			e, sessions, err := a.sessions(cmd)
			if err != nil {
				return err
			}
			defer e.Close()
			if !all {
				if sessions, err = pickAll(sessions, names); err != nil {
					return err
				}
			}
			if err := session.Stop(cmd.Context(), e, sessions); err != nil {
				return err
			}
			records := a.records(e)
			for _, s := range sessions {
				if err := records.Remove(s.Name); err != nil {
					return err
				}
				fmt.Fprintln(a.out.out, s.Name)
			}
			return nil
		},
	}
	cmd.Flags().BoolVar(&all, "all", false, "end all sessions")
	addEngineFlags(cmd)
	return cmd
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
