package creds

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// TestDecide lists every combination of source, state and flag, so that a new
// state or source has to be decided on here.
func TestDecide(t *testing.T) {
	// What is said: a part of the warning, and a part of the hint.
	type said struct{ warning, hint string }
	quiet := said{}
	noLogin, broken := said{"no Claude login", "/login"}, said{"cannot be read", "run `claude` once"}
	expired, expiring := said{"has expired", "run `claude` once"}, said{"less than 30 minutes", "run `claude` once"}
	nothing, unused := "nothing to hand over", said{"--fresh-creds does nothing", "/login"}

	type row struct {
		give        Give
		keep        bool
		said        said
		freshKeep   bool
		freshSaid   said
		alsoNothing bool // with --fresh-creds the warning adds that nothing is handed over
	}
	same := func(g Give, s said) row { return row{give: g, said: s, freshSaid: s} }
	without := func(s said) row { return row{said: s, freshSaid: s, alsoNothing: true} }
	copied := row{give: GiveWhole, keep: true}
	inside := row{freshSaid: unused}
	table := map[Source]map[Freshness]row{
		SourceHost: {
			Missing: without(noLogin), Unreadable: without(broken), Unknown: same(GiveAccess, quiet),
			Fresh: same(GiveAccess, quiet), Expiring: same(GiveAccess, expiring), Expired: same(GiveAccess, expired),
		},
		SourceCopy: {
			Missing: without(noLogin), Unreadable: without(broken), Unknown: copied, Fresh: copied, Expiring: copied, Expired: copied,
		},
		SourceSandbox: {Missing: inside, Unreadable: inside, Unknown: inside, Fresh: inside, Expiring: inside, Expired: inside},
	}
	for _, source := range Sources() {
		for state := Missing; state <= Expired; state++ {
			want, ok := table[source][state]
			if !ok {
				t.Fatalf("%s, %s is not in the table", source, state)
			}
			for _, fresh := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s/%s/fresh-creds=%v", source, state, fresh), func(t *testing.T) {
					keep, s := want.keep, want.said
					if fresh {
						keep, s = want.freshKeep, want.freshSaid
					}
					got := Decide(Inputs{Source: source, Host: state, FreshCreds: fresh})
					if got.Give != want.give || got.Keep != keep {
						t.Errorf("gives %v, keep %v; want %v, %v", got.Give, got.Keep, want.give, keep)
					}
					if !strings.Contains(got.Warning, s.warning) || !strings.Contains(got.Hint, s.hint) || (s == quiet) != (got.Warning+got.Hint == "") {
						t.Errorf("says %q, %q; want %q", got.Warning, got.Hint, s)
					}
					if strings.Contains(got.Warning, nothing) != (fresh && want.alsoNothing) {
						t.Errorf("says %q", got.Warning)
					}
				})
			}
		}
	}
}

func TestDecideTellsTheStoresFailure(t *testing.T) {
	locked := &Error{Store: "the keychain", Err: errors.New("it is locked"), Advice: "unlock it"}
	cases := []struct {
		name          string
		host          Freshness
		err           error
		warning, hint string
	}{
		{"missing", Missing, &Error{Store: "~/x.json", Err: ErrMissing}, "there is no Claude login on this computer (~/x.json)", hintSignIn},
		{"locked", Unreadable, locked, "the keychain: it is locked", "unlock it"},
		{"wrapped", Unreadable, fmt.Errorf("read: %w", locked), "read: the keychain: it is locked", "unlock it"},
		{"broken", Unreadable, &Error{Store: "~/x.json", Err: unreadable("half")}, "~/x.json: the Claude login there cannot be read: half", hintRepair},
		{"no hint of its own", Unreadable, errors.New("disk on fire"), "disk on fire", hintRepair},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			got := Decide(Inputs{Source: SourceHost, Host: tc.host, HostErr: tc.err})
			if got.Warning != tc.warning || got.Hint != tc.hint {
				t.Errorf("%q, %q\nwant %q, %q", got.Warning, got.Hint, tc.warning, tc.hint)
			}
		})
	}
	if hint := (&Error{Store: "s", Err: errors.New("x")}).Hint(); hint != "" {
		t.Errorf("hint %q", hint)
	}
}

func TestActionContent(t *testing.T) {
	c := mustParse(t, login(full()))
	for give, want := range map[Give]string{GiveNothing: "", GiveAccess: "accessToken", GiveWhole: "refreshToken"} {
		got, err := Action{Give: give}.Content(c)
		if err != nil || !strings.Contains(got.Reveal(), want) || (want == "") != got.Empty() {
			t.Errorf("%v: %d bytes, %v", give, len(got.Reveal()), err)
		}
		if strings.Contains(got.Reveal(), "refreshToken") != (give == GiveWhole) {
			t.Errorf("%v: refresh token", give)
		}
	}
	if got, err := (Action{Give: GiveWhole}).Content(Credential{}); !errors.Is(err, ErrMissing) || !got.Empty() {
		t.Errorf("no login: %v, %v", got, err)
	}
}

func TestUsesHost(t *testing.T) {
	for source, want := range map[Source]bool{SourceHost: true, SourceCopy: true, SourceSandbox: false, "junk": false} {
		if source.UsesHost() != want {
			t.Errorf("%s", source)
		}
	}
	if got := Decide(Inputs{Source: "junk", Host: Fresh}); got != (Action{}) {
		t.Errorf("an unknown source gives %v", got)
	}
}
