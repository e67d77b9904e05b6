package creds

import (
	"encoding/json"
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"
)

func mustParse(t *testing.T, b []byte) Credential {
	t.Helper()
	c, err := Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func asMap(t *testing.T, b []byte) map[string]any {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal(b, &m); err != nil {
		t.Fatal(err)
	}
	return m
}

func TestAccessOnlyLetsNothingElseThrough(t *testing.T) {
	in := full()
	in["futureSecret"] = "KEEP-THIS-TOO"
	b, err := mustParse(t, login(in)).AccessOnly()
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]any{"claudeAiOauth": map[string]any{
		"accessToken": token, "expiresAt": 1767225600000.0, "scopes": []any{"user:inference", "user:profile"},
		"subscriptionType": "max", "subscriptionTypeSource": "profile", "subscriptionTypeVerifiedAt": 1767200000000.0,
		"rateLimitTier": "default_claude_max_20x",
	}}
	if got := asMap(t, b); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v\nwant %v", got, want)
	}
	if text := string(b); strings.Contains(text, "ort01") || strings.Contains(text, "TOO") || strings.Contains(text, "mcp") {
		t.Errorf("a secret got through: %s", text)
	}
}

func TestAccessOnlyMendsTypes(t *testing.T) {
	cases := []struct{ name, in, want string }{
		{"seconds in quotes", `{"accessToken":"a","expiresAt":"1767225600"}`, `{"accessToken":"a","expiresAt":1767225600000}`},
		{"no expiry", `{"accessToken":"a","expiresAt":null}`, `{"accessToken":"a"}`},
		{"long expired", `{"accessToken":"a","expiresAt":0}`, `{"accessToken":"a","expiresAt":1}`},
		{"scopes as text", `{"accessToken":"a","scopes":"user:inference"}`, `{"accessToken":"a"}`},
		{"scopes of mixed types", `{"accessToken":"a","scopes":["x",{"refreshToken":"b"}]}`, `{"accessToken":"a"}`},
		{"plan as an object", `{"accessToken":"a","subscriptionType":{"refreshToken":"b"},"rateLimitTier":["b"]}`, `{"accessToken":"a"}`},
		{"null plan", `{"accessToken":"a","subscriptionType":null,"rateLimitTier":null}`, `{"accessToken":"a"}`},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			b, err := mustParse(t, []byte(`{"claudeAiOauth":`+tc.in+`}`)).AccessOnly()
			if want := `{"claudeAiOauth":` + tc.want + `}`; err != nil || string(b) != want {
				t.Errorf("%s, %v; want %s", b, err, want)
			}
		})
	}
}

func TestWholeKeepsTheLoginAndNothingBesideIt(t *testing.T) {
	in := full()
	in["future"] = map[string]any{"a": 1.0}
	b, err := mustParse(t, login(in)).Whole()
	if err != nil {
		t.Fatal(err)
	}
	got := asMap(t, b)
	oauth, _ := got["claudeAiOauth"].(map[string]any)
	if len(got) != 1 || len(oauth) != len(in) || oauth["refreshToken"] != in["refreshToken"] || !reflect.DeepEqual(oauth["future"], in["future"]) {
		t.Errorf("got %v", got)
	}
}

func TestNoLoginRendersNothing(t *testing.T) {
	var c Credential
	if b, err := c.AccessOnly(); !errors.Is(err, ErrMissing) || b != nil {
		t.Errorf("AccessOnly: %s, %v", b, err)
	}
	if b, err := c.Whole(); !errors.Is(err, ErrMissing) || b != nil {
		t.Errorf("Whole: %s, %v", b, err)
	}
	if c.String() != "no login" || c.GoString() != "no login" {
		t.Error(c.String())
	}
	c.Access = NewSecret("a")
	if got := c.String(); got != `login (plan "", expiry unknown)` {
		t.Error(got)
	}
}

func TestFreshness(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	in := func(d time.Duration) Credential { return Credential{Access: NewSecret("a"), Expires: now.Add(d)} }
	cases := []struct {
		name string
		c    Credential
		want Freshness
		text string
	}{
		{"no token", Credential{Expires: now.Add(time.Hour)}, Missing, "missing"},
		{"no end", Credential{Access: NewSecret("a")}, Unknown, "unknown"},
		{"eight hours", in(8 * time.Hour), Fresh, "fresh"},
		{"thirty minutes", in(30 * time.Minute), Fresh, "fresh"},
		{"just under", in(30*time.Minute - 1), Expiring, "expiring"},
		{"a nanosecond", in(1), Expiring, "expiring"},
		{"now", in(0), Expired, "expired"},
		{"yesterday", in(-24 * time.Hour), Expired, "expired"},
		{"1970", Credential{Access: NewSecret("a"), Expires: time.Unix(0, 0)}, Expired, "expired"},
	}
	for _, tc := range cases {
		if got := tc.c.Freshness(now); got != tc.want || got.String() != tc.text {
			t.Errorf("%s: %v, want %v", tc.name, got, tc.want)
		}
	}
	for _, tc := range []struct {
		err  error
		want Freshness
	}{
		{nil, Fresh}, {ErrMissing, Missing}, {&Error{Store: "s", Err: ErrMissing}, Missing},
		{ErrUnreadable, Unreadable}, {errors.New("locked"), Unreadable},
	} {
		if got := Judge(in(time.Hour), tc.err, now); got != tc.want {
			t.Errorf("%v: %v, want %v", tc.err, got, tc.want)
		}
	}
	if Unreadable.String() != "unreadable" {
		t.Error(Unreadable.String())
	}
}
