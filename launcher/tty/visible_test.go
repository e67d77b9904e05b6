package tty

import (
	"math"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/clipperhouse/displaywidth"
)

func TestVisible(t *testing.T) {
	family := "\U0001f468\u200d\U0001f469"
	for _, tc := range []struct {
		in   string
		max  int
		want string
	}{
		{"", 10, ""},
		{"name", 10, "name"},
		{"my project (1).txt", 40, "my project (1).txt"},
		{"Grüße 漢字 🚀", 40, "Grüße 漢字 🚀"},
		{"e\u0301te\u0301", 10, "e\u0301te\u0301"}, // as macOS writes the names of files
		{"a\\x1b", 10, `a\x1b`},
		{"\x1b[31mred\x1b]0;t\a", 60, `\x1b[31mred\x1b]0;t\x07`},
		{"a\nb\r\tc\x00\x7f", 60, `a\nb\r\tc\x00\x7f`},
		{"\u009b21t\u0085", 60, `\x9b21t\x85`},
		{"\xff\xc3", 60, `\xff\xc3`},
		{"\ufffd", 60, "\ufffd"},
		{"evil\u202etxt.exe", 60, `evil\u202etxt.exe`},
		{"\u2066a\u2069\u200e\u200f\u061c", 60, `\u2066a\u2069\u200e\u200f\u061c`},
		{"a\u200bb\u200cc\u2060d\ufeff\u00ad", 80, `a\u200bb\u200cc\u2060d\ufeff\xad`},
		{family, 60, "\U0001f468\\u200d\U0001f469"},
		{"a\u00a0b\u3000c\u2028", 60, `a\xa0b\u3000c\u2028`},
		{"\U000e0041\ue000", 60, `\U000e0041\ue000`},
		{"\u3164\u115f\u2800\u034f", 60, `\u3164\u115f\u2800\u034f`},
		{"x\U00016fe4\U0001d159", 60, `x\U00016fe4\U0001d159`},
		{"\u0301x", 60, `\u0301x`},
		{"❤\ufe0f", 60, "❤\ufe0f"},
		{"a\ufe00", 60, `a\ufe00`},
		{"z" + strings.Repeat("\u0301", 6), 60, "z" + strings.Repeat("\u0301", 4) + `\u0301\u0301`},
		{"👍🏽", 10, "👍🏽"},
		{"🏽", 10, `\U0001f3fd`},
		{"👍" + strings.Repeat("🏽", 5), 60, "👍" + strings.Repeat("🏽", 4) + `\U0001f3fd`},
		{"abcdef", 6, "abcdef"},
		{"abcdefg", 6, "abcde…"},
		{"漢字漢字", 5, "漢字…"},
		{"漢字漢字", 4, "漢…"},
		{"漢", 1, "…"},
		{"abc", 1, "…"},
		{"abc", math.MaxInt, "abc"},
		{"abc", 0, ""},
		{"abc", -1, ""},
	} {
		if got := Visible(tc.in, tc.max); got != tc.want {
			t.Errorf("Visible(%q, %d) = %q, want %q", tc.in, tc.max, got, tc.want)
		}
	}
}

// TestVisibleLong: the work is bounded by what can be shown.
func TestVisibleLong(t *testing.T) {
	long := strings.Repeat("\x1b", 64<<20)
	if n := testing.AllocsPerRun(1, func() { Visible(long, 20) }); n > 1e5 {
		t.Errorf("%v allocations", n)
	}
	if got, want := Visible(long, 9), `\x1b\x1b…`; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	jamo := strings.Repeat("\u1100", 1000) // one character, as letters go
	if got := Visible(jamo, 9); len(got) > 1000 || !strings.HasSuffix(got, "…") {
		t.Errorf("%d bytes, %.10q", len(got), got[len(got)-5:])
	}
}

func FuzzVisible(f *testing.F) {
	for _, s := range []string{"name", "\x1b[31m", "\u202e\xff漢", "e\u0301\u0301", "🇩🇪👩‍🚀", "\r\n"} {
		f.Add(s, 12)
	}
	f.Fuzz(func(t *testing.T, s string, max int) {
		max %= 200
		got := Visible(s, max)
		if again := Visible(got, max); again != got {
			t.Fatalf("%q became %q, and that %q", s, got, again)
		}
		if w := displaywidth.String(got); w > max && max > 0 || max <= 0 && got != "" {
			t.Fatalf("%q is %d cells wide, not %d", got, w, max)
		}
		if !utf8.ValidString(got) || strings.ContainsFunc(got, func(r rune) bool {
			return !unicode.IsPrint(r) || unicode.Is(unicode.Bidi_Control, r)
		}) {
			t.Fatalf("%q became %q", s, got)
		}
	})
}
