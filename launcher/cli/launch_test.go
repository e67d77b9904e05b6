package cli

import (
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"dclaude/launcher/engine"
	"dclaude/launcher/plan"
	"dclaude/launcher/session"
)

func TestEndedAtOnce(t *testing.T) {
	looked := errors.New("look at the session's kernel")
	for name, c := range map[string]struct {
		exit *engine.Exit
		want string
	}{
		"ended":     {&engine.Exit{Code: 3}, "session s ended at once, with exit code 3"},
		"no memory": {&engine.Exit{Code: 137, OOM: true}, "the session ran out of memory"},
		"unknown":   {&engine.Exit{Err: errors.New("no answer")}, looked.Error()},
		"runs":      {nil, looked.Error()},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				exit := make(chan engine.Exit, 1)
				if c.exit != nil {
					exit <- *c.exit
				}
				err := endedAtOnce(t.Context(), &session.Running{Plan: plan.Plan{Session: "s"}, Exit: exit}, looked)
				if !strings.HasPrefix(err.Error(), c.want) {
					t.Errorf("got %v", err)
				}
			})
		})
	}
}
