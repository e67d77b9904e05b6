// Package grants keeps what the user has allowed and forbidden for longer than
// one session: for a project, or always. It is one private file beside the
// settings, where no session can reach it.
package grants

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"dclaude/launcher/egress"
)

// FileName is the name of the file in the folder of the settings.
const FileName = "network.json"

// Rules are the rules of one place, as egress.Rule.String writes them.
type Rules struct {
	Allow []string `json:"allow,omitempty"`
	Deny  []string `json:"deny,omitempty"`
}

// File is the content of the file.
type File struct {
	Always   Rules            `json:"always"`
	Projects map[string]Rules `json:"projects,omitempty"` // by the project's path
}

// For returns what holds for a project. A project's own word counts more than
// what holds always.
func (f File) For(project string) Rules {
	own := f.Projects[project]
	return Rules{
		Allow: join(minus(f.Always.Allow, own.Deny), own.Allow),
		Deny:  join(minus(f.Always.Deny, own.Allow), own.Deny),
	}
}

// Store is the file on disk.
type Store struct{ Path string }

// Load reads the file; none is an empty one. What a hand has broken is an
// error, as ignoring a rule that forbids would be worse.
func (s Store) Load() (File, error) {
	var f File
	b, err := os.ReadFile(s.Path)
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	if err != nil {
		return f, err
	}
	if err := json.Unmarshal(b, &f); err != nil {
		return File{}, fmt.Errorf("%s: %w", s.Path, err)
	}
	return f, f.check(s.Path)
}

func (f File) check(path string) error {
	all := []Rules{f.Always}
	for _, r := range f.Projects {
		all = append(all, r)
	}
	for _, r := range all {
		if _, err := egress.ParseRules(append(append([]string(nil), r.Allow...), r.Deny...)); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	return nil
}

// Change records a change for a project, or for all when project is empty. The
// last word counts: what is allowed is no longer forbidden, and the other way
// round. Two processes that do so at the same time do it one after the other.
func (s Store) Change(project string, c egress.Change) error {
	rules, err := egress.ParseRules(c.Rules)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(s.Path), 0o700); err != nil {
		return err
	}
	lock := flock.New(s.Path+".lock", flock.SetPermissions(0o600))
	if err := lock.Lock(); err != nil {
		return err
	}
	defer func() { _ = lock.Unlock() }()
	f, err := s.Load()
	if err != nil {
		return err
	}
	place := f.Always
	if project != "" {
		place = f.Projects[project]
	}
	texts := egress.Strings(rules)
	switch c.Op {
	case egress.OpAllow:
		place = Rules{Allow: join(place.Allow, texts), Deny: minus(place.Deny, texts)}
	case egress.OpDeny:
		place = Rules{Allow: minus(place.Allow, texts), Deny: join(place.Deny, texts)}
	default:
		return fmt.Errorf("%q cannot be kept", c.Op)
	}
	if project == "" {
		f.Always = place
	} else {
		if f.Projects == nil {
			f.Projects = map[string]Rules{}
		}
		f.Projects[project] = place
	}
	return s.save(f)
}

func (s Store) save(f File) error {
	b, err := json.MarshalIndent(f, "", "  ")
	if err != nil {
		return err
	}
	temp, err := os.CreateTemp(filepath.Dir(s.Path), ".network-*")
	if err != nil {
		return err
	}
	_, err = temp.Write(append(b, '\n'))
	if err = errors.Join(err, temp.Close()); err == nil {
		err = os.Rename(temp.Name(), s.Path)
	}
	if err != nil {
		os.Remove(temp.Name())
	}
	return err
}

// join returns a with those of b that it lacks.
func join(a, b []string) []string { return append(minus(a, b), b...) }

func minus(a, b []string) []string {
	gone := map[string]bool{}
	for _, s := range b {
		gone[s] = true
	}
	var kept []string
	for _, s := range a {
		if !gone[s] {
			kept = append(kept, s)
		}
	}
	return kept
}
