package config

import (
	"fmt"
	"slices"
	"strings"
)

// Sources are the places that settings come from, the weakest first.
type Sources struct {
	// File is the path of the configuration file. It need not exist; empty is
	// no file.
	File string
	// Project is the project's own file; nil if there is none.
	Project *ProjectFile
	// Environ is the environment as os.Environ returns it. An empty variable
	// counts as unset.
	Environ []string
	// Flags has the values of the flags that were given, by Key.Flag. A Bool
	// has "true" or "false".
	Flags map[string][]string
}

// OriginKind is the sort of place that a value comes from.
type OriginKind string

// The kinds of origins, the weakest first.
const (
	FromDefault     OriginKind = "default"
	FromFile        OriginKind = "file"
	FromProject     OriginKind = "project"
	FromEnvironment OriginKind = "environment"
	FromFlag        OriginKind = "flag"
)

// Origin says where a value comes from.
type Origin struct {
	Kind OriginKind
	// Where is "config.toml:12", "DCLAUDE_X" or "--x"; empty for a default.
	Where string
}

// Loaded are the settings with where each comes from.
type Loaded struct {
	Settings Settings
	// Origins has an entry for each Key.Name.
	Origins map[string]Origin
	// Ignored are the settings of the project's file that do not count.
	Ignored []Ignored
	// Warnings are lines about what was ignored.
	Warnings []string
}

// Load collects and checks the settings. If anything is wrong the error is an
// Errors with all of it, and Loaded has nothing but the warnings.
func Load(from Sources) (Loaded, error) {
	l := &loader{
		keys:   Keys(),
		loaded: Loaded{Settings: Defaults(), Origins: map[string]Origin{}},
	}
	for _, k := range l.keys {
		l.loaded.Origins[k.Name] = Origin{Kind: FromDefault}
	}
	l.file(from.File)
	l.project(from.Project)
	l.environment(from.Environ)
	l.flags(from.Flags)
	l.oneEngine()
	if len(l.problems) > 0 {
		return Loaded{Warnings: l.loaded.Warnings}, Errors(l.problems)
	}
	return l.loaded, nil
}

// loader gathers what Load finds.
type loader struct {
	keys     []Key
	loaded   Loaded
	problems []Problem
}

// take gives a setting the value of a variable or flag.
func (l *loader) take(k Key, items []item, from Origin) {
	faults := k.set(&l.loaded.Settings, items)
	for _, f := range faults {
		l.problems = append(l.problems, Problem{Where: f.item.where, Key: k.Name, Message: f.flaw.message, Advice: f.flaw.advice})
	}
	if len(faults) == 0 {
		l.loaded.Origins[k.Name] = from
	}
}

// key returns the setting of that name in the file.
func (l *loader) key(name string) (Key, bool) {
	i := slices.IndexFunc(l.keys, func(k Key) bool { return k.Name == name })
	if i < 0 {
		return Key{}, false
	}
	return l.keys[i], true
}

// flags takes what the command line has.
func (l *loader) flags(given map[string][]string) {
	known := 0
	for _, k := range l.keys {
		values, ok := given[k.Flag]
		if !ok || k.Flag == "" {
			continue
		}
		known++
		if len(values) == 0 {
			continue
		}
		where := "--" + k.Flag
		l.take(k, numbered(values, where), Origin{Kind: FromFlag, Where: where})
	}
	if known == len(given) {
		return
	}
	for name := range given {
		if !slices.ContainsFunc(l.keys, func(k Key) bool { return k.Flag == name && name != "" }) {
			l.problems = append(l.problems, Problem{Where: "--" + plain(name), Message: "unknown flag"})
		}
	}
}

// numbered says of which of several values a problem is.
func numbered(values []string, where string) []item {
	items := make([]item, len(values))
	for i, v := range values {
		items[i] = item{text: v, where: where}
		if len(values) > 1 {
			items[i].where = fmt.Sprintf("%s (number %d)", where, i+1)
		}
	}
	return items
}

// oneEngine settles context against host, which both name an engine: the one
// from the stronger source stays, and two from the same source contradict.
func (l *loader) oneEngine() {
	s, origins := &l.loaded.Settings, l.loaded.Origins
	if s.Context == "" || s.Host == "" {
		return
	}
	strength := []OriginKind{FromDefault, FromFile, FromProject, FromEnvironment, FromFlag}
	context := slices.Index(strength, origins["context"].Kind)
	host := slices.Index(strength, origins["host"].Kind)
	switch {
	case context > host:
		s.Host, origins["host"] = "", Origin{Kind: FromDefault}
	case host > context:
		s.Context, origins["context"] = "", Origin{Kind: FromDefault}
	default:
		l.problems = append(l.problems, Problem{
			Where:   origins["host"].Where,
			Key:     "host",
			Message: "names an engine, and so does " + origins["context"].Where,
			Advice:  "give either context or host",
		})
	}
}

// names returns what can stand for a key in the file: keys and tables.
func (l *loader) names() []string {
	var names []string
	for _, k := range l.keys {
		names = append(names, k.Name)
		if table, _, ok := strings.Cut(k.Name, "."); ok && !slices.Contains(names, table) {
			names = append(names, table)
		}
	}
	return names
}
