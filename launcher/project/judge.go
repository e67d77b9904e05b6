package project

import (
	"path/filepath"
	"slices"
	"strings"
)

// judge decides whether a folder may be given to a session.
type judge struct {
	goos  string
	fold  bool // names that differ in case alone are the same
	allow bool
	home  string // as given
	own   []string
	disk  *disk
}

func newJudge(opts Options, goos string) (*judge, error) {
	if !filepath.IsAbs(opts.Home) {
		return nil, &Error{Reason: NoHome}
	}
	j := &judge{
		goos:  goos,
		fold:  goos == "darwin",
		allow: opts.AllowRefused,
		home:  filepath.Clean(opts.Home),
		disk:  newDisk(),
	}
	for _, p := range opts.Protected {
		full, err := filepath.Abs(p)
		if err != nil {
			return nil, &Error{Reason: BadPath, Path: p, detail: "a folder of dclaude's own cannot be found", err: err}
		}
		j.own = append(j.own, full)
	}
	return j, nil
}

// folder is a folder under judgement.
type folder struct {
	shown string   // its path
	path  string   // its path as the tables have it
	chain []string // shown and its parents
}

func (j *judge) folder(path string) folder {
	return folder{shown: path, path: j.plain(path), chain: ancestors(path)}
}

// refuse returns why the folder at path, which is free of symbolic links, may
// not be given to a session, or nil.
func (j *judge) refuse(path string) *Error {
	f := j.folder(path)
	for _, check := range []func(folder) *Error{
		j.root, j.homeItself, j.owns, j.credentials,
		j.systemForGood, j.machine, j.system, j.library, j.startup, j.otherHome,
	} {
		e := check(f)
		if e != nil && (!e.Overridable || !j.allow) {
			e.Path = f.shown
			return e
		}
	}
	return nil
}

func (j *judge) root(f folder) *Error {
	if f.path == "/" || j.at(f.shown, "/") {
		return &Error{Reason: Root}
	}
	return nil
}

func (j *judge) owns(f folder) *Error {
	return j.collides(f, Own, j.own)
}

func (j *judge) machine(f folder) *Error {
	return j.collides(f, Credentials, machineSecrets())
}

func (j *judge) library(f folder) *Error {
	if j.goos != "darwin" {
		return nil
	}
	if e := j.collides(f, Library, under(j.home, []string{"Library"})); e != nil {
		e.Overridable = true
		return e
	}
	return nil
}

func (j *judge) startup(f folder) *Error {
	if e := j.collides(f, Startup, under(j.home, startupPlaces())); e != nil {
		e.Overridable = true
		return e
	}
	return nil
}

// plain rewrites a Mac's path in the form that the tables use: /var, /tmp and
// /etc are in /private, and user data is in /System/Volumes/Data as well.
func (j *judge) plain(path string) string {
	if j.goos != "darwin" {
		return path
	}
	for _, prefix := range []string{"/System/Volumes/Data", "/private"} {
		if _, in := below(path, prefix, j.fold); !in {
			continue
		}
		rest := components(path)[len(components(prefix)):]
		if prefix == "/private" && (len(rest) == 0 || !slices.Contains([]string{"var", "tmp", "etc"}, strings.ToLower(rest[0]))) {
			continue
		}
		path = "/" + strings.Join(rest, "/")
	}
	return path
}
