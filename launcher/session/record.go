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

	"dclaude/launcher/egress"
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
	// Project is the folder, and Started when its container was started.
	Project string    `json:"project,omitempty"`
	Started time.Time `json:"started,omitzero"`
	// Left is when the last window was left; zero if there was none.
	Left time.Time `json:"left,omitzero"`
	// NoReview says that the session was started by somebody who does not want to
	// know what it changes.
	NoReview bool `json:"noReview,omitempty"`
	// Kernel is the observed kernel string.
	Kernel string `json:"kernel,omitempty"`
	// Modes brings a terminal into the modes that the session relies on, as
	// the last one who was attached saw them (package tty).
	Modes string `json:"modes,omitempty"`
	// Gateway is what the session's gateway was told, but for a proxy's address,
	// which may hold a password; nil for a session without one.
	Gateway *egress.Setup `json:"gateway,omitempty"`
	// Login is what the session was handed last; nil before that.
	Login *LoginRecord `json:"login,omitempty"`
}

// LoginRecord tells which login a session has, without giving it away.
type LoginRecord struct {
	// Fingerprint is creds.Secret.Fingerprint of what was handed over.
	Fingerprint string `json:"fingerprint"`
	// Expires is when its token ends; zero when unknown.
	Expires time.Time `json:"expires,omitzero"`
	// Account is creds.Credential.Account, and Whose its address for people.
	Account string `json:"account,omitempty"`
	Whose   string `json:"whose,omitempty"`
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

// Remove drops the record of a session, and what is kept beside it; that
// there is none is no error.
func (r Records) Remove(name string) error {
	var failed error
	for _, path := range []string{r.path(name), r.holdPath(name), r.reviewPath(name), filepath.Join(r.Dir, name+lockSuffix)} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			failed = errors.Join(failed, err)
		}
	}
	return failed
}

// All returns every record. One that cannot be read counts as one that says no
// more than its session's name.
func (r Records) All() ([]Record, error) {
	entries, err := os.ReadDir(r.Dir)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	var all []Record
	for _, entry := range entries {
		name, ok := strings.CutSuffix(entry.Name(), ".json")
		if !ok {
			continue
		}
		rec := Record{Session: name}
		if b, err := os.ReadFile(r.path(name)); err == nil && json.Unmarshal(b, &rec) != nil {
			rec = Record{}
		}
		rec.Session = name // the name of the file counts
		all = append(all, rec)
	}
	return all, nil
}

// Sweep drops those of the records whose session is not among the live ones,
// and returns them: sessions that ended when nobody was there to see it. The
// records must have been read before the sessions were listed, or a session
// that started in between would be taken for one that has ended. A session that
// some process accompanies is left to that process.
func (r Records) Sweep(before []Record, live []Session) (ended []Record, err error) {
	have := map[string]bool{}
	for _, s := range live {
		have[s.ID] = true
	}
	for _, rec := range before {
		if have[rec.Container] || r.Held(rec.Session) {
			continue
		}
		ended = append(ended, rec)
		err = errors.Join(err, r.Remove(rec.Session))
	}
	return ended, err
}

func (r Records) holdPath(name string) string { return filepath.Join(r.Dir, name+".held") }

// Hold marks a session as accompanied by this process, until release is called
// or the process ends, however it does: the mark is a lock of the operating
// system. Several processes may hold one session.
func (r Records) Hold(name string) (release func(), err error) {
	if err := os.MkdirAll(r.Dir, 0o700); err != nil {
		return nil, err
	}
	lock := flock.New(r.holdPath(name), flock.SetPermissions(0o600))
	if err := lock.RLock(); err != nil {
		return nil, err
	}
	return func() { _ = lock.Unlock() }, nil
}

// Held tells whether any process of this machine's users who share the folder
// holds the session.
func (r Records) Held(name string) bool {
	if _, err := os.Stat(r.holdPath(name)); err != nil {
		return false
	}
	lock := flock.New(r.holdPath(name), flock.SetPermissions(0o600))
	got, err := lock.TryLock()
	if err != nil {
		return false
	}
	if got {
		_ = lock.Unlock()
	}
	return !got
}
