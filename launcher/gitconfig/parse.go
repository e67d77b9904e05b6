package gitconfig

import (
	"bytes"
	"strings"
)

// entry is one assignment.
type entry struct {
	name     string // section.key or section.subsection.key; section and key in lower case
	value    string
	implicit bool // a key without "=", which git takes for true
	line     int
	// doubtful marks what was read after a fault in the file. It may be a
	// piece of something else, such as a value whose quote was not closed.
	doubtful bool
}

// fault is a place that git would refuse.
type fault struct {
	line int
	what string
}

// parse reads a configuration file as git does. Where git would stop with an
// error it notes a fault and goes on with the next line.
func parse(data []byte) (entries []entry, faults []fault) {
	p := parser{data: bytes.TrimPrefix(data, []byte("\xef\xbb\xbf")), line: 1}
	for !p.atEnd() {
		line := p.line
		switch c := p.next(); {
		case isSpace(c):
		case c == '#' || c == ';':
			p.skipLine()
		case c == '[':
			if !p.header() {
				p.base = "" // whose keys follow is not known
				faults = append(faults, fault{line, "not a section header"})
				p.skipLine()
			}
		default:
			e := entry{line: line, doubtful: len(faults) > 0}
			if what := p.assignment(c, &e); what != "" {
				faults = append(faults, fault{line, what})
				p.skipLine()
			} else if p.base != "" {
				entries = append(entries, e)
			}
		}
	}
	return entries, faults
}

// parser walks over the bytes of a file. Its grammar is git's: config.c,
// git_parse_source.
type parser struct {
	data []byte
	pos  int
	line int
	last byte   // what next returned
	base string // the current section and subsection with a dot behind; "" is none
}

func (p *parser) atEnd() bool { return p.pos >= len(p.data) }

// next returns the next byte. A line may end in CR LF, and the end of the file
// ends a line.
func (p *parser) next() byte {
	p.last = '\n'
	if p.atEnd() {
		return p.last
	}
	p.last = p.data[p.pos]
	p.pos++
	if p.last == '\r' && !p.atEnd() && p.data[p.pos] == '\n' {
		p.pos++
		p.last = '\n'
	}
	if p.last == '\n' {
		p.line++
	}
	return p.last
}

// skipLine goes on to the next line, unless the last byte was a line's end.
func (p *parser) skipLine() {
	for p.last != '\n' {
		p.next()
	}
}

// header reads the rest of [section], [section "subsection"] or the old form
// [section.subsection], and reports whether it is well-formed.
func (p *parser) header() bool {
	var name strings.Builder
	for {
		end := p.atEnd()
		switch c := p.next(); {
		case end:
			return false
		case c == ']':
			p.base = name.String() + "."
			return name.Len() > 0
		case isSpace(c):
			return p.subsection(&name)
		case isKeyByte(c), c == '.':
			name.WriteByte(lower(c))
		default:
			return false
		}
	}
}

func (p *parser) subsection(name *strings.Builder) bool {
	for isSpace(p.last) {
		if p.last == '\n' {
			return false
		}
		p.next()
	}
	if p.last != '"' {
		return false
	}
	name.WriteByte('.')
	for {
		c := p.next()
		if c == '\\' {
			c = p.next()
		} else if c == '"' {
			break
		}
		if c == '\n' || c == 0 {
			return false
		}
		name.WriteByte(c)
	}
	if p.next() != ']' {
		return false
	}
	p.base = name.String() + "."
	return true
}

// assignment reads the rest of a line that starts with c. It returns what is
// wrong with it, or "".
func (p *parser) assignment(c byte, e *entry) (wrong string) {
	if !isLetter(c) {
		return "not a key"
	}
	var key strings.Builder
	for isKeyByte(c) {
		key.WriteByte(lower(c))
		c = p.next()
	}
	for c == ' ' || c == '\t' {
		c = p.next()
	}
	e.name = p.base + key.String()
	switch c {
	case '\n':
		e.implicit = true
		return ""
	case '=':
		var ok bool
		if e.value, ok = p.value(); !ok {
			return "not a value: a quote or a backslash is out of place"
		}
		return ""
	}
	return "no = behind the key"
}

// value reads a value up to the end of its line, or of the last of its lines.
// Space around it goes, space within it stays, as in git since 2.45.
func (p *parser) value() (string, bool) {
	var v strings.Builder
	quoted, kept := false, 0 // kept is the length without space at the end
	for {
		c := p.next()
		switch {
		case c == 0:
			return "", false
		case c == '\n':
			return v.String()[:kept], !quoted
		case !quoted && isSpace(c):
			if v.Len() > 0 {
				v.WriteByte(c)
			}
			continue
		case !quoted && (c == '#' || c == ';'):
			p.skipLine()
			return v.String()[:kept], true
		case c == '"':
			quoted = !quoted
		case c == '\\':
			if c = p.next(); c == '\n' {
				break // the value goes on in the next line
			}
			unescaped := strings.IndexByte(`tbn\"`, c)
			if unescaped < 0 {
				return "", false
			}
			v.WriteByte("\t\b\n\\\""[unescaped])
		default:
			v.WriteByte(c)
		}
		kept = v.Len()
	}
}

// isSpace is git's: no vertical tab, no form feed.
func isSpace(c byte) bool { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

func isLetter(c byte) bool { return 'a' <= lower(c) && lower(c) <= 'z' }

func isKeyByte(c byte) bool { return isLetter(c) || '0' <= c && c <= '9' || c == '-' }

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		c += 'a' - 'A'
	}
	return c
}
