package handoff

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

// Login is what a running session is given in place of the login it has. It
// travels on the standard input of the guest program's "inject", as one JSON
// value: half of it, from a launcher that was killed, is no login.
type Login struct {
	Version int `json:"version"`
	// Credentials is the new content for .credentials.json.
	Credentials Secret `json:"credentials,omitempty"`
	// APIKey is the new key for the apiKeyHelper.
	APIKey Secret `json:"apiKey,omitempty"`
}

// Encode returns the login as ReadLogin takes it.
func (l Login) Encode() ([]byte, error) {
	l.Version = version
	if l.Credentials == "" && l.APIKey == "" {
		return nil, errors.New("nothing to give to the session")
	}
	b, err := json.Marshal(l)
	if err != nil {
		return nil, fmt.Errorf("encode login: %w", err)
	}
	if len(b) > maxSize {
		return nil, fmt.Errorf("login of %d bytes is over the limit of %d", len(b), maxSize)
	}
	return b, nil
}

// ReadLogin reads what Encode wrote, and no further: the input need not end.
// No error text repeats the content.
func ReadLogin(r io.Reader) (Login, error) {
	var l Login
	if err := json.NewDecoder(io.LimitReader(r, maxSize)).Decode(&l); err != nil {
		return Login{}, errors.New("the login did not arrive whole")
	}
	if l.Version != version {
		return Login{}, fmt.Errorf("the login has version %d, this session reads %d: start a new session", l.Version, version)
	}
	if l.Credentials == "" && l.APIKey == "" {
		return Login{}, errors.New("the login is empty")
	}
	return l, nil
}

// APIKeyHelper is the command by which Claude Code asks for the session's API
// key, for the managed setting "apiKeyHelper".
const APIKeyHelper = "/usr/local/bin/dclaude-guest api-key" //nolint:gosec // a command and no key

// WithAPIKeyHelper adds that setting to managed settings, which may be empty.
func WithAPIKeyHelper(managed json.RawMessage) (json.RawMessage, error) {
	all := map[string]json.RawMessage{}
	if len(managed) > 0 {
		if err := json.Unmarshal(managed, &all); err != nil {
			return nil, fmt.Errorf("managed settings: %w", err)
		}
	}
	command, err := json.Marshal(APIKeyHelper)
	if err != nil {
		return nil, err
	}
	all["apiKeyHelper"] = command
	return json.Marshal(all)
}
