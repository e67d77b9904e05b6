package creds

import (
	"errors"
	"strings"
	"testing"
	"time"
)

func TestCompare(t *testing.T) {
	of := func(token, account string) State {
		return State{Credential: Credential{Access: NewSecret(token), Account: account}}
	}
	later := of("a", "x")
	later.Credential.Expires = time.Unix(2000000000, 0)
	upgraded := of("a", "x")
	upgraded.Credential.Plan = "Max"
	missing, broken := State{Err: &Error{Store: "s", Err: ErrMissing}}, State{Err: unreadable("half")}
	cases := []struct {
		name          string
		before, after State
		want          Change
		text          string
	}{
		{"the same", of("a", "x"), of("a", "x"), NoChange, "no change"},
		{"another token", of("a", "x"), of("b", "x"), Renewed, "renewed"},
		{"another end", of("a", "x"), later, Renewed, "renewed"},
		{"another plan", of("a", "x"), upgraded, Renewed, "renewed"},
		{"another account", of("a", "x"), of("b", "y"), SignedIn, "signed in"},
		{"account unknown before", of("a", ""), of("b", "y"), Renewed, "renewed"},
		{"account unknown after", of("a", "x"), of("b", ""), Renewed, "renewed"},
		{"signed in", missing, of("a", "x"), SignedIn, "signed in"},
		{"signed out", of("a", "x"), missing, SignedOut, "signed out"},
		{"still signed out", missing, missing, NoChange, "no change"},
		{"half a file", of("a", "x"), broken, Unreachable, "unreachable"},
		{"still half a file", broken, broken, NoChange, "no change"},
		{"readable again", broken, of("a", "x"), Renewed, "renewed"},
		{"gone after half a file", broken, missing, SignedOut, "signed out"},
		{"locked", missing, State{Err: errors.New("locked")}, Unreachable, "unreachable"},
	}
	for _, tc := range cases {
		if got := Compare(tc.before, tc.after); got != tc.want || got.String() != tc.text {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
}

func TestAccount(t *testing.T) {
	in := full()
	account := func() string { return mustParse(t, login(in)).Account }
	first := account()
	in["accessToken"], in["rateLimitTier"] = "another", "x"
	if account() != first || len(first) != 16 {
		t.Errorf("%q became %q with another token", first, account())
	}
	in["organizationUuid"] = "p"
	if second := account(); !Foreign(first, second) {
		t.Error("two organizations of one person are taken for one")
	}
	delete(in, "accountUuid")
	if got := account(); got != "" || Foreign(got, first) || Foreign(first, got) {
		t.Errorf("an account that is not said is %q", got)
	}
}

func TestRefreshDueAndNextChange(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	at := func(left time.Duration) Credential {
		return Credential{Access: NewSecret("a"), Expires: now.Add(left), Refreshable: true}
	}
	const m = time.Minute
	cases := []struct {
		left time.Duration
		due  bool
		next time.Duration // before the end; -1 is never
	}{
		{8 * time.Hour, false, 30 * m}, {30 * m, false, 30 * m}, {30*m - 1, false, 5 * m}, {20 * m, false, 5 * m}, {5 * m, false, 5 * m},
		{5*m - 1, true, 0}, {4 * m, true, 0}, {1, true, 0}, {0, true, -1}, {-m, true, -1},
	}
	for _, tc := range cases {
		c := at(tc.left)
		if got := c.RefreshDue(now); got != tc.due {
			t.Errorf("%v left: due %v", tc.left, got)
		}
		next := c.NextChange(now)
		switch {
		case tc.next < 0:
			if !next.IsZero() {
				t.Errorf("%v left: next change %v", tc.left, next)
			}
		case next.Sub(c.Expires.Add(-tc.next)) > 1 || !next.After(now):
			t.Errorf("%v left: next change %v before the end", tc.left, c.Expires.Sub(next))
		case c.Freshness(next) == c.Freshness(now) && c.RefreshDue(next) == c.RefreshDue(now):
			t.Errorf("%v left: nothing changes then", tc.left)
		case c.Freshness(next.Add(-1)) != c.Freshness(now) || c.RefreshDue(next.Add(-1)) != c.RefreshDue(now):
			t.Errorf("%v left: something changes earlier", tc.left)
		}
	}
	for name, c := range map[string]Credential{
		"no login": {}, "no end": {Access: NewSecret("a"), Refreshable: true},
		"no refresh token": {Access: NewSecret("a"), Expires: now},
	} {
		if c.RefreshDue(now) || (name != "no refresh token" && !c.NextChange(now).IsZero()) {
			t.Errorf("%s: due %v, next %v", name, c.RefreshDue(now), c.NextChange(now))
		}
	}
}

func TestFromToken(t *testing.T) {
	end := time.UnixMilli(1767225600000)
	c, err := FromToken(" sk-ant-oat01-year \n", end)
	if err != nil {
		t.Fatal(err)
	}
	b, err := c.AccessOnly()
	want := `{"claudeAiOauth":{"accessToken":"sk-ant-oat01-year","expiresAt":1767225600000,"scopes":["user:inference"]}}`
	if err != nil || string(b) != want {
		t.Errorf("%s, %v", b, err)
	}
	if c.Refreshable || !c.Expires.Equal(end) {
		t.Errorf("%v", c)
	}
	for text, want := range map[string]error{"": ErrMissing, " \n": ErrMissing, "two lines\nof": ErrUnreadable, "tokén": ErrUnreadable, "a\x00b": ErrUnreadable} {
		if c, err := FromToken(text, end); !errors.Is(err, want) || !c.Access.Empty() {
			t.Errorf("%q: %v, %v", text, c, err)
		}
	}
}

func TestWhose(t *testing.T) {
	state := []byte(`{"oauthAccount":{"accountUuid":"u","organizationUuid":"o","emailAddress":"ada@example.com"},"projects":{}}`)
	ours, other := account("u", "o"), account("v", "o")
	for id, want := range map[string]string{ours: "ada@example.com", "": "ada@example.com", other: ""} {
		if got := Whose(state, id); got != want {
			t.Errorf("%q: %q", id, got)
		}
	}
	for _, bad := range []string{``, `{`, `null`, `{"oauthAccount":7}`, `{"oauthAccount":{"emailAddress":"a\u001b]0;x"}}`, `{"oauthAccount":{"emailAddress":"a b"}}`,
		`{"oauthAccount":{"emailAddress":"` + strings.Repeat("x", 101) + `"}}`} {
		if got := Whose([]byte(bad), ""); got != "" {
			t.Errorf("%s: %q", bad, got)
		}
	}
}

func FuzzWhose(f *testing.F) {
	f.Add([]byte(`{"oauthAccount":{"accountUuid":"u","organizationUuid":"o","emailAddress":"ada@example.com"}}`), "")
	f.Fuzz(func(t *testing.T, b []byte, id string) {
		if got := Whose(b, id); len(got) > 100 || strings.ContainsAny(got, "\x1b\n\x00 ") {
			t.Fatalf("%q", got)
		}
	})
}
