package project

import "strings"

func (j *judge) homeItself(f folder) *Error {
	switch r, _ := j.relate(f, j.home); r {
	case is:
		return &Error{Reason: Home}
	case around:
		return &Error{Reason: AboveHome, Place: j.home}
	}
	return nil
}

// credentials looks at the secret places of the caller's home and of the home,
// if any, that the folder lies in: sudo and HOME= point elsewhere.
func (j *judge) credentials(f folder) *Error {
	if e := j.collides(f, Credentials, under(j.home, secretPlaces(j.goos))); e != nil {
		return e
	}
	home := j.homeAround(f.path)
	if home == "" || home == j.home {
		return nil
	}
	var places []string
	for _, p := range under(home, secretPlaces(j.goos)) {
		_, exists := j.disk.id(p)
		if _, in := below(f.path, p, j.fold); in || exists {
			places = append(places, p)
		}
	}
	return j.collides(f, Credentials, places)
}

func (j *judge) otherHome(f folder) *Error {
	if home := j.homeAround(f.path); home != "" && len(components(home)) == len(components(f.path)) {
		return &Error{Reason: OtherHome, Overridable: true}
	}
	return nil
}

// homeAround returns the home folder, by the habits of systems, that path is or
// lies in.
func (j *judge) homeAround(path string) string {
	parts := components(path)
	for _, parent := range homeParents() {
		if depth, in := below(path, parent, j.fold); in && depth > 0 {
			return "/" + strings.Join(parts[:len(parts)-depth+1], "/")
		}
	}
	for _, home := range rootHomes() {
		if _, in := below(path, home, j.fold); in {
			return home
		}
	}
	return ""
}
