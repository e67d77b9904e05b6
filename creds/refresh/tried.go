package refresh

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"dclaude/creds"
)

// tried is what is remembered of a try that renewed nothing.
type tried struct {
	Fingerprint string    `json:"fingerprint"` // of the token
	At          time.Time `json:"at"`
}

func (r Refresher) memory() string { return filepath.Join(r.Dir, "refresh.json") }

// triedRecently reports whether this token was tried within the pause. A
// memory that cannot be read, or is of the future, is none.
func (r Refresher) triedRecently(c creds.Credential) bool {
	b, err := os.ReadFile(r.memory())
	if err != nil {
		return false
	}
	var last tried
	if json.Unmarshal(b, &last) != nil || last.Fingerprint != c.Access.Fingerprint() {
		return false
	}
	age := time.Since(last.At)
	return age >= 0 && age < r.Pause
}

// rememberTry keeps a failed try. That it cannot be kept costs one more try.
func (r Refresher) rememberTry(c creds.Credential) {
	b, err := json.Marshal(tried{Fingerprint: c.Access.Fingerprint(), At: time.Now()})
	if err == nil {
		_ = os.WriteFile(r.memory(), b, 0o600)
	}
}
