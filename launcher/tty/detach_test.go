package tty

import (
	"bytes"
	"strings"
	"testing"
	"time"
)

// scanned feeds in to a new scanner in pieces of the given size (0: one piece)
// and returns what was passed on, what was still held, and whether the chord was
// found.
func scanned(in string, size int) (forward, held string, detached bool) {
	var s DetachScanner
	if size == 0 {
		size = max(len(in), 1)
	}
	for len(in) > 0 && !detached {
		n := min(size, len(in))
		var f []byte
		f, detached = s.Scan([]byte(in[:n]))
		forward += string(f)
		in = in[n:]
	}
	return forward, string(s.Flush()), detached
}

const (
	raw   = "\x1d"
	kitty = "\x1b[93;5u"
	xterm = "\x1b[27;5;93~"
)

func TestDetachChord(t *testing.T) {
	ctrlDown, ctrlUp := "\x1b[57442;5u", "\x1b[57442;1:3u"
	for _, tc := range []struct{ name, in, forward string }{
		{"plain", raw + raw, ""},
		{"after text", "abc" + raw + raw, "abc"},
		{"what follows is dropped", "a" + raw + raw + "rm -rf\r", "a"},
		{"kitty", kitty + kitty, ""},
		{"kitty, event named", "\x1b[93;5:1u\x1b[93;5:1u", ""},
		{"kitty, released in between", kitty + "\x1b[93;5:3u" + kitty, ""},
		{"kitty, released after Ctrl", kitty + "\x1b[93;1:3u" + kitty, ""},
		{"kitty, all keys reported", ctrlDown + kitty + "\x1b[93;5:3u" + ctrlUp + ctrlDown + kitty, ctrlDown},
		{"kitty, held down, then pressed again", kitty + "\x1b[93;5:2u\x1b[93;5:2u" + kitty, ""},
		{"kitty, with Caps Lock and Num Lock", "\x1b[93;69u\x1b[93;197u", ""},
		{"kitty, alternate codes", "\x1b[93:125;5u\x1b[93::93;5;93u", ""},
		{"kitty, another layout with ] in that place", "\x1b[1098::93;5u\x1b[1098::93;5u", ""},
		{"xterm", xterm + xterm, ""},
		{"the mouse moves", "\x1b[<35;1;1M" + raw + "\x1b[<35;1;2M\x1b[<0;1;1m" + raw, "\x1b[<35;1;1M"},
		{"focus comes", raw + "\x1b[O\x1b[I" + raw, ""},
		{"one of each", raw + kitty + "", ""},
		{"three in a row", raw + raw + raw, ""},
		{"interrupted, then twice", raw + "a" + raw + raw, raw + "a"},
		{"after a paste", "\x1b[200~x\x1b[201~" + raw + raw, "\x1b[200~x\x1b[201~"},
		{"after a paste that holds the start of one", "\x1b[200~\x1b[200~\x1b[201~" + raw + raw, "\x1b[200~\x1b[200~\x1b[201~"},
		{"after Esc", "\x1b" + raw + raw, "\x1b"},
		{"after Alt-[", "\x1b[" + raw + raw, "\x1b["},
		{"after a broken key", "\x1b[1\x03" + raw + raw, "\x1b[1\x03"},
		{"after an endless key", "\x1b[" + strings.Repeat("1", 500) + raw + raw, "\x1b[" + strings.Repeat("1", 500)},
	} {
		forward, held, detached := scanned(tc.in, 0)
		if forward != tc.forward || held != "" || !detached {
			t.Errorf("%s: %q, %q, %v; want %q", tc.name, forward, held, detached, tc.forward)
		}
		for size := 1; size < 9; size++ {
			if _, _, detached := scanned(tc.in, size); !detached {
				t.Errorf("%s: not found in pieces of %d", tc.name, size)
			}
		}
	}
}

func TestDetachNot(t *testing.T) {
	for name, in := range map[string]string{
		"nothing":               "",
		"text":                  "hello 漢字 \r\x03\x04\x7f",
		"once":                  raw,
		"once and text":         raw + "text",
		"with a key between":    raw + "a" + raw,
		"with Esc between":      raw + "\x1b" + raw,
		"with an arrow between": kitty + "\x1b[A" + kitty,
		"with the old mouse":    raw + "\x1b[M !!" + raw,
		"with an F key between": raw + "\x1b[1;2I" + raw,
		"with an answer":        raw + "\x1b[0n" + raw,
		"other modifiers":       "\x1b[93;6u\x1b[93;6u\x1b[93;1u\x1b[93u\x1b[93;7u\x1b[93;13u",
		"other keys":            "\x1b[91;5u\x1b[91;5u\x1b[27;5;91~\x1b[27;6;93~\x1b[27;6;93~\x1b[3;5~\x1b[3;5~",
		"let go twice":          "\x1b[93;5:3u\x1b[93;5:3u",
		"held down":             "\x1b[93;5u\x1b[93;5:2u\x1b[93;5:2u\x1b[93;5:3u",
		"in a paste":            "\x1b[200~" + raw + raw + kitty + kitty + xterm + xterm + "\x1b[201~",
		"in an unended paste":   "\x1b[200~" + raw + raw,
		"across a paste":        raw + "\x1b[200~" + raw + "\x1b[201~" + raw,
		"nonsense":              "\x1b[93;5;u\x1b[;u\x1b[u\x1b[~\x1b[:::;:::u\x1b[99999999999999999999;5u",
		"incomplete":            "\x1b[93;5",
	} {
		for size := range 12 {
			forward, held, detached := scanned(in, size)
			if forward+held != in || detached {
				t.Errorf("%s, in pieces of %d: %q + %q, %v; want %q", name, size, forward, held, detached, in)
			}
		}
	}
}

// TestDetachAtOnce: input does not wait for more input.
func TestDetachAtOnce(t *testing.T) {
	for _, tc := range []struct {
		in, forward string
		wait        time.Duration
	}{
		{"a", "a", 0}, {"\x1b[A", "\x1b[A", 0}, {"\x1bb", "\x1bb", 0}, {"\x1bOA", "\x1bOA", 0},
		{"\x1b", "\x1b", keyWindow}, // Esc: passed on; only a "[" after it is waited for
		{"\x1b\x1b", "\x1b\x1b", keyWindow},
		{"a\x1b[", "a", keyWindow}, {"\x1b[20", "", keyWindow},
		{"ab" + raw, "ab", chordWindow}, {kitty, "", chordWindow}, {raw + "\x1b", "", chordWindow},
		{raw + "x", raw + "x", 0}, {"\x1b[200~text", "\x1b[200~text", 0}, {"\x1b[200~\x1b", "\x1b[200~\x1b", 0},
		{"\x1b[93;5:3u", "\x1b[93;5:3u", 0},
	} {
		var s DetachScanner
		forward, _ := s.Scan([]byte(tc.in))
		if string(forward) != tc.forward || s.Wait() != tc.wait {
			t.Errorf("%q: %q, %v; want %q, %v", tc.in, forward, s.Wait(), tc.forward, tc.wait)
		}
	}
}

// TestDetachFlush: presses that are far apart are no chord, and a flush in the
// middle of a key loses nothing.
func TestDetachFlush(t *testing.T) {
	var s DetachScanner
	s.Scan([]byte(raw))
	if got := s.Flush(); string(got) != raw || s.Wait() != 0 {
		t.Errorf("flushed %q, then waits %v", got, s.Wait())
	}
	if _, detached := s.Scan([]byte(raw)); detached {
		t.Error("two presses far apart are a chord")
	}
	if forward, detached := s.Scan([]byte(raw)); !detached || len(forward) > 0 {
		t.Errorf("the third, at once, is not: %q", forward)
	}

	s = DetachScanner{}
	s.Scan([]byte("\x1b[200~\x1b[20"))
	if got := s.Flush(); string(got) != "\x1b[20" {
		t.Errorf("flushed %q", got)
	}
	if s.Scan([]byte("1~")); s.paste {
		t.Error("the end of a paste that came slowly was missed")
	}
}

func TestDetachBounds(t *testing.T) {
	var s DetachScanner
	s.Scan([]byte(kitty))
	for range 1000 {
		s.Scan([]byte("\x1b[57442;5:2u"))
	}
	if len(s.held) > maxHeld {
		t.Errorf("%d bytes are held", len(s.held))
	}
}

func TestDetachReplies(t *testing.T) {
	var s DetachScanner
	s.Scan([]byte("\x1b[0n\x1b[6n\x1b[12;4R\x1b[?1;2c\x1b[0"))
	s.Scan([]byte("n" + raw + raw + "\x1b[0n"))
	if s.Replies() != 3 {
		t.Errorf("%d, want 3", s.Replies())
	}
}

func FuzzDetach(f *testing.F) {
	for _, s := range []string{
		raw + raw, kitty + kitty, xterm + "\x1b[57442;5u" + raw, "\x1b[200~\x1d\x1d\x1b[201~", "\x1b" + raw, "\x1b[93;5:3u",
		"\x1b[1098::93;5u", "\x1b[0n", "a\x1b[\x1b[\x1d\x1b",
	} {
		f.Add([]byte(s), uint8(2))
	}
	f.Fuzz(func(t *testing.T, in []byte, size uint8) {
		forward, held, detached := scanned(string(in), 0)
		pieces, rest, found := scanned(string(in), int(size)+1)
		if detached != found {
			t.Fatalf("%q: %v in one piece, %v in pieces of %d", in, detached, found, int(size)+1)
		}
		if !detached && (forward+held != string(in) || pieces+rest != string(in)) {
			t.Fatalf("%q: %q + %q, in pieces %q + %q", in, forward, held, pieces, rest)
		}
		if !bytes.HasPrefix(in, []byte(forward)) || !strings.HasPrefix(string(in), pieces) {
			t.Fatalf("%q: %q or %q is not how it begins", in, forward, pieces)
		}
		if detached && !strings.HasPrefix(pieces, forward) {
			t.Fatalf("%q: %q in one piece, %q in pieces", in, forward, pieces)
		}
		if !bytes.Contains(in, []byte(raw)) && !bytes.Contains(in, []byte("93")) && detached {
			t.Fatalf("%q holds no chord", in)
		}
	})
}
