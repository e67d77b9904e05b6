package tty

import (
	"fmt"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
)

// maxMarks is how many combining marks one character may carry; languages need
// up to two or three, and stacks of them run over the lines around.
const maxMarks = 4

// Visible makes untrusted text (names of files and sessions, lines of logs)
// safe to show within one line of a terminal, a menu or a window: what is not a
// visible character comes out escaped, as \n, \x1b, \xff (a byte that is not
// UTF-8) or \u202e. That holds for controls, bidirectional overrides, characters
// without width or ink, and any space but U+0020. The result is at most so
// many cells wide, an ellipsis included where it was shortened; 0 or less gives
// "". Applied again, Visible changes nothing.
//
// A backslash stays as it is: the text is for reading, not for parsing.
func Visible(s string, cells int) string {
	if cells <= 0 {
		return ""
	}
	// More bytes than this do not fit in so many cells, but for sequences made to
	// take no room.
	limit := 64 * (min(cells, 1<<20) + 1)
	cut := len(s) > limit
	s = cutRunes(s, limit)
	var b strings.Builder
	marks := maxMarks // a mark without a character before it has nothing to sit on
	for i := 0; i < len(s); {
		r, size := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&b, `\x%02x`, s[i])
			marks = maxMarks
		case isMark(r) && marks < maxMarks && !blank(r):
			b.WriteString(s[i : i+size])
			marks++
		case isMark(r) || !unicode.IsPrint(r) || blank(r):
			b.WriteString(escaped(r))
			marks = maxMarks
		default:
			b.WriteString(s[i : i+size])
			marks = 0
		}
		i += size
	}
	if cut {
		b.WriteString("…")
	}
	return displaywidth.TruncateString(b.String(), cells, "…")
}

// isMark reports whether r is shown as part of the character before it.
func isMark(r rune) bool {
	return unicode.Is(unicode.M, r) || r >= 0x1f3fb && r <= 0x1f3ff // skin tones
}

// blank reports whether r counts as printable and yet shows nothing.
func blank(r rune) bool {
	switch r {
	case 0x034f, // combining grapheme joiner
		0x115f, 0x1160, 0x3164, 0xffa0, // Hangul fillers
		0x17b4, 0x17b5, // Khmer inherent vowels
		0x2800,           // Braille without dots
		0x16fe4, 0x1d159: // a filler of Khitan script, a note without a head
		return true
	}
	return r >= 0x180b && r <= 0x180f || r >= 0xe0100 && r <= 0xe01ef || // variation selectors
		r >= 0xfe00 && r <= 0xfe0e // all but the one that makes an emoji
}

func escaped(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r < 0x100:
		return fmt.Sprintf(`\x%02x`, r)
	case r < 0x10000:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}
