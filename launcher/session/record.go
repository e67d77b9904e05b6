package session

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// Records keeps what is learned of a session after its start, one private file
// each, in a folder of the user's. The engine stays the truth about which
// sessions there are; a record of one that is gone is swept away.
type Records struct{ Dir string }

// Record is what was learned of a session.
type Record struct {
	Session string `json:"session"`
	// Container is the engine's id: a name could come back.
	Container string `json:"container"`
	// Kernel is the observed kernel string.
	Kernel string `json:"kernel,omitempty"`
	// Modes brings a terminal into the modes that the session relies on, as
	// the last one who was attached saw them (package tty).
	Modes string `json:"modes,omitempty"`
	// Login is what the session was handed last; nil before that.
	Login *LoginRecord `json:"login,omitempty"`
}

// LoginRecord tells which login a session has, without giving it away.
type LoginRecord struct {
	// Fingerprint is creds.Secret.Fingerprint of what was handed over.
	Fingerprint string `json:"fingerprint"`
	// Expires is when its token ends; zero when unknown.
	Expires time.Time `json:"expires,omitzero"`
	// Account is creds.Credential.Account.
	Account string `json:"account,omitempty"`
}

func (r Records) path(name string) string { return filepath.Join(r.Dir, name+".json") }

// Update changes the record of a session, which need not have one yet. Two
// processes that do so at the same time do it one after the other.
func (r Records) Update(name, container string, change func(*Record)) error {
	if err := os.MkdirAll(r.Dir, 0o700); err != nil {
		return err
	}
	lock := flock.New(filepath.Join(r.Dir, ".lock"), flock.SetPermissions(0o600))
	if err := lock.Lock(); err != nil {
		return err
	}
	defer func() { _ = lock.Unlock() }()
	rec, err := r.Load(name, container)
	if err != nil {
		return err
	}
	rec.Session, rec.Container = name, container
	change(&rec)
	b, err := json.Marshal(rec)
	if err != nil {
		return err
	}
	return writeFile(r.path(name), b)
}

// lockSuffix ends the name of the file by which processes take turns at a
// session.
const lockSuffix = ".lock"

// Lock makes this process the only one that changes a session, until unlock.
func (r Records) Lock(ctx context.Context, name string) (unlock func(), err error) {
	if err := os.MkdirAll(r.Dir, 0o700); err != nil {
		return nil, err
	}
	l := flock.New(filepath.Join(r.Dir, name+lockSuffix), flock.SetPermissions(0o600))
	if err := await(ctx, l); err != nil {
		return nil, fmt.Errorf("wait for another dclaude that works on session %s: %w", name, err)
	}
	return func() { _ = l.Unlock() }, nil
}

// Load reads the record of a session. Without one, or with that of another
// container, it is an empty one.
func (r Records) Load(name, container string) (Record, error) {
	b, err := os.ReadFile(r.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return Record{}, nil
	}
	var rec Record
	if err == nil {
		err = json.Unmarshal(b, &rec)
	}
	if err != nil || rec.Container != container {
		return Record{}, err
	}
	return rec, nil
}

// Remove drops the record of a session; that there is none is no error.
func (r Records) Remove(name string) error {
	var failed error
	for _, path := range []string{r.path(name), filepath.Join(r.Dir, name+lockSuffix)} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// Sweep drops the records of sessions that the engine no longer has.
func (r Records) Sweep(live []Session) error {
	entries, err := os.ReadDir(r.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	have := map[string]bool{}
	for _, s := range live {
		have[s.Name] = true
	}
	var failed error
	for _, entry := range entries {
		name, ext := strings.TrimSuffix(entry.Name(), filepath.Ext(entry.Name())), filepath.Ext(entry.Name())
		if name != "" && (ext == ".json" || ext == lockSuffix) && !have[name] {
			failed = errors.Join(failed, r.Remove(name))
		}
	}
	return failed
}
