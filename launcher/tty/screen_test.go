package tty

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestFilterUndo: what the output leaves behind is taken back at the end, and
// what it has taken back itself is not.
func TestFilterUndo(t *testing.T) {
	for _, tc := range []struct{ name, in, undo string }{
		{"nothing", "text\x1b[2J\x1b[H", ""},
		{"colours of text", "\x1b[31m", "\x1b[m"},
		{"reset by itself", "\x1b[31m\x1b[0m", ""},
		{"modes, in order", "\x1b[?2004;1000;1006h\x1b[?25l\x1b[?7l", "\x1b[?7h\x1b[?25h\x1b[?1000l\x1b[?1006l\x1b[?2004l"},
		{"modes off again", "\x1b[?2004h\x1b[?2004l\x1b[?25l\x1b[?25h", ""},
		{"alternate screen", "\x1b[?1049h", "\x1b[?1049l"},
		{"alternate screen, two ways", "\x1b[?1049h\x1b[?47h\x1b[?1047l", ""},
		{"saved cursor is no mode", "\x1b[?1048h\x1b[?1048l", ""},
		{"synchronised output", "\x1b[?2026h", "\x1b[?2026l"},
		{"insert, keypad", "\x1b[4h\x1b=", "\x1b[4l\x1b>"},
		{"the other ANSI mode", "\x1b[34h", ""},
		{"soft reset", "\x1b[4h\x1b=\x1b[?25l\x1b[1m\x1b[!p", ""},
		{"full reset", "\x1b[4h\x1b[?1049h\x1b[>1u\x1b[>4;2m\x1bc", ""},
		{"full reset keeps titles and colours", "\x1b[22t\x1b]11;red\a\x1bc", "\x1b]111\x1b\\\x1b[23;0t"},
		{"keyboard", "\x1b[>1u\x1b[>3u", "\x1b[<2u"},
		{"keyboard, set", "\x1b[=5u", "\x1b[=0u"},
		{"keyboard, pushed and set", "\x1b[=1u\x1b[>1u\x1b[=4;2u", "\x1b[<1u\x1b[=0u"},
		{"keyboard, bits taken away", "\x1b[=5u\x1b[=5;3u", ""},
		{"keyboard, popped", "\x1b[>1u\x1b[>1u\x1b[<2u", ""},
		{"keyboard, popped more than pushed", "\x1b[>1u\x1b[<9u", ""},
		{"keyboard of both screens", "\x1b[>1u\x1b[?1049h\x1b[>3u\x1b[>3u", "\x1b[<2u\x1b[?1049l\x1b[<1u"},
		{"keyboard, endless", strings.Repeat("\x1b[>1u", 100), "\x1b[<15u"},
		{"modifyOtherKeys", "\x1b[>4;2m", "\x1b[>4m\x1b[m"},
		{"modifyOtherKeys, off again", "\x1b[>4;2m\x1b[>4;m\x1b[>4n\x1b[>4m", ""},
		{"modifyOtherKeys, disabled", "\x1b[>4n", "\x1b[>4m\x1b[m"},
		{"cursor shape", "\x1b[5 q", "\x1b[0 q"},
		{"cursor shape, off again", "\x1b[5 q\x1b[0 q\x1b[5 q\x1b[ q", ""},
		{"palette", "\x1b]4;1;red\a", "\x1b]104\x1b\\"},
		{"palette, one colour reset", "\x1b]4;1;red\a\x1b]104;1\a", "\x1b]104\x1b\\"},
		{"palette, reset", "\x1b]4;1;red\a\x1b]104\a", ""},
		{"colours, one after another", "\x1b]10;red;blue;green\a", "\x1b]110\x1b\\\x1b]111\x1b\\\x1b]112\x1b\\"},
		{"colours, some of them asked", "\x1b]10;?;blue\a\x1b]4;1;?;2;red\a", "\x1b]111\x1b\\\x1b]104\x1b\\"},
		{"colours, only asked", "\x1b]11;?\a\x1b]4;1;?\a", ""},
		{"colours, reset", "\x1b]11;red\a\x1b]111\a", ""},
		{"progress", "\x1b]9;4;3\a", "\x1b]9;4;0;\x1b\\"},
		{"progress, done", "\x1b]9;4;3\a\x1b]9;4;0\a", ""},
		{"link", "\x1b]8;;http://a\atext", "\x1b]8;;\x1b\\"},
		{"link, closed", "\x1b]8;;http://a\atext\x1b]8;;\a", ""},
		{"titles, as they were saved", "\x1b[22;2t\x1b[22;0t\x1b[22t", "\x1b[23;0t\x1b[23;0t\x1b[23;2t"},
		{"titles, brought back", "\x1b[22;2t\x1b[22t\x1b[23t\x1b[23;2t", ""},
		{"an incomplete sequence comes before", "\x1b[1mtext\x1b[", "\x1b[m"},
	} {
		shown := unclosed(t, tc.in, FilterOptions{})
		all := filtered(t, tc.in, FilterOptions{}, 0)
		if got := strings.TrimPrefix(all, shown); got != tc.undo || !strings.HasPrefix(all, shown) {
			t.Errorf("%s: taken back with %q, want %q", tc.name, got, tc.undo)
		}
	}
}

// TestFilterTitles: titles are saved so often that the terminal keeps them all,
// and not brought back out of turn.
func TestFilterTitles(t *testing.T) {
	many := unclosed(t, strings.Repeat("\x1b[22;0t", 50), FilterOptions{})
	if n := strings.Count(many, "22;0t"); n != maxTitles {
		t.Errorf("%d titles are saved, want %d", n, maxTitles)
	}
	if got, want := unclosed(t, "\x1b[22;2t\x1b[23;0t\x1b[23;2t\x1b[23;2t", FilterOptions{}), "\x1b[22;2t\x1b[23;2t"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestFilterModes: what the next terminal needs.
func TestFilterModes(t *testing.T) {
	for _, tc := range []struct{ name, in, want string }{
		{"none", "text\x1b[31m\x1b]0;title\a\x1b]11;red\a", ""},
		{"a full-screen program", "\x1b[?1049h\x1b[?1h\x1b=\x1b[?25l\x1b[?1002;1006;2004h", "\x1b[?1049h\x1b[?1h\x1b[?25l\x1b[?1002h\x1b[?1006h\x1b[?2004h\x1b="},
		{"keyboards", "\x1b[=1u\x1b[>5u\x1b[?1049h\x1b[=2u\x1b[>3u", "\x1b[=1u\x1b[>5u\x1b[?1049h\x1b[=2u\x1b[>3u"},
		{"a frame that is being drawn", "\x1b[?2026h", ""},
		{"others", "\x1b[>4;2m\x1b[5 q\x1b[4h", "\x1b[4h\x1b[>4;2m\x1b[5 q"},
		{"modifyOtherKeys disabled", "\x1b[>4n", "\x1b[>4n"},
		{"ended", "\x1b[?1049h\x1b[?2004h\x1b[?2004l\x1b[?1049l", ""},
	} {
		f := NewFilter(&bytes.Buffer{}, FilterOptions{})
		_, err := f.Write([]byte(tc.in))
		check(t, err)
		if got := f.Modes(); got != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
		again := NewFilter(&bytes.Buffer{}, FilterOptions{})
		_, err = again.Write([]byte(f.Modes()))
		check(t, err)
		if again.Modes() != tc.want {
			t.Errorf("%s: set again they are %q", tc.name, again.Modes())
		}
	}
}

// TestFilterMixtures checks the invariants on what a fuzzer seldom builds: long
// runs of whole sequences, good and bad, that change what is taken back.
func TestFilterMixtures(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	pieces := []string{
		"\x1b[>1u", "\x1b[<u", "\x1b[<3u", "\x1b[=5u", "\x1b[=2;3u", "\x1b[?1049h", "\x1b[?1049l", "\x1b[?47h", "\x1b[?1047l",
		"\x1b[22;0t", "\x1b[22;2t", "\x1b[23t", "\x1b[23;2t", "\x1b[1m", "\x1b[m", "\x1bc", "\x1b[!p", "\x1b[4h", "\x1b=", "\x1b>",
		"\x1b]8;;http://a\a", "\x1b]8;;file:a\a", "\x1b]8;;\a", "\x1b]11;red\a", "\x1b]10;?;red\a", "\x1b]111\a", "\x1b]4;1;red\a", "\x1b]104\a",
		"\x1b]9;4;1\a", "\x1b]9;4;0\a", "\x1b[>4;2m", "\x1b[>4m", "\x1b[>4n", "\x1b[2 q", "\x1b[ q", "\x1b[?25l", "\x1b[?7l\x1b[?6h",
		"\x1b[?2004;3;1000h", "text", "\n", "ä", "\xc3", "\x1b", "\x1b]", "\x1bP", "\x18", "\a", "\x1b\\", "\x0e", "\x1b(0",
	}
	for _, a := range attacks() {
		if len(a.in) < 256 {
			pieces = append(pieces, a.in)
		}
	}
	for range 5000 {
		var in strings.Builder
		for range random.IntN(40) {
			in.WriteString(pieces[random.IntN(len(pieces))])
		}
		opts := FilterOptions{Clipboard: random.IntN(2) == 0, Passive: random.IntN(4) == 0}
		checkFilter(t, in.String(), opts, 1+random.IntN(7))
	}
}
