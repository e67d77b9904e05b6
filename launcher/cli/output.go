package cli

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"

	"golang.org/x/term"

	"dclaude/launcher/plan"
	"dclaude/launcher/tty"
)

// All that dclaude prints goes through here. The rules: stdout has what was
// asked for and nothing else; progress, warnings and errors go to stderr, each
// line beginning with "dclaude: "; an error is one line "error: ...", what to do
// about it a line "hint: ..." after it. Colour only on a terminal without
// NO_COLOR.

// maxLine is the width, in cells, at which a line of a message is cut.
const maxLine = 2000

type printer struct {
	out, err io.Writer
	colour   bool // of stderr
}

func newPrinter(sys System) *printer {
	return &printer{
		out:    sys.Out,
		err:    sys.Err,
		colour: term.IsTerminal(int(sys.Err.Fd())) && lookup(sys.Environ, "NO_COLOR") == "",
	}
}

// say tells of progress.
func (p *printer) say(format string, args ...any) {
	fmt.Fprintf(p.err, "dclaude: %s\n", fmt.Sprintf(format, args...))
}

func (p *printer) warn(text, hint string) { p.tagged("warning", "33", text, hint) }

func (p *printer) warnAll(ws []plan.Warning) {
	for _, w := range ws {
		p.warn(w.Text, w.Hint)
	}
}

// fail prints an error and the hint that it, or one that it wraps, carries.
func (p *printer) fail(err error) {
	p.tagged("error", "31", err.Error(), hintOf(err))
}

func (p *printer) tagged(tag, colour, text, hint string) {
	if p.colour {
		tag = "\x1b[" + colour + "m" + tag + "\x1b[0m"
	}
	lines := strings.Split(strings.TrimRight(text, "\n"), "\n")
	for i, line := range lines {
		lines[i] = tty.Visible(line, maxLine) // it may quote what a session wrote
	}
	fmt.Fprintf(p.err, "dclaude: %s: %s\n", tag, lines[0])
	for _, line := range lines[1:] {
		fmt.Fprintf(p.err, "dclaude:   %s\n", line)
	}
	if hint != "" {
		fmt.Fprintf(p.err, "dclaude: hint: %s\n", strings.ReplaceAll(hint, "\n", "\ndclaude:   "))
	}
}

func lookup(environ []string, name string) string {
	value := ""
	for _, kv := range environ {
		if k, v, ok := strings.Cut(kv, "="); ok && k == name {
			value = v // the last one counts
		}
	}
	return value
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// hintOf is the hint that an error carries, or "".
func hintOf(err error) string {
	var hinter interface{ Hint() string }
	if errors.As(err, &hinter) && hinter.Hint() != "" {
		return hinter.Hint()
	}
	return fileHint(err)
}

// fileHint is what to do about a file of dclaude's own that cannot be written.
func fileHint(err error) string {
	var path *fs.PathError
	var link *os.LinkError
	if !errors.As(err, &path) && !errors.As(err, &link) {
		return ""
	}
	const places = "dclaude keeps its state in ~/.local/state/dclaude and ~/.cache/dclaude, or where XDG_STATE_HOME and XDG_CACHE_HOME say"
	switch {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		return "there is no space left on this machine's disk; " + places
	case errors.Is(err, syscall.EROFS), errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.ENOTDIR):
		return places
	}
	return ""
}
