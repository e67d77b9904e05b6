package session

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"
)

// Remedy is what makes a version of Claude Code work where it does not by
// itself.
type Remedy struct {
	// Name says what it does.
	Name string
	// Env holds variables of the session, as KEY=VALUE.
	Env []string
}

// Remedies returns what is tried in a trial of Claude Code, in this order; the
// first is nothing.
func Remedies() []Remedy {
	return []Remedy{
		{Name: "as it is"},
		// Claude Code is a Bun program, whose compiler maps memory to write and
		// execute; sandboxes have had trouble with that.
		{Name: "without Bun's just-in-time compiler", Env: []string{"BUN_JSC_useJIT=0"}},
	}
}

// Compat remembers, in a folder of the user's, what the trials of Claude Code
// came to: which remedy an image needs, and which wanted image was rejected.
type Compat struct{ Dir string }

// verdict is the outcome of trials under one isolation.
type verdict struct {
	// Remedies maps an image's id to the variables that it needs.
	Remedies map[string][]string `json:"remedies,omitempty"`
	// Rejected maps what was wanted, in the caller's words, to why it was
	// rejected.
	Rejected map[string]string `json:"rejected,omitempty"`
	// Latest is the last of those, until something is accepted.
	Latest *Rejection `json:"latest,omitempty"`
}

// Rejection is the outcome of a trial that failed.
type Rejection struct {
	At     time.Time `json:"at"`
	Wanted string    `json:"wanted"`
	Why    string    `json:"why"`
}

// maxRemembered bounds each of the maps; beyond it they start anew.
const maxRemembered = 32

// CompatFile is the name of the file in Compat.Dir.
const CompatFile = "compat.json"

func (c Compat) path() string { return filepath.Join(c.Dir, CompatFile) }

// load reads the memory, by isolation. One that cannot be read counts as none.
func (c Compat) load() map[string]verdict {
	all := map[string]verdict{}
	if b, err := os.ReadFile(c.path()); err == nil {
		_ = json.Unmarshal(b, &all)
	}
	if all == nil {
		all = map[string]verdict{}
	}
	return all
}

// Remedies returns the variables that an image needs, by isolation.
func (c Compat) Remedies(imageID string) map[string][]string {
	needed := map[string][]string{}
	for kind, v := range c.load() {
		if env := v.Remedies[imageID]; len(env) > 0 {
			needed[kind] = env
		}
	}
	return needed
}

// Rejection returns why what is wanted was rejected under an isolation, "" if it
// was not.
func (c Compat) Rejection(kind, wanted string) string { return c.load()[kind].Rejected[wanted] }

// Latest returns the last rejection under any isolation that no later trial has
// made good, or the zero Rejection.
func (c Compat) Latest() Rejection {
	var latest Rejection
	for _, v := range c.load() {
		if v.Latest != nil && v.Latest.At.After(latest.At) {
			latest = *v.Latest
		}
	}
	return latest
}

// Accept remembers the variables that an image needs, which may be none, and
// forgets that what is wanted was rejected once.
func (c Compat) Accept(kind, wanted, imageID string, env []string) error {
	return c.change(kind, func(v *verdict) {
		delete(v.Remedies, imageID)
		delete(v.Rejected, wanted)
		v.Latest = nil
		if len(env) > 0 {
			v.Remedies[imageID] = env
		}
	})
}

// Reject remembers why what is wanted was rejected.
func (c Compat) Reject(kind, wanted, why string) error {
	return c.change(kind, func(v *verdict) {
		v.Rejected[wanted] = why
		v.Latest = &Rejection{At: time.Now().Round(0).UTC(), Wanted: wanted, Why: why}
	})
}

// change is called under the lock of the image's builds.
func (c Compat) change(kind string, f func(*verdict)) error {
	all := c.load()
	v := all[kind]
	if v.Remedies == nil || len(v.Remedies) > maxRemembered {
		v.Remedies = map[string][]string{}
	}
	if v.Rejected == nil || len(v.Rejected) > maxRemembered {
		v.Rejected = map[string]string{}
	}
	f(&v)
	all[kind] = v
	b, err := json.Marshal(all)
	if err != nil {
		return err
	}
	return writeFile(c.path(), b)
}

// Rejected says that a new image was built and is not used.
type Rejected struct {
	// Claude is the version of Claude Code that was wanted.
	Claude string
	// Why is what went wrong in its trial.
	Why string
}

// Error says what is used instead.
func (r *Rejected) Error() string {
	return "Claude Code " + r.Claude + " does not work in the sandbox, so the previous image stays in use: " + r.Why
}

// Hint says what can be done.
func (r *Rejected) Hint() string {
	return "dclaude update tries again, dclaude update VERSION takes another version, and the setting claude_version holds one"
}
