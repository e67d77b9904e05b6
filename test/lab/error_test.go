package lab

import (
	"errors"
	"fmt"
	"testing"
)

func TestErrorKeepsHintAndKind(t *testing.T) {
	cause := errors.New("cause")
	tests := map[string]struct {
		err       error
		text      string
		hint      string
		available bool
	}{
		"plain":       {fail("op", cause, "do this"), "op: cause", "do this", true},
		"no hint":     {fail("op", cause, ""), "op: cause", "", true},
		"inner hint":  {fail("outer", fmt.Errorf("w: %w", fail("op", cause, "do this")), ""), "outer: w: op: cause", "do this", true},
		"outer hint":  {fail("outer", fail("op", cause, "do this"), "do that"), "outer: op: cause", "do that", true},
		"unavailable": {unavailable("op", "not here", "go there"), "op: not here", "go there", false},
		"inside":      {fail("outer", errors.Join(cause, unavailable("op", "not here", "")), ""), "outer: cause\nop: not here", "", false},
		"foreign":     {cause, "cause", "", true},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := test.err.Error(); got != test.text {
				t.Errorf("text %q, want %q", got, test.text)
			}
			if got := hintOf(test.err); got != test.hint {
				t.Errorf("hint %q, want %q", got, test.hint)
			}
			if got := Unavailable(test.err); got == test.available {
				t.Errorf("Unavailable = %v", got)
			}
		})
	}
	if !errors.Is(fail("op", cause, ""), cause) {
		t.Error("the cause is lost")
	}
	var hinted interface{ Hint() string }
	if !errors.As(fail("op", cause, "do this"), &hinted) || hinted.Hint() != "do this" {
		t.Error("the hint cannot be asked for")
	}
}
