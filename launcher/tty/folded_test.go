package tty

import (
	"strings"
	"testing"

	"github.com/clipperhouse/displaywidth"
)

// Whatever somebody wrote, folding leaves nothing out, and no line is wider
// than the terminal or passes for one of its own.
func TestFoldedShowsAll(t *testing.T) {
	const rest = "+> "
	for text, want := range map[string]string{
		"":                        "",
		"short":                   "short",
		strings.Repeat("x", 1000): strings.Repeat("x", 1000),
		`+allow = ["a.example",` + strings.Repeat(" ", 200) + `"evil.example"]`: `+allow = ["a.example",` + strings.Repeat(" ", 200) + `"evil.example"]`,
		strings.Repeat("漢字", 100):                                               strings.Repeat("漢字", 100),
		"a\u200bb\u202ec\u2066d\ufeff\u00ad\ufe0fe\r":                           `a\u200bb\u202ec\u2066d\ufeff\xad\ufe0fe\r`,
		strings.Repeat("\u200b", 70):                                            strings.Repeat(`\u200b`, 70),
		"❤" + strings.Repeat("\ufe0f", 9):                                       "❤" + strings.Repeat(`\ufe0f`, 9),
		"\x1b[2K\x1b[A\xff":                                                     `\x1b[2K\x1b[A\xff`,
	} {
		for _, cells := range []int{1, 40, 79, 80, 300} {
			var whole strings.Builder
			for i, line := range Folded(text, rest, cells) {
				if width := displaywidth.String(line); width > max(cells, 5) {
					t.Errorf("%.20q: %d cells, not %d", text, width, cells)
				}
				part, marked := strings.CutPrefix(line, rest)
				if marked != (i > 0) {
					t.Errorf("%.20q: line %d is %q", text, i, line)
				}
				whole.WriteString(part)
			}
			if whole.String() != want {
				t.Errorf("%.20q in %d cells: %q, want %q", text, cells, whole.String(), want)
			}
		}
	}
}
