package project

import (
	"path/filepath"
	"slices"
)

// relation is how a folder lies to a place.
type relation int

const (
	apart  relation = iota
	around          // the place is in the folder
	inside          // the folder is in the place
	is              // they are the same
)

// collides refuses a folder that is, lies in or contains one of the places.
func (j *judge) collides(f folder, reason Reason, places []string) *Error {
	for _, place := range places {
		if r, mark := j.relate(f, place); r != apart {
			return &Error{Reason: reason, Place: mark, relation: r}
		}
	}
	return nil
}

// under puts places into a home folder.
func under(home string, places []string) []string {
	full := make([]string, len(places))
	for i, p := range places {
		full[i] = filepath.Join(home, p)
	}
	return full
}

// relate compares a folder with a place, which need not exist. What was found
// of the place is returned with the relation: its end, or a symbolic link on
// the way to it that the folder has in it. Whoever may write there could
// redirect the place.
func (j *judge) relate(f folder, place string) (relation, string) {
	links, end := j.disk.trail(place)
	if r := j.compare(f, end); r != apart {
		return r, end
	}
	for _, link := range links {
		if j.holds(f, filepath.Dir(link)) {
			return around, link
		}
	}
	return apart, ""
}

// compare relates a folder to a path without links, by name and by identity.
func (j *judge) compare(f folder, end string) relation {
	depth, in := below(f.path, j.plain(end), j.fold)
	for i := 0; i < len(f.chain) && !in; i++ {
		depth, in = i, j.at(f.chain[i], end)
	}
	switch {
	case in && depth == 0:
		return is
	case in:
		return inside
	case j.holds(f, end):
		return around
	}
	return apart
}

// holds tells whether path is the folder or in it.
func (j *judge) holds(f folder, path string) bool {
	if _, in := below(j.plain(path), f.path, j.fold); in {
		return true
	}
	return slices.ContainsFunc(ancestors(path), func(at string) bool { return j.at(f.shown, at) })
}

// at tells whether two paths lead to the same thing on disk.
func (j *judge) at(a, b string) bool {
	x, found := j.disk.id(a)
	if !found {
		return false
	}
	y, found := j.disk.id(b)
	return found && x == y
}
