package creds

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"fmt"
	"io"
	"log/slog"
)

// Secret is text that only Reveal gives away. The text is held by a function,
// not by a field: formatting a struct that has a Secret in an unexported field
// bypasses the methods below, and finds no text there either. For the same
// reason == does not compile on Secrets; use Equal.
//
// The zero Secret is empty.
type Secret struct {
	text func() string
}

// masked is what a Secret shows in place of itself.
const masked = "[secret]"

// NewSecret returns a Secret that reveals text.
func NewSecret(text string) Secret {
	if text == "" {
		return Secret{}
	}
	return Secret{text: func() string { return text }}
}

// Reveal returns the secret itself.
func (s Secret) Reveal() string {
	if s.text == nil {
		return ""
	}
	return s.text()
}

// Empty reports whether there is nothing to reveal.
func (s Secret) Empty() bool { return s.text == nil }

// Equal compares in a time that does not depend on the secrets.
func (s Secret) Equal(other Secret) bool {
	a, b := sha256.Sum256([]byte(s.Reveal())), sha256.Sum256([]byte(other.Reveal()))
	return subtle.ConstantTimeCompare(a[:], b[:]) == 1
}

// Fingerprint is a short name for the secret that may be shown and stored: 16
// hexadecimal digits of a hash that serves no other purpose. The empty secret
// has the fingerprint "".
func (s Secret) Fingerprint() string {
	if s.Empty() {
		return ""
	}
	sum := sha256.Sum256([]byte("dclaude fingerprint\x00" + s.Reveal()))
	return hex.EncodeToString(sum[:8])
}

// String returns "[secret]", or "" for the empty secret.
func (s Secret) String() string {
	if s.Empty() {
		return ""
	}
	return masked
}

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return fmt.Sprintf("creds.Secret(%q)", s.String()) }

// Format hides the secret from every verb, %x and %d among them.
func (s Secret) Format(f fmt.State, verb rune) {
	text := s.String()
	if verb == 'v' && f.Flag('#') {
		text = s.GoString()
	}
	_, _ = io.WriteString(f, text) // fmt reports no error either
}

// MarshalText hides the secret from JSON, TOML and XML alike.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON hides the secret.
func (s Secret) MarshalJSON() ([]byte, error) { return []byte(`"` + s.String() + `"`), nil }

// LogValue hides the secret from log/slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }
