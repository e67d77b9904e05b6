package cli

import (
	"fmt"
	"os"
	"slices"
	"strings"

	"golang.org/x/term"

	"dclaude/launcher/config"
	"dclaude/launcher/tty"
)

// What somebody approves is shown to the last character: whoever wrote it could
// have put what matters behind what would be cut off.

const (
	// maxApproval is how many lines of a terminal somebody is asked to read. What
	// takes more can hide anything in plain sight.
	maxApproval = 300
	// plainCells is the width of a line where no terminal says its own.
	plainCells = 80
	// minCells is the width below which terminals are taken to lie.
	minCells = 40
	// folding marks the lines that go on with the one above, so that text cannot
	// be made to look like a line of its own.
	folding = "↳ "
)

// lineCells is how wide a line can be, in cells, before the terminal breaks it.
func lineCells(files ...*os.File) int {
	for _, f := range files {
		if cols, _, err := term.GetSize(int(f.Fd())); err == nil && cols > 0 {
			return max(cols, minCells)
		}
	}
	return plainCells
}

// diffLines returns all of a diff, in lines that each begin with its "+", "-" or
// space.
func diffLines(diff string, cells int) []string {
	var lines []string
	for line := range strings.Lines(diff) {
		line = strings.TrimSuffix(line, "\n")
		mark := line[:min(1, len(line))]
		lines = append(lines, tty.Folded(line, mark+folding, cells)...)
	}
	return lines
}

// effectLines say what an approval changes for sessions of the project.
func effectLines(ignored []config.Ignored, cells int) []string {
	var lines []string
	changes := 0
	for _, i := range ignored {
		if i.Never {
			lines = append(lines, "without effect, as it is yours alone to set: "+tty.Visible(i.Key, 60))
			continue
		}
		changes++
		if len(i.Items) < 2 {
			lines = append(lines, tty.Folded("approving sets "+i.Key+" = "+i.Value, "  "+folding, cells)...)
			continue
		}
		lines = append(lines, "approving sets "+tty.Visible(i.Key, 60)+" = [")
		for _, item := range i.Items {
			lines = append(lines, tty.Folded("  "+item+",", "    "+folding, cells)...)
		}
		lines = append(lines, "]")
	}
	if changes == 0 {
		lines = append(lines, "approving changes nothing: the file only takes away, which needs no approval")
	}
	return lines
}

// checkReadable refuses what is too long for anybody to read.
func checkReadable(file string, lines ...[]string) error {
	n := len(slices.Concat(lines...))
	if n <= maxApproval {
		return nil
	}
	return &hintedError{
		fmt.Errorf("%s takes %d lines to show, and nobody reads more than %d: nothing was approved", file, n, maxApproval),
		"look at the file, and take out what the project does not need; what you do need can be in your own settings (dclaude config edit)",
	}
}
