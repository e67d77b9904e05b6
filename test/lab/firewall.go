package lab

import (
	"context"
	"net/netip"
	"slices"
	"strings"
)

// rules are packet-filter rules as `iptables -S` prints them, per table.
type rules map[string][]string

// tables are the ones that an engine writes to.
func tables() []string { return []string{"filter", "nat"} }

// readRules reads the rules of this machine. A table that cannot be read has
// none worth keeping.
func readRules(ctx context.Context) rules {
	out := rules{}
	for _, table := range tables() {
		text, err := (command{args: []string{"iptables", "-w", "-t", table, "-S"}}).output(ctx)
		if err == nil {
			out[table] = strings.Split(text, "\n")
		}
	}
	return out
}

// lost returns the rules of engines' chains that were there before and are not
// now, as the words of an iptables call that brings them back. An engine that
// starts empties the chains that it shares with others: without their rules
// another engine's published ports are dead and its internal networks open.
// Rules that name the interface own belong to an earlier run of the starting
// engine itself and stay away.
func lost(before, now rules, own string) [][]string {
	var out [][]string
	for _, table := range tables() {
		for _, rule := range slices.Backward(before[table]) {
			words := strings.Fields(rule)
			if len(words) < 3 || words[0] != "-A" || !strings.HasPrefix(words[1], "DOCKER") {
				continue
			}
			if slices.Contains(now[table], rule) || slices.Contains(words, own) || strings.Contains(rule, `"`) {
				continue
			}
			// At the head: these chains end with a rule that returns.
			out = append(out, append([]string{"iptables", "-w", "-t", table, "-I"}, words[1:]...))
		}
	}
	return out
}

// restoreRules brings back what the start of an engine took from another.
func restoreRules(ctx context.Context, before rules, own string) error {
	for _, args := range lost(before, readRules(ctx), own) {
		if _, err := (command{args: args}).output(ctx); err != nil {
			return fail("restore another engine's packet filter", err, "Restart that engine.")
		}
	}
	return nil
}

// ownRules returns the calls that delete every rule naming one of the
// interfaces, or an address within one of the ranges.
func ownRules(now rules, interfaces []string, ranges []netip.Prefix) [][]string {
	var out [][]string
	for _, table := range tables() {
		for _, rule := range now[table] {
			words := strings.Fields(rule)
			if len(words) < 3 || words[0] != "-A" || strings.Contains(rule, `"`) {
				continue
			}
			named := func(s string) bool { return slices.Contains(words, s) }
			if slices.ContainsFunc(interfaces, named) || within(words, ranges) {
				out = append(out, append([]string{"iptables", "-w", "-t", table, "-D"}, words[1:]...))
			}
		}
	}
	return out
}

// bridgesWithin returns the engine-made interfaces of the rules that name an
// address within one of the ranges.
func bridgesWithin(now rules, ranges []netip.Prefix) []string {
	var out []string
	for _, table := range tables() {
		for _, rule := range now[table] {
			words := strings.Fields(rule)
			if !within(words, ranges) {
				continue
			}
			for _, flag := range []string{"-i", "-o"} {
				if name := after(words, flag); strings.HasPrefix(name, "br-") && !slices.Contains(out, name) {
					out = append(out, name)
				}
			}
		}
	}
	return out
}

// within tells whether one of the words is an address in one of the ranges.
func within(words []string, ranges []netip.Prefix) bool {
	return slices.ContainsFunc(words, func(word string) bool {
		p, err := parseRange(word)
		return err == nil && slices.ContainsFunc(ranges, func(r netip.Prefix) bool {
			return r.Bits() <= p.Bits() && r.Contains(p.Addr())
		})
	})
}
