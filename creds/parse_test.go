package creds

import (
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"
)

// login renders a login with the given members of "claudeAiOauth".
func login(oauth map[string]any) []byte {
	b, err := json.Marshal(map[string]any{"claudeAiOauth": oauth, "mcpOAuth": map[string]any{"srv|1": map[string]any{"accessToken": "mcp-KEEP-THIS"}}})
	if err != nil {
		panic(err) // the maps of the tests are plain
	}
	return b
}

// full is a login as Claude Code 2.1.330 writes it.
func full() map[string]any {
	return map[string]any{
		"accessToken": token, "refreshToken": "sk-ant-ort01-KEEP-THIS", "expiresAt": 1767225600000,
		"refreshTokenExpiresAt": 1769817600000, "scopes": []string{"user:inference", "user:profile"},
		"subscriptionType": "max", "subscriptionTypeSource": "profile", "subscriptionTypeVerifiedAt": 1767200000000,
		"rateLimitTier": "default_claude_max_20x", "clientId": "c", "accountUuid": "u", "organizationUuid": "o",
	}
}

func TestParse(t *testing.T) {
	whole := string(login(full()))
	blanked := full()
	blanked["accessToken"], blanked["refreshToken"], blanked["expiresAt"], blanked["loginEnded"] = "", "", 0, "time_limit"
	big := full()
	big["extra"] = strings.Repeat("x", MaxSize)
	cases := []struct {
		name, in string
		want     error
	}{
		{"as stored", whole, nil},
		{"with a newline", whole + "\n", nil},
		{"indented", "\n\t " + strings.ReplaceAll(whole, ",", ",\r\n  "), nil},
		{"hexadecimal", hex.EncodeToString([]byte(whole)), nil},
		{"hexadecimal with a newline", hex.EncodeToString([]byte(whole)) + "\n", nil},
		{"hexadecimal of text with a newline", hex.EncodeToString([]byte(whole + "\n")), nil},
		{"upper-case hexadecimal", strings.ToUpper(hex.EncodeToString([]byte(whole))), nil},
		{"hexadecimal with 0x", "0x" + hex.EncodeToString([]byte(whole)), nil},
		{"byte order mark", "\xef\xbb\xbf" + whole, nil},
		{"NUL at the end", whole + "\x00", nil},
		{"access token only", `{"claudeAiOauth":{"accessToken":"a"}}`, nil},
		{"refresh token of another type", `{"claudeAiOauth":{"accessToken":"a","refreshToken":7,"subscriptionType":[],"expiresAt":{}}}`, nil},

		{"empty", "", ErrMissing},
		{"only space", " \r\n\x00\t", ErrMissing},
		{"empty object", "{}", ErrMissing},
		{"only MCP servers", `{"mcpOAuth":{"x":{"accessToken":"a"}}}`, ErrMissing},
		{"null login", `{"claudeAiOauth":null}`, ErrMissing},
		{"no access token", `{"claudeAiOauth":{"refreshToken":"a"}}`, ErrMissing},
		{"null access token", `{"claudeAiOauth":{"accessToken":null}}`, ErrMissing},
		{"blanked after invalid_grant", string(login(blanked)), ErrMissing},
		{"blank access token", `{"claudeAiOauth":{"accessToken":" \t"}}`, ErrMissing},
		{"other case", `{"claudeaioauth":{"accessToken":"a"}}`, ErrMissing},
		{"other case inside", `{"claudeAiOauth":{"AccessToken":"a"}}`, ErrMissing},

		{"cut off", whole[:len(whole)/2], ErrUnreadable},
		{"cut off hexadecimal", hex.EncodeToString([]byte(whole))[:101], ErrUnreadable},
		{"cut off at an even digit", hex.EncodeToString([]byte(whole))[:100], ErrUnreadable},
		{"two logins in a row", whole + whole, ErrUnreadable},
		{"text", "security: not found", ErrUnreadable},
		{"hexadecimal of text", hex.EncodeToString([]byte("hello")), ErrUnreadable},
		{"null", "null", ErrUnreadable},
		{"array", "[" + whole + "]", ErrUnreadable},
		{"string", `"` + "a" + `"`, ErrUnreadable},
		{"number", "12345678", ErrUnreadable},
		{"login is text", `{"claudeAiOauth":"sk-KEEP-THIS"}`, ErrUnreadable},
		{"login is a list", `{"claudeAiOauth":[]}`, ErrUnreadable},
		{"token is a number", `{"claudeAiOauth":{"accessToken":5}}`, ErrUnreadable},
		{"token is an object", `{"claudeAiOauth":{"accessToken":{"KEEP-THIS":1}}}`, ErrUnreadable},
		{"token with a newline", `{"claudeAiOauth":{"accessToken":"KEEP-THIS\nX: y"}}`, ErrUnreadable},
		{"token with a NUL", `{"claudeAiOauth":{"accessToken":"KEEP-THIS\u0000"}}`, ErrUnreadable},
		{"NUL inside", `{"claudeAiOauth":` + "\x00" + `{"accessToken":"KEEP-THIS"}}`, ErrUnreadable},
		{"deep", `{"claudeAiOauth":` + strings.Repeat("[", 100000), ErrUnreadable},
		{"over a MiB", string(login(big)), ErrUnreadable},
		{"far over", strings.Repeat("7b", MaxStored), ErrUnreadable},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			c, err := Parse([]byte(tc.in))
			if !errors.Is(err, tc.want) || (tc.want == nil && c.Access.Empty()) {
				t.Fatalf("%v, %v; want %v", c, err, tc.want)
			}
			if err != nil {
				refuseToken(t, "error", err.Error())
				if !c.Access.Empty() {
					t.Error("a login beside an error")
				}
			}
		})
	}
}

func TestParseFields(t *testing.T) {
	c, err := Parse(login(full()))
	if err != nil {
		t.Fatal(err)
	}
	if c.Access.Reveal() != token || !c.Refreshable || c.Plan != "Max" || !c.Expires.Equal(time.UnixMilli(1767225600000)) {
		t.Errorf("%v, refreshable %v", c, c.Refreshable)
	}
	if got := c.String(); got != `login (plan "Max", expires 2026-01-01T00:00:00Z)` {
		t.Error(got)
	}
}

func TestExpiry(t *testing.T) {
	at := time.UnixMilli(1767225600000)
	for in, want := range map[string]time.Time{
		`1767225600000`: at, `1767225600000.7`: at, `1.7672256e12`: at, `"1767225600000"`: at, `" 1767225600000 "`: at,
		`1767225600`: at, `1767225600.0`: at, `"2026-01-01T00:00:00Z"`: at, `"2026-01-01T01:00:00+01:00"`: at,
		`5`: time.Unix(0, 0), `200000000`: time.Unix(0, 0), `"1973-01-01T00:00:00Z"`: time.Unix(0, 0), `"0001-01-01T00:00:00Z"`: time.Unix(0, 0),
		`0`: time.Unix(0, 0), `-5`: time.Unix(0, 0), `"0"`: time.Unix(0, 0),
		`null`: {}, `""`: {}, `"soon"`: {}, `"NaN"`: {}, `"Inf"`: {}, `true`: {}, `[]`: {}, `{}`: {}, `1e300`: {}, `9e18`: {}, ``: {},
	} {
		if got := expiry(json.RawMessage(in)); !got.Equal(want) {
			t.Errorf("%s: %v, want %v", in, got, want)
		}
	}
}

func TestPlanName(t *testing.T) {
	for in, want := range map[string]string{
		"max": "Max", "pro": "Pro", "team": "Team", "enterprise": "Enterprise", "": "", "claude_max-20x": "Claude max 20x",
		"\x1b]0;x\x07\x1b[31mred": "0x31mred", "a\nb": "Ab", "--": "", "équipe": "Équipe",
		strings.Repeat("long ", 20): "Long long long long long",
	} {
		if got := planName(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	whole := string(login(full()))
	for _, seed := range []string{whole, hex.EncodeToString([]byte(whole)), whole[:40], `{"mcpOAuth":{}}`, "\xef\xbb\xbf{}", "0x7b7d", `{"claudeAiOauth":{"accessToken":"a","expiresAt":"1"}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		c, err := Parse(in)
		if (err == nil) == c.Access.Empty() {
			t.Fatalf("token present: %v, error %v", !c.Access.Empty(), err)
		}
		if err != nil {
			if !errors.Is(err, ErrMissing) && !errors.Is(err, ErrUnreadable) {
				t.Fatalf("untyped error %v", err)
			}
			return
		}
		// What is handed over is a login again, with the same token and end.
		for name, render := range map[string]func() ([]byte, error){"AccessOnly": c.AccessOnly, "Whole": c.Whole} {
			b, err := render()
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			again, err := Parse(b)
			if err != nil || !again.Access.Equal(c.Access) || !sameEnd(again.Expires, c.Expires) {
				t.Fatalf("%s: %v, %v, was %v", name, again, err, c)
			}
			if name == "AccessOnly" && again.Refreshable {
				t.Fatal("AccessOnly has a refresh token")
			}
		}
	})
}

// sameEnd allows for the whole milliseconds that are written.
func sameEnd(a, b time.Time) bool {
	return a.IsZero() == b.IsZero() && a.Sub(b).Abs() <= time.Millisecond
}
