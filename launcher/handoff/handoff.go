// Package handoff describes what the launcher tells the init of a container
// that it has just started. It goes over the container's own standard input,
// before the session's: it is the only way in which a secret reaches a sandbox
// at launch, and lies on no disk; nothing of it is ever an argument, an
// environment variable or a label. The package holds types, their encoding and
// its frame.
package handoff

import (
	"encoding/json"
	"errors"
	"fmt"
)

// NestedEnv names the variable that the container around a nested session has,
// and the session itself has not. By it a command that the engine starts in the
// container knows that it belongs inside, however early it comes.
const NestedEnv = "DCLAUDE_NESTED"

// version is raised when an old init could misread a new handoff. The image is
// rebuilt with the launcher, so the two differ only if someone mixes them.
const version = 1

// maxSize bounds what the init is willing to read, in bytes.
const maxSize = 1 << 20

// Handoff is all that an init has to know about its session.
type Handoff struct {
	Version int `json:"version"`
	// UID and GID are the numeric ids that the session's processes get.
	UID int `json:"uid"`
	GID int `json:"gid"`
	// Isolation says how the init runs the command: "direct", or "nested" for
	// a runsc of our own inside this container.
	Isolation string `json:"isolation"`
	// Firewall asks the init to try the packet-filter firewall.
	Firewall bool `json:"firewall,omitempty"`
	// Credentials is the content for .credentials.json; empty leaves the
	// state volume's own alone.
	Credentials Secret `json:"credentials,omitempty"`
	// KeepCredentials leaves credentials that the volume already has in
	// place, as the seed's first-run rule does.
	KeepCredentials bool `json:"keepCredentials,omitempty"`
	// APIKey is what the managed apiKeyHelper prints; it is kept for this
	// session only, in the user's runtime folder.
	APIKey Secret `json:"apiKey,omitempty"`
	// Gitconfig becomes /tmp/host-gitconfig.
	Gitconfig string `json:"gitconfig,omitempty"`
	// ManagedSettings becomes /etc/claude-code/managed-settings.json, which
	// the session can read but not change.
	ManagedSettings json.RawMessage `json:"managedSettings,omitempty"`
	// Gateway is the address of the session's way out, which is also its name
	// server; empty for a session without one.
	Gateway string `json:"gateway,omitempty"`
	// SkipPrompts records the user's consent to running without permission
	// prompts, so that Claude does not ask for it again.
	SkipPrompts bool `json:"skipPrompts,omitempty"`
	// Home is what the user has set up for Claude Code, as EncodeHome returned
	// it; nil for nothing. It travels after the rest, of which HomeSize, set by
	// Encode, is its length in bytes.
	Home     []byte `json:"-"`
	HomeSize int    `json:"homeSize,omitempty"`
}

// Secret is text that no formatting verb prints. Only JSON encoding, which
// is how a Handoff travels, gives it away.
type Secret string

// String hides the secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return "[secret]"
}

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return s.String() }

// Encode returns the handoff as Decode reads it, without Home.
func (h Handoff) Encode() ([]byte, error) {
	h.Version, h.HomeSize = version, len(h.Home)
	if err := h.check(); err != nil {
		return nil, err
	}
	b, err := json.Marshal(h)
	if err != nil {
		return nil, fmt.Errorf("encode handoff: %w", err)
	}
	if len(b) > maxSize {
		return nil, fmt.Errorf("handoff of %d bytes is over the limit of %d", len(b), maxSize)
	}
	return b, nil
}

// Decode reads what Encode wrote. It refuses another version and a handoff
// that breaks a rule. No error text repeats the content.
func Decode(b []byte) (Handoff, error) {
	var h Handoff
	if len(b) > maxSize {
		return h, fmt.Errorf("handoff of %d bytes is over the limit of %d", len(b), maxSize)
	}
	if err := json.Unmarshal(b, &h); err != nil {
		return Handoff{}, errors.New("handoff is not valid JSON")
	}
	if h.Version != version {
		return Handoff{}, fmt.Errorf("handoff has version %d, this init reads %d: rebuild the image with --rebuild", h.Version, version)
	}
	if err := h.check(); err != nil {
		return Handoff{}, err
	}
	return h, nil
}

func (h Handoff) check() error {
	if h.UID < 0 || h.GID < 0 {
		return fmt.Errorf("handoff has the ids %d:%d", h.UID, h.GID)
	}
	if h.HomeSize < 0 || h.HomeSize > maxArchive {
		return fmt.Errorf("handoff has a home of %d bytes", h.HomeSize)
	}
	switch h.Isolation {
	case Direct, Nested:
		return nil
	}
	return fmt.Errorf("handoff has the unknown isolation %q", h.Isolation)
}

// The values of Handoff.Isolation.
const (
	// Direct runs the command in the container itself.
	Direct = "direct"
	// Nested runs it under the runsc that the image carries.
	Nested = "nested"
)
