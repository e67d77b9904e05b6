// Package registries finds out which package registries the tools in an image
// and the user's own configuration name, so that an allow-list can have them
// without dclaude knowing any. It reads no project's files, and keeps nothing of
// a URL but its host and port.
package registries

import (
	"bufio"
	"bytes"
	"net/url"
	"regexp"
	"slices"
	"strings"

	"dclaude/launcher/egress"
)

// Source is a host that a tool fetches packages from.
type Source struct {
	// Tool is a name such as "npm".
	Tool string
	// Rule allows the host (package egress).
	Rule string
}

// Parse reads the list that an image carries, a line "TOOL URL" each. Lines
// that are something else are left out.
func Parse(list []byte) []Source {
	var found []Source
	for lines := bufio.NewScanner(bytes.NewReader(list)); lines.Scan(); {
		tool, address, ok := strings.Cut(strings.TrimSpace(lines.Text()), " ")
		if ok && toolForm.MatchString(tool) {
			found = add(found, tool, address)
		}
	}
	return found
}

var toolForm = regexp.MustCompile(`^[a-z][a-z0-9-]{0,30}$`)

// add puts the host of an address to a list, if it has one.
func add(list []Source, tool, address string) []Source {
	rule, ok := ruleOf(address)
	if s := (Source{tool, rule}); ok && !slices.Contains(list, s) {
		return append(list, s)
	}
	return list
}

// ruleOf makes a rule of a URL. User names, passwords and paths are dropped.
func ruleOf(address string) (string, bool) {
	u, err := url.Parse(strings.TrimPrefix(address, "sparse+"))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") {
		return "", false
	}
	host := u.Hostname()
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if port := u.Port(); port != "" && port != "80" && port != "443" {
		host += ":" + port
	}
	rule, err := egress.ParseRule(host)
	if err != nil || rule.Any { // no address of a registry is a star
		return "", false
	}
	return rule.String(), true
}

// Rules are the rules of all sources, each once.
func Rules(sources []Source) []string {
	var rules []string
	for _, s := range sources {
		if !slices.Contains(rules, s.Rule) {
			rules = append(rules, s.Rule)
		}
	}
	return rules
}

// Presets groups the rules by the name under which a user asks for them, such as
// "@npm".
func Presets(sources []Source) map[string][]string {
	presets := map[string][]string{}
	for _, s := range sources {
		name := "@" + s.Tool
		if !slices.Contains(presets[name], s.Rule) {
			presets[name] = append(presets[name], s.Rule)
		}
	}
	return presets
}
