package tty

import (
	"bytes"
	"strconv"
	"strings"
)

// class says what a sequence does, which decides where it may pass.
type class uint8

const (
	deny   class = iota // acts on the host or the user, or is not known
	paint               // shows something, or moves the cursor
	change              // changes a mode of the terminal that we can put back
	ask                 // makes the terminal answer, as if the user had typed
)

// csi is a control sequence in its parts: ESC [ private params middle final.
type csi struct {
	private string // "", "<", "=", ">" or "?"
	params  string // digits, ';' and ':'
	name    string // private, intermediates and the final byte: what it does
}

// maxParam is the largest parameter that passes. Terminals clamp to it or to
// less; beyond it some have overflowed or painted for minutes (CSI b).
const maxParam = 65535

// parseCSI splits a sequence as it was received. It is stricter than terminals
// are: one private marker, in front, and parameters before intermediates.
func parseCSI(seq []byte) (csi, bool) {
	body := seq[2:]
	n := 0
	for n < len(body) && body[n] >= '<' && body[n] <= '?' {
		n++
	}
	if n > 1 {
		return csi{}, false
	}
	rest := body[n:]
	m := 0
	for m < len(rest) && rest[m] >= '0' && rest[m] <= ';' {
		m++
	}
	for _, b := range rest[m : len(rest)-1] {
		if b < 0x20 || b > 0x2f {
			return csi{}, false
		}
	}
	c := csi{string(body[:n]), string(rest[:m]), string(body[:n]) + string(rest[m:])}
	return c, smallParams(rest[:m])
}

func smallParams(params []byte) bool {
	for p := range bytes.FieldsFuncSeq(params, func(r rune) bool { return r == ';' || r == ':' }) {
		if n, err := strconv.Atoi(string(p)); err != nil || n > maxParam || len(p) > 5 {
			return false
		}
	}
	return true
}

// first returns the first parameter as it is written.
func (c csi) first() string {
	p, _, _ := strings.Cut(c.params, ";")
	p, _, _ = strings.Cut(p, ":")
	return p
}

// is reports whether the parameters are one of those given, literally.
func (c csi) is(params ...string) bool {
	for _, p := range params {
		if c.params == p {
			return true
		}
	}
	return false
}

func when(ok bool, c class) class {
	if ok {
		return c
	}
	return deny
}

// class decides on all sequences but the mode settings (h, l), which are decided
// number by number. What is not listed is denied; the test table says why for
// those that are known.
func (c csi) class() class {
	switch c.name {
	case "@", "A", "B", "C", "D", "E", "F", "G", "I", "Z", "`", "a", "d", "e", "f", "H",
		" @", " A", // cursor and scrolling sideways
		"J", "K", "?J", "?K", "L", "M", "P", "X", "b", "S", "^", "'}", "'~",
		"$r", "$t", "$v", "$x", "$z", "${", // rectangles: copy, fill, erase; none reads back
		"m", "#p", "#q", "#{", "#}", "\"q":
		return paint
	case "T": // with more parameters: highlight tracking, which hangs xterm until answered
		return when(!strings.Contains(c.params, ";"), paint)
	case "r", "!p":
		return change
	case "s": // without parameters: save the cursor; with: margins
		if c.params == "" {
			return paint
		}
		return change
	case "u": // without parameters: cursor back
		return when(c.params == "", paint)
	case ">u", "=u", "<u":
		return change
	case "?u":
		return when(c.params == "", ask)
	case ">m": // modifyOtherKeys only; other resources are the user's own
		return when(c.first() == "4" || c.params == "", change)
	case ">n":
		return when(c.params == "4", change)
	case "?m":
		return when(c.params == "4", ask)
	case " q":
		return when(len(c.params) < 2, change)
	case "c", ">c", "=c":
		return when(c.is("", "0"), ask)
	case ">q":
		return when(c.is("", "0"), ask)
	case "n":
		return when(c.is("5", "6"), ask)
	case "?n": // cursor position, colour scheme
		return when(c.is("6", "996"), ask)
	case "$p", "?$p":
		return when(!strings.ContainsAny(c.params, ";:"), ask)
	case "t":
		return c.windowClass()
	}
	return deny
}

// windowClass decides on XTWINOPS: sizes may be asked for, and titles saved and
// brought back. All else moves, hides, resizes or titles the window, or has the
// terminal type its title as if the user had.
func (c csi) windowClass() class {
	switch c.params {
	case "14", "16", "18", "14;2":
		return ask
	case "22", "22;0", "22;1", "22;2", "23", "23;0", "23;1", "23;2":
		return change
	}
	return deny
}

// controlSequence decides on the CSI in f.seq.
func (f *Filter) controlSequence() {
	c, ok := parseCSI(f.seq)
	if !ok {
		return
	}
	switch c.name {
	case "h", "l", "?h", "?l":
		if f.permits(change) {
			f.modes(c)
		}
		return
	}
	if !f.permits(c.class()) || !f.screen.control(c) {
		return
	}
	if c.name == "n" && c.params == "5" {
		f.queries++
	}
	f.out = append(f.out, f.seq...)
}

// modes passes on a mode setting with the modes that are allowed.
func (f *Filter) modes(c csi) {
	if strings.Contains(c.params, ":") {
		return
	}
	on := strings.HasSuffix(c.name, "h")
	var kept []string
	for p := range strings.SplitSeq(c.params, ";") {
		n, err := strconv.Atoi(p)
		if err != nil || !modeAllowed(c.private, n) {
			continue
		}
		kept = append(kept, strconv.Itoa(n))
		f.screen.mode(c.private, n, on)
	}
	if len(kept) > 0 {
		f.out = append(f.out, "\x1b["+c.private+strings.Join(kept, ";")+c.name[len(c.name)-1:]...)
	}
}

// modeAllowed lists the modes of SM and DECSET that a session may change.
func modeAllowed(private string, n int) bool {
	if private == "" {
		return n == 4 || n == 34 // insert; cursor shape in screen's terminfo
	}
	switch n {
	case 1, 5, 6, 7, 12, 25, 45, 66, 69, // keys, colours, origin, wrap, cursor, keypad, margins
		4, 13, // smooth scrolling, cursor blink: terminfo sets them together with others
		47, 1047, 1048, 1049, // alternate screen
		9, 1000, 1002, 1003, 1005, 1006, 1007, 1015, 1016, // mouse
		1004, 2004, 2026, 2027, 2031, 2048: // focus, paste, synchronised, graphemes, colour scheme, size reports
		return true
	}
	return false
}
