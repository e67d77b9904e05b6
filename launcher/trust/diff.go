package trust

import (
	"strings"

	udiff "github.com/aymanbagabas/go-udiff"
)

// Diff compares what was approved with what is there, as lines that begin with
// "+", "-" or a space. The lines are as the files have them: show them through a
// filter. It is "" for equal contents.
func Diff(approved, now []byte) string {
	text := udiff.Unified("approved", "now", string(approved), string(now))
	// The two lines with the names say nothing here.
	for range 2 {
		_, text, _ = strings.Cut(text, "\n")
	}
	return text
}
