package config

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// item is one value as it was written, and where.
type item struct {
	text   string
	where  string // a variable or flag
	offset int    // in the file
}

// fault is an item and what is wrong with it.
type fault struct {
	item item
	flaw *flaw
}

// set checks the items and puts them into s: all of them for a list, the last
// one else. If one of them is wrong s keeps the value that it has.
func (k Key) set(s *Settings, items []item) []fault {
	if len(items) == 0 && k.Kind != List {
		return nil
	}
	if list, ok := k.field(s).(*[]string); ok {
		var faults []fault
		var texts []string
		for _, it := range items {
			text, f := k.checked(it.text)
			if f != nil {
				faults = append(faults, fault{it, f})
				continue
			}
			texts = append(texts, text)
		}
		if len(faults) == 0 {
			*list = k.distinct(texts)
		}
		return faults
	}
	last := items[len(items)-1]
	if f := k.scalar(k.field(s), last.text); f != nil {
		return []fault{{last, f}}
	}
	return nil
}

// scalar checks text and stores it where field points to.
func (k Key) scalar(field any, text string) (f *flaw) {
	switch p := field.(type) {
	case *string:
		if text, f = k.checked(text); f == nil {
			*p = text
		}
	case *bool:
		var b bool
		if b, f = parseBool(text); f == nil {
			*p = b
		}
	case *float64:
		var n float64
		if n, f = parseCPUs(text); f == nil {
			*p = n
		}
	case *int64:
		var n int64
		parse := parseCount
		if k.Kind == Size {
			parse = parseSize
		}
		if n, f = parse(text); f == nil {
			*p = n
		}
	}
	return f
}

// checked returns text in the form that Settings has.
func (k Key) checked(text string) (string, *flaw) {
	if k.Values != nil {
		if slices.Contains(k.Values, text) {
			return text, nil
		}
		f := flawed("%s is not one of %s%s", show(text), strings.Join(k.Values, ", "), didYouMean(text, k.Values))
		return "", f
	}
	if k.check == nil {
		return text, nil
	}
	return k.check(text)
}

// distinct drops all but the last of the items that are the same.
func (k Key) distinct(items []string) []string {
	if k.same == nil {
		return items
	}
	var kept []string
	for i, it := range items {
		again := func(later string) bool { return k.same(later) == k.same(it) }
		if !slices.ContainsFunc(items[i+1:], again) {
			kept = append(kept, it)
		}
	}
	return kept
}

func parseBool(text string) (bool, *flaw) {
	switch strings.ToLower(text) {
	case "true", "1", "yes", "on":
		return true, nil
	case "false", "0", "no", "off":
		return false, nil
	}
	return false, flawed("%s is neither true nor false", show(text))
}

// Bounds within which a session can work and an engine takes the value.
const (
	minMemory = 64 << 20
	maxMemory = 1 << 50
	minPids   = 32
	maxPids   = 1 << 22 // the most that Linux has
	minCPUs   = 0.01
	maxCPUs   = 10000
)

var (
	sizeForm   = regexp.MustCompile(`^([0-9]{1,16}(?:\.[0-9]{1,9})?) ?(?:b|([kmgt])(?:i?b)?)?$`)
	numberForm = regexp.MustCompile(`^[0-9]{1,9}(\.[0-9]{1,18})?$`)
)

func parseSize(text string) (int64, *flaw) {
	m := sizeForm.FindStringSubmatch(strings.ToLower(text))
	if m == nil {
		return 0, flawed("%s is not a size", show(text)).advise(`write a size in bytes, or as "512m" or "4g"`)
	}
	n, err := strconv.ParseFloat(m[1], 64)
	if err != nil {
		return 0, flawed("%s is not a size", show(text))
	}
	if m[2] != "" {
		n *= float64(int64(1) << (10 * (1 + strings.Index("kmgt", m[2]))))
	}
	if n != 0 && (n < minMemory || n > maxMemory) {
		return 0, flawed("%s is not a limit that a session can have: use 0 for none, or 64m and up", show(text))
	}
	return int64(n), nil
}

func parseCPUs(text string) (float64, *flaw) {
	if !numberForm.MatchString(text) {
		return 0, flawed("%s is not a number of processors", show(text)).advise(`write a number such as 2 or 1.5`)
	}
	n, err := strconv.ParseFloat(text, 64)
	if err != nil || n != 0 && (n < minCPUs || n > maxCPUs) {
		return 0, flawed("%s is not a limit that a session can have: use 0 for none, or 0.01 and up", show(text))
	}
	return n, nil
}

func parseCount(text string) (int64, *flaw) {
	n, err := strconv.ParseInt(text, 10, 64)
	if err != nil || strings.HasPrefix(text, "+") {
		return 0, flawed("%s is not a whole number", show(text))
	}
	if n != 0 && (n < minPids || n > maxPids) {
		return 0, flawed("%d is not a limit that a session can have: use 0 for the engine's, or %d to %d", n, minPids, maxPids)
	}
	return n, nil
}
