package tty

import (
	"math"
	"strings"

	"github.com/clipperhouse/displaywidth"
)

// Folded makes untrusted text safe to show, as Visible does, and leaves nothing
// of it out: it returns lines of at most so many cells (more, if not even a
// character has room), all but the first of which begin with rest. A line ends
// after a space where there is one near. It is for what somebody is about to
// approve, so what takes no room always comes out escaped.
func Folded(text, rest string, cells int) []string {
	// The selector between a sign's forms, which Visible lets pass, shows nothing
	// after most characters.
	text = strings.ReplaceAll(Visible(text, math.MaxInt), "\ufe0f", `\ufe0f`)
	var lines []string
	first := ""
	for {
		line := displaywidth.TruncateString(text, max(cells-displaywidth.String(first), 2), "")
		if space := strings.LastIndexByte(line, ' ') + 1; len(line) < len(text) && space > len(line)/2 {
			line = line[:space]
		}
		lines = append(lines, first+line)
		text, first = text[len(line):], rest
		if text == "" {
			return lines
		}
	}
}
