package config

import (
	"reflect"
	"slices"
)

// ProjectFileName is the name of a project's own file of settings.
const ProjectFileName = ".dclaude.toml"

// ProjectFile is a project's own file. Whoever can write the project can write
// it, a session included: so its settings count only where they leave a session
// less than the user's own file does, unless the user has approved exactly this
// content. Some settings are the user's alone, and never come from a project.
type ProjectFile struct {
	// Path is for messages.
	Path string
	Data []byte
	// Approved says that the user has seen and accepted the content.
	Approved bool
}

// Ignored is a setting of a project's file that does not count.
type Ignored struct {
	// Key is its name, and Value what the file asks for, as written there.
	Key, Value string
	// Items are those of a list, each as written in Value.
	Items []string
	// Where is file:line.
	Where string
	// Never says that no approval makes it count.
	Never bool
}

// projectRule says what a project's file may do with one setting. The zero rule
// leaves each value to the user's approval.
type projectRule struct {
	// only says that a project's file never sets it: it is about the user's own
	// machine, or about more than the one project.
	only bool
	// tighter tells whether the second value leaves a session less than the
	// first; both are what Key.field returns.
	tighter func(a, b any) bool
}

// projectRules has a rule for every setting.
func projectRules() map[string]projectRule {
	only := projectRule{only: true}
	return map[string]projectRule{
		// Without the kinds of gVisor by name, neither of which is the tighter one:
		// the container around a nested gVisor has capabilities that one of the
		// engine's own runsc has not.
		"isolation": {tighter: inOrder("runc", "auto", "gvisor")},
		"network":   {tighter: inOrder("open", "allowlist", "none")},
		"policy":    {tighter: inOrder("default", "strict")},
		"allow":     {tighter: fewer},
		"env":       {},
		"memory":    {tighter: smaller},
		"cpus":      {tighter: smaller},
		"pids":      {tighter: smaller},
		"mounts":    {tighter: fewer},
		// Not tighter: it adds capabilities to the container.
		"firewall":           {},
		"clipboard":          {tighter: off},
		"review":             {tighter: inOrder("off", "line", "full")},
		"credentials.source": {tighter: inOrder("copy", "host")},
		"state":              {tighter: inOrder("shared", "project")},
		// Not tighter, in either direction: with them go what the user forbids
		// Claude, their hooks and their instructions.
		"claude_home": {}, "claude_home_mcp": {}, "claude_home_hooks": {},
		"permissions": {tighter: inOrder("skip", "available", "ask")},
		"gitconfig":   {tighter: inOrder("full", "safe", "none")},
		"claude_args": {},

		"detach": only, "new": only, "rebuild": only, "fresh_creds": only, "allow_refused_folder": only, "allow_everything": only,
		"claude_version": only, "base_image": only, "apt_packages": only, "ca_certificates": only, // one image for all projects
		"context": only, "host": only,
		"app.terminal": only, "app.mute": only, "app.reinject": only,
	}
}

// project takes the settings of a project's file, of which only the permitted
// ones reach those of the user.
func (l *loader) project(f *ProjectFile) {
	if f == nil {
		return
	}
	asked := &loader{keys: l.keys, loaded: Loaded{Settings: copied(l.loaded.Settings, l.keys), Origins: map[string]Origin{}}}
	asked.document(f.Data, f.Path)
	l.problems = append(l.problems, asked.problems...)
	for _, k := range l.keys {
		origin, given := asked.loaded.Origins[k.Name]
		if !given || k.equal(l.loaded.Settings, asked.loaded.Settings) {
			continue
		}
		origin.Kind = FromProject
		if k.rule.only || (!f.Approved && !k.tightens(l.loaded.Settings, asked.loaded.Settings)) {
			l.loaded.Ignored = append(l.loaded.Ignored, Ignored{
				Key: k.Name, Value: k.Format(asked.loaded.Settings), Items: k.items(asked.loaded.Settings), Where: origin.Where, Never: k.rule.only,
			})
			continue
		}
		k.move(&l.loaded.Settings, asked.loaded.Settings)
		l.loaded.Origins[k.Name] = origin
	}
}

// copied returns settings that share no list with s.
func copied(s Settings, keys []Key) Settings {
	for _, k := range keys {
		if list, ok := k.field(&s).(*[]string); ok {
			*list = slices.Clone(*list)
		}
	}
	return s
}

// equal tells whether a key has the same value in two settings. A list without
// items is one that is not there.
func (k Key) equal(a, b Settings) bool {
	if x, ok := k.field(&a).(*[]string); ok {
		return slices.Equal(*x, *k.field(&b).(*[]string))
	}
	return reflect.DeepEqual(k.field(&a), k.field(&b))
}

// move gives a key of to the value that it has in from.
func (k Key) move(to *Settings, from Settings) {
	reflect.ValueOf(k.field(to)).Elem().Set(reflect.ValueOf(k.field(&from)).Elem())
}

// tightens tells whether the key leaves a session less in b than in a.
func (k Key) tightens(a, b Settings) bool {
	return k.rule.tighter != nil && k.rule.tighter(k.field(&a), k.field(&b))
}

// What follows are the ways in which one value can be tighter than another.

// inOrder is for choices that can be ordered, the loosest first. One that is
// not in the order is neither tighter nor looser than any.
func inOrder(values ...string) func(a, b any) bool {
	rank := func(v any) int { return slices.Index(values, *v.(*string)) }
	return func(a, b any) bool { return rank(a) >= 0 && rank(b) > rank(a) }
}

// smaller is for limits, of which 0 is none.
func smaller(a, b any) bool {
	number := func(v any) float64 {
		if n, ok := v.(*int64); ok {
			return float64(*n)
		}
		return *v.(*float64)
	}
	have, want := number(a), number(b)
	return want > 0 && (have == 0 || want < have)
}

// fewer is for lists of what a session gets.
func fewer(a, b any) bool {
	have := *a.(*[]string)
	return !slices.ContainsFunc(*b.(*[]string), func(item string) bool { return !slices.Contains(have, item) })
}

// off is for switches that give something.
func off(_, b any) bool { return !*b.(*bool) }
