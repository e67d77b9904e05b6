package project

import "path/filepath"

// system refuses folders of the operating system, except where people work.
func (j *judge) system(f folder) *Error {
	if e, known := j.systemAt(f.path); known {
		return e
	}
	// The same folders by another name, such as a bind mount.
	for _, s := range systemFolders(j.goos) {
		for i, at := range f.chain {
			if !j.at(at, s.path) {
				continue
			}
			rest := components(f.shown)[len(components(at)):]
			alias := filepath.Join(append([]string{s.path}, rest...)...)
			if e, known := j.systemAt(j.plain(alias)); known && (i == 0 || !s.alone) {
				return e
			}
		}
	}
	return nil
}

// systemForGood is system without what can be overridden.
func (j *judge) systemForGood(f folder) *Error {
	if e := j.system(f); e != nil && !e.Overridable {
		return e
	}
	return nil
}

// systemAt judges a plain path by name alone. It returns false if no folder of
// the system has it.
func (j *judge) systemAt(path string) (*Error, bool) {
	for _, s := range systemFolders(j.goos) {
		depth, in := below(path, s.path, j.fold)
		if !in || s.alone && depth > 0 {
			continue
		}
		if j.workedIn(path) || j.homeExcuses(path, s) {
			return nil, true
		}
		e := &Error{Reason: System, Place: s.path, relation: inside, Overridable: !s.never}
		if depth == 0 {
			e.relation = is
			e.Overridable = e.Overridable && len(components(s.path)) > 1
		}
		return e, true
	}
	return nil, false
}

// workedIn tells whether path is deep enough in a working area.
func (j *judge) workedIn(path string) bool {
	for _, area := range workingAreas() {
		if depth, in := below(path, area.path, j.fold); in && depth >= area.depth {
			return true
		}
	}
	return false
}

// homeExcuses tells whether path is in /var only because the caller's home is:
// /var/home/NAME on some distributions, /var/lib/SERVICE for services.
func (j *judge) homeExcuses(path string, s systemFolder) bool {
	if s.path != "/var" {
		return false
	}
	_, end := j.disk.trail(j.home)
	home := j.plain(end)
	depth, in := below(path, home, j.fold)
	return in && depth > 0 && len(components(home)) > 1
}
