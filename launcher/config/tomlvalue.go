package config

import (
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"
)

// items turns a value of the file into what a variable or flag would have said.
// start is where its key is, for values that have no position of their own.
func (d *document) items(k Key, v *unstable.Node, start int) ([]item, []fault) {
	if k.Kind != List {
		it := item{offset: offsetOf(v, start)}
		text, ok := scalarText(k.Kind, v)
		if !ok {
			return nil, []fault{{it, wrongType(k)}}
		}
		it.text = text
		return []item{it}, nil
	}
	if v.Kind != unstable.Array {
		return nil, []fault{{item{offset: offsetOf(v, start)}, wrongType(k)}}
	}
	var items []item
	var faults []fault
	for it := v.Children(); it.Next(); {
		n := it.Node()
		one := item{text: string(n.Data), offset: offsetOf(n, start)}
		if n.Kind != unstable.String {
			faults = append(faults, fault{one, wrongType(k)})
			continue
		}
		items = append(items, one)
	}
	return items, faults
}

// offsetOf returns where a value is; arrays and some tables do not know it.
func offsetOf(v *unstable.Node, start int) int {
	if v.Raw.Length > 0 {
		return int(v.Raw.Offset)
	}
	return start
}

// scalarText returns the text of a value, if its type in the file fits the kind.
func scalarText(kind Kind, v *unstable.Node) (string, bool) {
	types := map[Kind][]unstable.Kind{
		Text:   {unstable.String},
		Choice: {unstable.String},
		Bool:   {unstable.Bool},
		Size:   {unstable.String, unstable.Integer},
		Number: {unstable.Integer, unstable.Float},
		Count:  {unstable.Integer},
	}
	if !slices.Contains(types[kind], v.Kind) {
		return "", false
	}
	text := string(v.Data)
	digits := strings.ReplaceAll(text, "_", "")
	switch v.Kind {
	case unstable.Integer:
		n, err := strconv.ParseInt(digits, 0, 64)
		if err != nil {
			return text, true // as it is, for the message
		}
		return strconv.FormatInt(n, 10), true
	case unstable.Float:
		n, err := strconv.ParseFloat(digits, 64)
		if err != nil || math.IsInf(n, 0) || math.IsNaN(n) {
			return text, true
		}
		return strconv.FormatFloat(n, 'f', -1, 64), true
	}
	return text, true
}

// wrongType says how a key's value is written in the file. The value is not
// shown: in a list of variables it could be a secret.
func wrongType(k Key) *flaw {
	switch k.Kind {
	case Bool:
		return flawed("must be true or false, without quotes")
	case List:
		return flawed("must be a list of texts").advise(`write %s = ["...", "..."]`, lastPart(k.Name))
	case Size:
		return flawed("must be a number of bytes, or a text such as \"4g\"")
	case Number:
		return flawed("must be a number, without quotes")
	case Count:
		return flawed("must be a whole number, without quotes")
	}
	return flawed("must be a text in quotes")
}

// notTable says that a setting was written as a [table].
func notTable(k Key) *flaw {
	f := flawed("is a setting, not a table")
	if k.Kind == List {
		return f.advise(`write %s = ["...", "..."] above the first [table]`, k.Name)
	}
	return f.advise("write %s = ... above the first [table]", k.Name)
}

// meant is the end of a message about an unknown key or table.
func (d *document) meant(parts []string) string {
	last := parts[len(parts)-1]
	if _, known := d.key(last); known && len(parts) > 1 {
		// What follows a [table] is in it, which surprises people.
		return "; did you mean " + last + ", above the first [table]?"
	}
	if table := dotted(parts[:len(parts)-1]); d.isTable(table) {
		var keys []string
		for _, k := range d.keys {
			if inTable, ok := strings.CutPrefix(k.Name, table+"."); ok {
				keys = append(keys, inTable)
			}
		}
		return didYouMean(last, keys)
	}
	return didYouMean(strings.Join(parts, "."), d.names())
}

// dotted joins the parts of a key, and quotes those that need it: a quoted
// "a.b" is not the b in table a.
func dotted(parts []string) string {
	bare := func(r rune) bool {
		return r == '-' || r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
	}
	quoted := make([]string, len(parts))
	for i, p := range parts {
		if p == "" || len(p) > maxShownValue || strings.ContainsFunc(p, func(r rune) bool { return !bare(r) }) {
			p = show(p)
		}
		quoted[i] = p
	}
	return strings.Join(quoted, ".")
}

// lastPart returns a key as it is written in its table.
func lastPart(name string) string { return name[strings.LastIndex(name, ".")+1:] }
