package review

import (
	"bytes"
	"cmp"
	"path"
	"slices"
	"time"
)

// Change is one thing that differs.
type Change struct {
	Path []byte
	// What is "new", "changed" or "removed".
	What string
	// Risk is what Risk says of it; "" for a file like any other.
	Risk string
	// Runs are the settings of git that now run programs and did not before.
	Runs []string
}

// Result is what a session changed.
type Result struct {
	// Changes are all of them: the risky ones first, each by path.
	Changes []Change
	// Incomplete says that not all of the project was looked at.
	Incomplete bool
}

// Count returns how many things are new, changed and removed.
func (r Result) Count() (added, changed, removed int) {
	for _, c := range r.Changes {
		switch c.What {
		case "new":
			added++
		case "changed":
			changed++
		default:
			removed++
		}
	}
	return added, changed, removed
}

// Risky returns those changes that can run code on the host later.
func (r Result) Risky() []Change {
	i := slices.IndexFunc(r.Changes, func(c Change) bool { return c.Risk == "" })
	if i < 0 {
		i = len(r.Changes)
	}
	return r.Changes[:i]
}

// slack is by how much a file system's clock may be behind the one that the
// session's start was read from: Linux stamps files with its last tick. What the
// user saved in that moment counts as the session's.
const slack = 50 * time.Millisecond

// Compare tells what changed from before to after. Folders count for what is in
// them only, and so does what git stores.
func Compare(before, after Manifest) Result {
	var r Result
	for name, now := range after.Entries {
		if now.Kind == Folder {
			r.Incomplete = r.Incomplete || !now.Listed
			continue
		}
		then, known := before.Entries[name]
		switch {
		case ignored(now):
		case known && (before.late(then) || Risk(now) != "" && before.moved(name)):
			// It has changed between the session's start and the look that was to
			// be before it, so what it was is not known.
			r.add(now, "changed", nil)
		case known:
			if differs(then, now) {
				r.add(now, "changed", then.Runs)
			}
		case before.covers(name):
			r.add(now, "new", nil)
		case Risk(now) != "":
			r.Incomplete = true
		}
	}
	for name, then := range before.Entries {
		if then.Kind == Folder || ignored(then) {
			continue
		}
		if _, still := after.Entries[name]; !still && after.covers(name) {
			r.add(then, "removed", then.Runs)
		}
	}
	slices.SortFunc(r.Changes, func(a, b Change) int {
		if (a.Risk == "") != (b.Risk == "") {
			return cmp.Compare(b.Risk, a.Risk) // "" comes after all others
		}
		return bytes.Compare(a.Path, b.Path)
	})
	return r
}

func (r *Result) add(e Entry, what string, had []string) {
	c := Change{Path: e.Path, What: what, Risk: Risk(e)}
	if what != "removed" {
		for _, run := range e.Runs {
			if !slices.Contains(had, run) {
				c.Runs = append(c.Runs, run)
			}
		}
	}
	r.Changes = append(r.Changes, c)
}

// ignored are the files of a git folder that git alone writes.
func ignored(e Entry) bool { return len(e.Git) > 0 && Risk(e) == "" }

// late tells whether an entry has changed after the session began, though it
// was looked at to know how it was before.
func (m Manifest) late(e Entry) bool {
	return !m.Started.IsZero() && e.CTime >= m.Started.Add(-slack).UnixNano()
}

// moved tells whether a folder above a path, other than the project itself, has
// changed after the session began: the session may have renamed it.
func (m Manifest) moved(name string) bool {
	for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
		if e, ok := m.Entries[dir]; ok && m.late(e) {
			return true
		}
	}
	return false
}

// covers tells whether a path would be in the manifest if it had been there: the
// nearest folder above it that is in there was listed to its end.
func (m Manifest) covers(name string) bool {
	for dir := path.Dir(name); ; dir = path.Dir(dir) {
		if e, ok := m.Entries[dir]; ok {
			return e.Kind == Folder && e.Listed
		}
		if dir == "." {
			return false
		}
	}
}

// differs tells whether an entry is another one than it was. Where the contents
// are known they count; else times and size do, of which a program can set all
// but one.
func differs(a, b Entry) bool {
	if a.Kind != b.Kind || a.Mode != b.Mode || !bytes.Equal(a.Target, b.Target) {
		return true
	}
	if a.Kind != File {
		return false
	}
	if a.Sum != "" && b.Sum != "" {
		return a.Sum != b.Sum
	}
	return a.Size != b.Size || a.MTime != b.MTime || a.CTime != b.CTime
}
