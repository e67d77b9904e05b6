package config

import (
	"slices"
	"strings"
)

// environment takes the variables of the settings, and warns of others that
// look like one.
func (l *loader) environment(environ []string) {
	values := map[string]string{}
	var unknown []string
	for _, pair := range environ {
		name, value, _ := strings.Cut(pair, "=")
		if !strings.HasPrefix(name, envPrefix) || value == "" {
			continue
		}
		if _, again := values[name]; again {
			continue // the first one counts, as in os.Getenv
		}
		values[name] = value
		if !l.variable(name) {
			unknown = append(unknown, name)
		}
	}
	var names []string
	for _, k := range l.keys {
		names = append(names, k.Env)
		if items := k.split(values[k.Env]); len(items) > 0 {
			l.take(k, numbered(items, k.Env), Origin{Kind: FromEnvironment, Where: k.Env})
		}
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		l.loaded.Warnings = append(l.loaded.Warnings,
			"the variable "+plain(name)+" means nothing to dclaude"+didYouMean(name, names))
	}
}

// variable tells whether a name that starts with our prefix is known, or is
// left to tests.
func (l *loader) variable(name string) bool {
	for _, prefix := range []string{"LAB_", "TEST_"} {
		if strings.HasPrefix(name, envPrefix+prefix) {
			return true
		}
	}
	return slices.ContainsFunc(l.keys, func(k Key) bool { return k.Env == name })
}

// split makes items of a variable: one per line for a list, without the empty
// ones, else one in all. An empty variable has none.
func (k Key) split(value string) []string {
	if k.Kind != List && value != "" {
		return []string{value}
	}
	var items []string
	for line := range strings.SplitSeq(value, "\n") {
		if line = strings.TrimSuffix(line, "\r"); strings.TrimSpace(line) != "" {
			items = append(items, line)
		}
	}
	return items
}
