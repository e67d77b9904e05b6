package engine

import (
	"unicode"
	"unicode/utf8"
)

// plainText takes what could act on a terminal out of a program's output:
// escape sequences, control characters, characters that turn the direction of
// writing. Line ends stay, a bare carriage return becomes one. It keeps its
// place between calls, as output arrives in pieces.
type plainText struct {
	state   escapeState
	partial []byte // of a character that is not complete yet
	lastCR  bool
}

type escapeState int

const (
	inText escapeState = iota
	afterEscape
	inSequence // CSI: up to a final byte
	inString   // OSC, DCS and such: up to BEL or ST
	inStringEscape
)

// clean returns the harmless part of p.
func (t *plainText) clean(p []byte) []byte {
	p = append(t.partial, p...)
	t.partial = nil
	out := make([]byte, 0, len(p))
	for len(p) > 0 {
		if !utf8.FullRune(p) {
			t.partial = append([]byte(nil), p...)
			break
		}
		r, size := utf8.DecodeRune(p)
		if t.step(r) {
			out = t.add(out, r)
		}
		p = p[size:]
	}
	return out
}

// step follows escape sequences and reports whether r is text.
func (t *plainText) step(r rune) bool {
	switch t.state {
	case inText:
		switch r {
		case 0x1b:
			t.state = afterEscape
		case 0x9b:
			t.state = inSequence
		case 0x90, 0x98, 0x9d, 0x9e, 0x9f:
			t.state = inString
		default:
			return true
		}
	case afterEscape:
		t.state = stateAfterEscape(r)
	case inSequence:
		// A line end cannot be part of one: the sequence was broken off.
		if r == '\n' {
			t.state = inText
			return true
		}
		if r >= 0x40 && r <= 0x7e {
			t.state = inText
		}
	case inString:
		switch r {
		case 0x07, 0x9c:
			t.state = inText
		case 0x1b:
			t.state = inStringEscape
		case '\n':
			t.state = inText
			return true
		}
	case inStringEscape:
		t.state = stateAfterEscape(r)
	}
	return false
}

func stateAfterEscape(r rune) escapeState {
	switch {
	case r == '[':
		return inSequence
	case r == ']' || r == 'P' || r == 'X' || r == '^' || r == '_':
		return inString
	case r == 0x1b, r >= 0x20 && r <= 0x2f: // intermediate bytes: more to come
		return afterEscape
	}
	return inText
}

func (t *plainText) add(out []byte, r rune) []byte {
	afterCR := t.lastCR
	t.lastCR = r == '\r'
	switch {
	case r == '\r':
		return append(out, '\n')
	case r == '\n' && afterCR:
		return out
	case r == '\n' || r == '\t':
		return append(out, byte(r))
	case unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r):
		return out
	}
	return utf8.AppendRune(out, r)
}

// plainLine cleans a text of one line that is complete in itself.
func plainLine(s string) string {
	var t plainText
	out := t.clean([]byte(s))
	for i, b := range out {
		if b == '\n' {
			out[i] = ' '
		}
	}
	return string(out)
}
