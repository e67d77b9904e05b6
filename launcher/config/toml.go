package config

import (
	"errors"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	toml "github.com/pelletier/go-toml/v2"
	"github.com/pelletier/go-toml/v2/unstable"
)

// document is a configuration file on its way into a loader.
type document struct {
	*loader
	path   string
	lines  lines
	parser unstable.Parser
	// found are the problems so far, with where they are.
	found []placed
	// skipped is how many bytes of the content were left out at its start.
	skipped int
	// values are where the values of settings are, and tables where what is in
	// each [table] is; that of "" is what comes before them.
	values, tables map[string]span
}

// span is a part of the text, by its offsets in bytes.
type span struct{ from, to int }

// maxFound is how many problems make it clear that a file is something else.
const maxFound = 200

// placed is a problem and its position, by which problems are sorted.
type placed struct {
	Problem
	at position
}

// document takes the settings of a file with that content.
func (l *loader) document(data []byte, path string) *document {
	whole := len(data)
	data = []byte(strings.TrimPrefix(string(data), "\ufeff")) // some editors write it
	d := &document{loader: l, path: path, lines: linesOf(data), skipped: whole - len(data), values: map[string]span{}, tables: map[string]span{}}
	d.walk(data)
	d.syntax(data)
	slices.SortStableFunc(d.found, func(a, b placed) int { return a.at.compare(b.at) })
	for _, p := range d.found {
		l.problems = append(l.problems, p.Problem)
	}
	return d
}

// syntax reports what makes the file no TOML. Only the whole decoder knows all
// of the rules, keys given twice among them.
func (d *document) syntax(data []byte) {
	err := toml.Unmarshal(data, &map[string]any{})
	if err == nil {
		return
	}
	var p position
	message := err.Error()
	var bad *toml.DecodeError
	if errors.As(err, &bad) {
		row, column := bad.Position()
		p = d.lines.inBytes(row, column)
	}
	message, _ = strings.CutPrefix(message, "toml: ")
	d.add(p, "", flawed("not valid TOML: %s", message))
}

// report notes what is wrong at an offset, up to maxFound times.
func (d *document) report(offset int, key string, f *flaw) {
	if len(d.found) < maxFound {
		d.add(d.lines.at(offset), key, f)
	}
}

func (d *document) add(p position, key string, f *flaw) {
	d.found = append(d.found, placed{
		Problem: Problem{Where: at(d.path, p), Key: key, Message: f.message, Advice: f.advice},
		at:      p,
	})
}

// walk goes through the expressions of the file up to its end, or to the first
// that cannot be parsed, which syntax reports.
func (d *document) walk(data []byte) {
	d.parser.Reset(data)
	var table []string
	skip, from := false, 0
	end := func(to int) { d.tables[dotted(table)] = span{from, to} }
	for d.parser.NextExpression() {
		e := d.parser.Expression()
		switch e.Kind {
		case unstable.Table, unstable.ArrayTable:
			parts, start := d.keyOf(e)
			line := d.lines.line(start)
			end(d.lines.starts[line-1])
			from = len(data)
			if line < len(d.lines.starts) {
				from = d.lines.starts[line]
			}
			table, skip = parts, !d.header(e.Kind, parts, start)
		case unstable.KeyValue:
			if !skip {
				d.keyValue(table, e)
			}
		}
	}
	end(len(data))
}

// keyOf returns the parts of an expression's key, and where it starts.
func (d *document) keyOf(e *unstable.Node) ([]string, int) {
	var parts []string
	start := -1
	for it := e.Key(); it.Next(); {
		n := it.Node()
		if start < 0 {
			start = int(n.Raw.Offset)
		}
		parts = append(parts, string(n.Data))
	}
	return parts, start
}

// header checks a [table], and tells whether its content can be looked at.
func (d *document) header(kind unstable.Kind, parts []string, start int) bool {
	name := dotted(parts)
	switch k, known := d.key(name); {
	case known:
		d.report(start, name, notTable(k))
	case !d.isTable(name):
		d.report(start, name, flawed("unknown table%s", d.meant(parts)))
	case kind == unstable.ArrayTable:
		d.report(start, name, flawed("is written with one pair of brackets: [%s]", name))
	default:
		return true
	}
	return false
}

// keyValue takes one key and its value, in the table that it stands in.
func (d *document) keyValue(table []string, e *unstable.Node) {
	if len(d.found) >= maxFound {
		return
	}
	own, start := d.keyOf(e)
	parts := slices.Concat(table, own)
	name, value := dotted(parts), e.Value()
	k, known := d.key(name)
	switch {
	case known:
		d.value(k, value, start)
	case !d.isTable(name):
		d.report(start, name, flawed("unknown key%s", d.meant(parts)))
	case value.Kind != unstable.InlineTable:
		d.report(start, name, flawed("is a table, not a value").advise("write [%s], and its keys below that", name))
	default:
		for it := value.Children(); it.Next(); {
			d.keyValue(parts, it.Node())
		}
	}
}

// value takes the value of a known key.
func (d *document) value(k Key, v *unstable.Node, start int) {
	items, faults := d.items(k, v, start)
	faults = append(faults, k.set(&d.loaded.Settings, items)...)
	for _, f := range faults {
		d.report(f.item.offset, k.Name, f.flaw)
	}
	if v.Raw.Length > 0 {
		d.values[k.Name] = span{int(v.Raw.Offset), int(v.Raw.Offset + v.Raw.Length)}
	}
	if len(faults) == 0 {
		where := plain(filepath.Base(d.path)) + ":" + strconv.Itoa(d.lines.line(start))
		d.loaded.Origins[k.Name] = Origin{Kind: FromFile, Where: where}
	}
}

// isTable tells whether some key is in the table of that name.
func (d *document) isTable(name string) bool {
	return slices.ContainsFunc(d.keys, func(k Key) bool { return strings.HasPrefix(k.Name, name+".") })
}
