package cli

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"dclaude/launcher/engine"
)

func TestWatch(t *testing.T) {
	const gone = "no longer watched: the engine went away"
	for name, c := range map[string]struct {
		atOnce  bool
		actions []string
		had     bool // bringBack had something to do
		tries   int
		want    string
	}{
		"dies once":                {actions: []string{"create", "start", "die", "destroy"}, had: true, tries: 1, want: gone},
		"was made by another":      {actions: []string{"die"}, tries: 1, want: gone},
		"died before the window":   {atOnce: true, had: true, tries: 1, want: gone},
		"dies again and again":     {actions: slices.Repeat([]string{"die"}, 9), had: true, tries: maxRevivals, want: "died more than 5 times"},
		"that, and before":         {atOnce: true, actions: slices.Repeat([]string{"die"}, 9), had: true, tries: maxRevivals, want: "died more than 5 times"},
		"others bring it back too": {actions: slices.Repeat([]string{"die"}, 9), tries: 9, want: gone},
	} {
		t.Run(name, func(t *testing.T) {
			events, broken := make(chan engine.Event), make(chan error)
			stopped := make(chan struct{})
			go func() {
				defer close(broken)
				for _, action := range c.actions {
					select {
					case events <- engine.Event{Action: action}:
					case <-stopped:
						return
					}
				}
				select {
				case broken <- errors.New("the engine went away"):
				case <-stopped:
				}
			}()
			tries, told := 0, ""
			watch(t.Context(), events, broken, c.atOnce, func() bool { tries++; return c.had }, func(text, _ string) { told = text })
			close(stopped)
			if tries != c.tries || !strings.Contains(told, c.want) {
				t.Errorf("%d tries, told %q", tries, told)
			}
		})
	}
}
