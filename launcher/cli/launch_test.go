package cli

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"dclaude/launcher/engine"
	"dclaude/launcher/plan"
	"dclaude/launcher/session"
)

func TestLookAt(t *testing.T) {
	failed := errors.New("look at the session's kernel: exit code 128")
	for name, c := range map[string]struct {
		fails int // so many looks
		exit  *engine.Exit
		want  string
		looks int
	}{
		"at once":          {looks: 1},
		"at the third":     {fails: 2, looks: 3},
		"never":            {fails: 99, want: failed.Error(), looks: maxLooks},
		"ended":            {fails: 99, exit: &engine.Exit{Code: 3}, want: "session s ended at once, with exit code 3", looks: 1},
		"no memory":        {fails: 99, exit: &engine.Exit{Code: 137, OOM: true}, want: "the session ran out of memory", looks: 1},
		"nobody can tell":  {fails: 99, exit: &engine.Exit{Err: errors.New("no answer")}, want: failed.Error(), looks: 1},
		"ended after that": {exit: &engine.Exit{Code: 3}, looks: 1},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				exit := make(chan engine.Exit, 1)
				if c.exit != nil {
					exit <- *c.exit
				}
				looks := 0
				err := lookAt(t.Context(), &session.Running{Plan: plan.Plan{Session: "s"}, Exit: exit}, func() error {
					if looks++; looks > c.fails {
						return nil
					}
					return failed
				})
				if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.HasPrefix(err.Error(), c.want)) || looks != c.looks {
					t.Errorf("%d looks, %v", looks, err)
				}
			})
		})
	}
}

func TestLookAtInterrupted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, interrupt := context.WithCancel(t.Context())
		failed := errors.New("failed")
		looks := 0
		err := lookAt(ctx, &session.Running{Exit: make(chan engine.Exit)}, func() error {
			looks++
			interrupt()
			return failed
		})
		if looks != 1 || !errors.Is(err, failed) {
			t.Errorf("%d looks, %v", looks, err)
		}
	})
}
