package creds

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Credential is one login of Claude Code. The zero Credential is no login.
type Credential struct {
	// Access is the token that requests to Anthropic carry.
	Access Secret
	// Expires is when Access stops working; zero when the login does not say.
	Expires time.Time
	// Plan names the subscription for people ("Max"), or is "".
	Plan string
	// Refreshable reports whether the login has a refresh token.
	Refreshable bool
	// Account tells one account from another: a fingerprint of the account and
	// its organization, or "" when the login does not say.
	Account string
	// Warnings are faults of the place that the login was found in. The login
	// is usable in spite of them.
	Warnings []error

	oauth Secret // the object "claudeAiOauth" as stored, as JSON
}

// String describes the login without its secrets.
func (c Credential) String() string {
	switch {
	case c.Access.Empty():
		return "no login"
	case c.Expires.IsZero():
		return fmt.Sprintf("login (plan %q, expiry unknown)", c.Plan)
	}
	return fmt.Sprintf("login (plan %q, expires %s)", c.Plan, c.Expires.UTC().Format(time.RFC3339))
}

// GoString is String, so that %#v says no more.
func (c Credential) GoString() string { return c.String() }

// stored is the part of the object "claudeAiOauth" that may enter a sandbox.
// It is a list of what is allowed, not of what is taken out: a field that a
// later Claude Code adds could be a secret. The plan's origin is in it because
// Claude asks for the plan again when it does not know who told it.
type stored struct {
	AccessToken                string   `json:"accessToken"`
	ExpiresAt                  int64    `json:"expiresAt,omitzero"` // ms since 1970
	Scopes                     []string `json:"scopes,omitempty"`
	SubscriptionType           string   `json:"subscriptionType,omitempty"`
	SubscriptionTypeSource     string   `json:"subscriptionTypeSource,omitempty"`
	SubscriptionTypeVerifiedAt int64    `json:"subscriptionTypeVerifiedAt,omitzero"` // ms since 1970
	RateLimitTier              string   `json:"rateLimitTier,omitempty"`
}

// AccessOnly renders the content of a .credentials.json that lets its reader
// make requests and nothing else: no refresh token, no logins of MCP servers,
// no field that is not known to be harmless. Claude Code leaves such a file
// alone, and does not try to refresh it. ErrMissing when there is no login.
func (c Credential) AccessOnly() ([]byte, error) {
	if c.Access.Empty() {
		return nil, ErrMissing
	}
	all, err := decodeObject([]byte(c.oauth.Reveal()))
	if err != nil {
		return nil, err
	}
	out := stored{AccessToken: c.Access.Reveal()}
	if !c.Expires.IsZero() {
		out.ExpiresAt = max(c.Expires.UnixMilli(), 1)
	}
	out.Scopes = member[[]string](all, "scopes")
	out.SubscriptionType = member[string](all, "subscriptionType")
	out.SubscriptionTypeSource = member[string](all, "subscriptionTypeSource")
	out.SubscriptionTypeVerifiedAt = member[int64](all, "subscriptionTypeVerifiedAt")
	out.RateLimitTier = member[string](all, "rateLimitTier")
	return json.Marshal(map[string]stored{oauthKey: out})
}

// Whole renders the content of a .credentials.json with the login as the host
// has it, refresh token and unknown fields included. The logins of MCP servers
// beside it stay on the host: they are for other services, which the user did
// not ask to share by sharing a Claude login. ErrMissing when there is no login.
func (c Credential) Whole() ([]byte, error) {
	if c.Access.Empty() {
		return nil, ErrMissing
	}
	return json.Marshal(map[string]json.RawMessage{oauthKey: json.RawMessage(c.oauth.Reveal())})
}

// FromToken makes a login of a token of `claude setup-token`, which makes
// requests and nothing else. expires may be zero. The token must be one line of
// printable ASCII: ErrUnreadable otherwise, ErrMissing for a blank one.
func FromToken(text string, expires time.Time) (Credential, error) {
	b, err := json.Marshal(map[string]any{"accessToken": strings.TrimSpace(text), "scopes": []string{"user:inference"}})
	if err != nil {
		return Credential{}, err
	}
	c, err := Parse(slices.Concat([]byte(`{"`+oauthKey+`":`), b, []byte("}")))
	if err != nil {
		return Credential{}, err
	}
	c.Expires = expires
	return c, nil
}
