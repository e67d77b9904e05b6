package cli

import (
	"testing"

	"dclaude/launcher/verify"
)

func TestAFailedAttackShowsSomethingOnlyIfItCouldSucceed(t *testing.T) {
	works := verify.Attempt{Done: true, Succeeded: true, Seen: "REACHED directly"}
	offline := verify.Attempt{Done: true}
	for name, c := range map[string]struct{ inside, control, want verify.Attempt }{
		"closed":             {verify.Attempt{Done: true}, works, verify.Attempt{Done: true, Seen: "nothing was reached; without protection it is reached"}},
		"silent":             {verify.Attempt{Done: true, Seen: "no answer"}, works, verify.Attempt{Done: true, Seen: "no answer; without protection it is reached"}},
		"open":               {works, works, works},
		"open, and only it":  {works, offline, works},
		"not tried":          {verify.Attempt{Seen: "exit code 3"}, works, verify.Attempt{Seen: "exit code 3"}},
		"nothing to compare": {verify.Attempt{Done: true}, verify.Attempt{Seen: "no engine"}, verify.Attempt{Seen: "nor without protection, to compare: no engine"}},
		"turned away":        {verify.Attempt{Done: true, Seen: refused}, offline, verify.Attempt{Done: true, Seen: refused}},
		"silent and turned away": {
			verify.Attempt{Done: true, Seen: "no answer " + refused}, offline,
			verify.Attempt{Done: true, Seen: "no answer " + refused},
		},
		"offline": {
			verify.Attempt{Done: true}, offline,
			verify.Attempt{Done: true, Seen: "nothing was reached", Pointless: "it is not reached without protection either, as where this machine is offline; that proves nothing"},
		},
	} {
		if got := compare(c.inside, c.control); got != c.want {
			t.Errorf("%s: %+v, want %+v", name, got, c.want)
		}
	}
}
