package creds

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

// What is said: a part of the warning, and a part of the hint.
type said struct{ warning, hint string }

var (
	quiet    = said{}
	noLogin  = said{"no Claude login", "/login"}
	broken   = said{"cannot be read", "run `claude` once"}
	expired  = said{"has expired", "run `claude` once"}
	expiring = said{"less than 30 minutes", "in time"}
	unused   = said{"--fresh-creds does nothing", "/login"}
	nothing  = "nothing to hand over"
)

func (s said) check(t *testing.T, got Action) {
	t.Helper()
	if !strings.Contains(got.Warning, s.warning) || !strings.Contains(got.Hint, s.hint) || (s == quiet) != (got.Warning+got.Hint == "") {
		t.Errorf("says %q, %q; want %q", got.Warning, got.Hint, s)
	}
}

// TestDecideAtALaunch lists every combination of source, state and flag, so
// that a new state or source has to be decided on here.
func TestDecideAtALaunch(t *testing.T) {
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
	stored := func(give Give, what, name string) map[Freshness]row {
		again := "dclaude creds set " + name
		return map[Freshness]row{
			Missing: same(GiveNothing, said{"no " + what + " is stored", again}), Unreadable: without(broken),
			Unknown: same(give, quiet), Fresh: same(give, quiet),
			Expiring: same(give, said{what + " is about to expire", again}), Expired: same(give, said{what + " has probably expired", again}),
		}
	}
	table := map[Source]map[Freshness]row{
		SourceHost: {
			Missing: without(noLogin), Unreadable: without(broken), Unknown: same(GiveAccess, quiet),
			Fresh: same(GiveAccess, quiet), Expiring: same(GiveAccess, expiring), Expired: same(GiveAccess, expired),
		},
		SourceCopy: {
			Missing: without(noLogin), Unreadable: without(broken), Unknown: copied, Fresh: copied, Expiring: copied, Expired: copied,
		},
		SourceSandbox: {Missing: inside, Unreadable: inside, Unknown: inside, Fresh: inside, Expiring: inside, Expired: inside},
		SourceToken:   stored(GiveAccess, "token", "token"),
		SourceAPIKey:  stored(GiveKey, "API key", "api-key"),
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
					if got.Give != want.give || got.Keep != keep || got.Refresh || got.Ask {
						t.Errorf("%+v; want give %v, keep %v", got, want.give, keep)
					}
					s.check(t, got)
					if strings.Contains(got.Warning, nothing) != (fresh && want.alsoNothing) {
						t.Errorf("says %q", got.Warning)
					}
				})
			}
		}
	}
}

// TestDecideWhileASessionRuns lists every combination of source, what the
// session has, state and flag: what is given without and with --fresh-creds.
func TestDecideWhileASessionRuns(t *testing.T) {
	type pair struct{ plain, fresh Give }
	none := pair{GiveNothing, GiveNothing}
	push := func(g Give) pair { return pair{g, g} }
	only := func(g Give) pair { return pair{GiveNothing, g} }
	// For each state: by Held, in its order (unknown, current, older, foreign).
	renewed := func(g Give) map[Freshness][4]pair {
		good := [4]pair{push(g), only(g), push(g), only(g)}
		return map[Freshness][4]pair{
			Missing: {none, none, none, none}, Unreadable: {none, none, none, none},
			Unknown: good, Fresh: good, Expiring: good,
			Expired: {only(g), only(g), only(g), only(g)}, // what it has cannot be worse
		}
	}
	whole := [4]pair{only(GiveWhole), only(GiveWhole), only(GiveWhole), only(GiveWhole)}
	table := map[Source]map[Freshness][4]pair{
		SourceHost:   renewed(GiveAccess),
		SourceToken:  renewed(GiveAccess),
		SourceAPIKey: renewed(GiveKey),
		SourceCopy: {
			Missing: {none, none, none, none}, Unreadable: {none, none, none, none},
			Unknown: whole, Fresh: whole, Expiring: whole, Expired: whole,
		},
		SourceSandbox: {},
	}
	for _, source := range Sources() {
		for state := Missing; state <= Expired; state++ {
			for held := HeldUnknown; held <= HeldForeign; held++ {
				want := table[source][state][held]
				in := Inputs{Source: source, Running: true, Held: held, Host: state, RefreshDue: true}
				got := Decide(in)
				in.FreshCreds = true
				fresh := Decide(in)
				if got.Give != want.plain || fresh.Give != want.fresh {
					t.Errorf("%s/%v/%s: gives %v, with --fresh-creds %v; want %v", source, held, state, got.Give, fresh.Give, want)
				}
				asks := held == HeldForeign && (state == Fresh || state == Expiring || state == Unknown) && source != SourceCopy && source != SourceSandbox
				if got.Ask != asks || asks != (got.Warning != "") || fresh.Ask {
					t.Errorf("%s/%v/%s: asks %v, %q", source, held, state, got.Ask, got.Warning)
				}
				if got.Keep || got.Refresh || fresh.Keep || fresh.Refresh {
					t.Errorf("%s/%v/%s: %+v, %+v", source, held, state, got, fresh)
				}
				if tells := fresh.Give == GiveNothing; tells != (fresh.Warning != "") {
					t.Errorf("%s/%v/%s: --fresh-creds gives nothing and says %q", source, held, state, fresh.Warning)
				}
			}
		}
	}
}

func TestDecideOnARefresh(t *testing.T) {
	failed := &Error{Store: "claude", Err: errors.New("it hangs"), Advice: "kill it"}
	cases := []struct {
		name string
		in   Inputs
		want Action
	}{
		{"expired", Inputs{Source: SourceHost, Host: Expired, RefreshDue: true}, Action{Refresh: true}},
		{"about to", Inputs{Source: SourceHost, Host: Expiring, RefreshDue: true}, Action{Refresh: true}},
		{"with the flag", Inputs{Source: SourceHost, Host: Expired, RefreshDue: true, FreshCreds: true}, Action{Refresh: true}},
		{"failed, expired", Inputs{Source: SourceHost, Host: Expired, RefreshDue: true, RefreshErr: failed},
			Action{Give: GiveAccess, Warning: "the Claude login of this computer has expired: claude: it hangs", Hint: "kill it"}},
		{"failed, about to", Inputs{Source: SourceHost, Host: Expiring, RefreshDue: true, RefreshErr: failed},
			Action{Give: GiveAccess, Warning: "the Claude login of this computer is about to expire: claude: it hangs", Hint: "kill it"}},
		{"failed, but fresh by now", Inputs{Source: SourceHost, Host: Fresh, RefreshErr: failed}, Action{Give: GiveAccess}},
		{"failed, signed out by it", Inputs{Source: SourceHost, Host: Missing, RefreshErr: failed}, Action{Warning: "there is no Claude login on this computer", Hint: hintSignIn}},
		{"a copy refreshes itself", Inputs{Source: SourceCopy, Host: Expired, RefreshDue: true}, Action{Give: GiveWhole, Keep: true}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			if got := Decide(tc.in); got != tc.want {
				t.Errorf("%+v\nwant %+v", got, tc.want)
			}
		})
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
	for give, want := range map[Give]string{GiveNothing: "", GiveAccess: "accessToken", GiveWhole: "refreshToken", GiveKey: token} {
		got, err := Action{Give: give}.Content(c)
		if err != nil || !strings.Contains(got.Reveal(), want) || (want == "") != got.Empty() {
			t.Errorf("%v: %d bytes, %v", give, len(got.Reveal()), err)
		}
		if strings.Contains(got.Reveal(), "refreshToken") != (give == GiveWhole) {
			t.Errorf("%v: refresh token", give)
		}
		if give == GiveKey && got.Reveal() != token {
			t.Error("a key is handed over with something around it")
		}
	}
	if got, err := (Action{Give: GiveKey}).Content(Credential{}); !errors.Is(err, ErrMissing) || !got.Empty() {
		t.Errorf("no key: %v, %v", got, err)
	}
	if got, err := (Action{Give: GiveWhole}).Content(Credential{}); !errors.Is(err, ErrMissing) || !got.Empty() {
		t.Errorf("no login: %v, %v", got, err)
	}
}

func TestSources(t *testing.T) {
	for _, source := range Sources() {
		if want := source == SourceHost || source == SourceCopy; source.UsesHost() != want {
			t.Errorf("%s uses the host's login", source)
		}
		if want := source == SourceToken || source == SourceAPIKey; source.Stored() != want {
			t.Errorf("%s is stored", source)
		}
	}
	if got := Decide(Inputs{Source: "junk", Host: Fresh}); got != (Action{}) {
		t.Errorf("an unknown source gives %v", got)
	}
}
