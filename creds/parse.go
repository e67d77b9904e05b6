package creds

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
	"unicode"
)

// MaxSize is the largest login that is read, in bytes. Real ones have one or
// two thousand, and more where many MCP servers are signed in.
const MaxSize = 1 << 20

// MaxStored is the most that a store has to read for Parse, in bytes: a login
// of MaxSize in hexadecimal, with some space around it.
const MaxStored = 2*MaxSize + 64

const oauthKey = "claudeAiOauth"

// Parse reads a login as Claude Code stores it:
//
//	{"claudeAiOauth": {"accessToken": ..., "refreshToken": ..., "expiresAt": ms, ...}, "mcpOAuth": {...}}
//
// It also takes the hexadecimal form in which macOS's security prints it at
// times. ErrMissing when the store holds no login, only those of MCP servers,
// or one that Claude blanked when it was refused; ErrUnreadable when the
// content cannot be understood, as half a file cannot.
func Parse(b []byte) (Credential, error) {
	b, err := plain(b)
	if err != nil {
		return Credential{}, err
	}
	if len(b) == 0 {
		return Credential{}, ErrMissing
	}
	top, err := decodeObject(b)
	if err != nil {
		return Credential{}, err
	}
	raw, ok := top[oauthKey]
	if !ok || string(raw) == "null" {
		return Credential{}, ErrMissing
	}
	oauth, err := decodeObject(raw)
	if err != nil {
		return Credential{}, err
	}
	token, err := accessToken(oauth["accessToken"])
	if err != nil {
		return Credential{}, err
	}
	return Credential{
		Access:      NewSecret(token),
		Expires:     expiry(oauth["expiresAt"]),
		Plan:        planName(member[string](oauth, "subscriptionType")),
		Refreshable: member[string](oauth, "refreshToken") != "",
		Account:     account(member[string](oauth, "accountUuid"), member[string](oauth, "organizationUuid")),
		oauth:       NewSecret(string(raw)),
	}, nil
}

// plain strips what may stand around the JSON and undoes hexadecimal.
func plain(b []byte) ([]byte, error) {
	if len(b) > MaxStored {
		return nil, unreadable("it is over %d MiB", MaxSize>>20)
	}
	b = trim(b)
	if len(b) > 0 && b[0] != '{' {
		digits := bytes.TrimPrefix(b, []byte("0x"))
		decoded := make([]byte, hex.DecodedLen(len(digits)))
		if _, err := hex.Decode(decoded, digits); err == nil {
			b = trim(decoded)
		}
	}
	if len(b) > MaxSize {
		return nil, unreadable("it is over %d MiB", MaxSize>>20)
	}
	return b, nil
}

func trim(b []byte) []byte {
	b = bytes.TrimPrefix(b, []byte("\xef\xbb\xbf"))
	return bytes.Trim(b, " \t\r\n\x00")
}

// decodeObject decodes one JSON object into its members, by their exact names.
// Its error never repeats the content, which the errors of package json do.
func decodeObject(b []byte) (map[string]json.RawMessage, error) {
	var m map[string]json.RawMessage
	err := json.Unmarshal(b, &m)
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &syntax) && syntax.Offset >= int64(len(b)):
		return nil, unreadable("its JSON ends too early")
	case errors.As(err, &syntax):
		return nil, unreadable("it is not JSON")
	case err != nil || m == nil:
		return nil, unreadable("its JSON is not what Claude Code writes")
	}
	return m, nil
}

// member decodes one member of an object. One that is missing or of another
// type than Claude writes is the zero value: no login is worth less for it.
func member[T any](m map[string]json.RawMessage, name string) T {
	var v, zero T
	if json.Unmarshal(m[name], &v) != nil {
		return zero
	}
	return v
}

// accessToken returns the token of a login. Claude writes an empty one when
// Anthropic has refused the login for good.
func accessToken(raw json.RawMessage) (string, error) {
	if len(raw) == 0 || string(raw) == "null" {
		return "", ErrMissing
	}
	var token string
	if json.Unmarshal(raw, &token) != nil {
		return "", unreadable("its access token is not text")
	}
	if strings.TrimSpace(token) == "" {
		return "", ErrMissing
	}
	if strings.IndexFunc(token, func(r rune) bool { return r <= ' ' || r >= 0x7f }) >= 0 {
		return "", unreadable("its access token has characters that no token has")
	}
	return token, nil
}

// Bounds of what is taken for a moment, in the unit of the number read: from
// 1974 in milliseconds, from 2001 in seconds, and not after the year 9999.
const (
	minMillis  = 1e11
	minSeconds = 1e9
	maxMillis  = 253402300799000
)

// expiry reads a moment in milliseconds since 1970, which is what Claude
// writes, and also what other tools wrote in its place: a number in quotes,
// seconds, RFC 3339. It is zero when it cannot tell, and 1970 for everything
// that is long over.
func expiry(raw json.RawMessage) time.Time {
	millis, ok := moment(raw)
	switch {
	case !ok || millis > maxMillis:
		return time.Time{}
	case millis < minMillis:
		return time.Unix(0, 0)
	}
	return time.UnixMilli(int64(millis))
}

func moment(raw json.RawMessage) (millis float64, ok bool) {
	var v any
	if json.Unmarshal(raw, &v) != nil {
		return 0, false
	}
	switch v := v.(type) {
	case float64:
		millis = v
	case string:
		v = strings.TrimSpace(v)
		if t, err := time.Parse(time.RFC3339, v); err == nil {
			return float64(t.UnixMilli()), true
		}
		n, err := strconv.ParseFloat(v, 64)
		if err != nil || math.IsNaN(n) {
			return 0, false
		}
		millis = n
	default:
		return 0, false
	}
	if millis >= minSeconds && millis < minMillis {
		millis *= 1000
	}
	return millis, true
}

// planName makes a subscription type fit to be shown: "max" becomes "Max". The
// text comes from a file, so nothing but letters, digits and spaces gets through.
func planName(s string) string {
	const longest = 24
	clean := []rune(strings.Map(func(r rune) rune {
		switch {
		case unicode.IsLetter(r), unicode.IsDigit(r):
			return r
		case r == ' ', r == '_', r == '-':
			return ' '
		}
		return -1
	}, s))
	clean = []rune(strings.TrimSpace(string(clean[:min(len(clean), longest)])))
	if len(clean) > 0 {
		clean[0] = unicode.ToUpper(clean[0])
	}
	return string(clean)
}

func unreadable(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrUnreadable, fmt.Sprintf(format, args...))
}

// account makes a name out of the ids of an account and its organization, of
// which one person can have several.
func account(id, organization string) string {
	if id == "" {
		return ""
	}
	return NewSecret(id + "\x00" + organization).Fingerprint()
}
