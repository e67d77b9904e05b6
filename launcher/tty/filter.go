package tty

import (
	"io"
	"os"
	"slices"
	"unicode/utf8"
)

// Limits on what is held of an incomplete sequence, in bytes. A sequence that
// outgrows its limit is dropped up to its end.
const (
	maxString  = 64 << 10
	maxCSI     = 256
	maxEscape  = 4
	esc        = 0x1b
	bel        = 0x07
	tableOfC0  = 1<<bel | 1<<'\b' | 1<<'\t' | 1<<'\n' | 1<<'\v' | 1<<'\f' | 1<<'\r'
	shiftsOfC0 = 1<<0x0e | 1<<0x0f // SO and SI select a character set
)

// FilterOptions are the user's choices for a [Filter]. The zero value is the
// strictest for an interactive session.
type FilterOptions struct {
	// Clipboard lets OSC 52 set the clipboard. Reading it is never possible.
	Clipboard bool
	// Passive is for output to a terminal that nobody puts right afterwards
	// and whose answers nobody reads, as in `claude -p`: text, colours, cursor
	// movement and links pass; modes, titles and queries do not.
	Passive bool
}

// state says what the next byte belongs to.
type state uint8

const (
	ground    state = iota // text
	escape                 // after ESC and any intermediates
	control                // in CSI
	str                    // in OSC, DCS, APC, PM, SOS or a screen title
	strEscape              // after an ESC in one of those
)

// Filter is a writer that passes a container's output on to a terminal without
// what would act on the user's machine. It reads UTF-8, as terminals do today;
// bytes that are not UTF-8 come out as U+FFFD, or not at all where an 8-bit
// terminal would read a control in them.
//
// Each Write passes on at once all that is complete, in a single write; only an
// incomplete sequence or character is held. How the input is cut into writes
// never changes the result. A Filter is not safe for concurrent use.
type Filter struct {
	w       io.Writer
	opts    FilterOptions
	passC0  uint32
	state   state
	seq     []byte // an incomplete sequence from its ESC on; in ground, the head of a character
	over    bool   // seq has outgrown its limit
	out     []byte
	screen  screen
	queries int
	closed  bool
}

// NewFilter returns a Filter that writes to w.
func NewFilter(w io.Writer, opts FilterOptions) *Filter {
	f := &Filter{w: w, opts: opts, passC0: tableOfC0, screen: newScreen()}
	if !opts.Passive {
		f.passC0 |= shiftsOfC0
	}
	return f
}

// Write filters p and writes the result. The count is len(p) or, with the error
// of the writer beneath, 0. After Close it returns [os.ErrClosed].
func (f *Filter) Write(p []byte) (int, error) {
	if f.closed {
		return 0, os.ErrClosed
	}
	f.feed(p)
	if err := f.emit(); err != nil {
		return 0, err
	}
	return len(p), nil
}

// Close drops what is incomplete and writes what undoes the changes that the
// output has made to the terminal and not taken back: modes, keyboard protocol,
// colours, titles, progress, an open link. It does not close the writer beneath.
func (f *Filter) Close() error {
	if f.closed {
		return nil
	}
	f.closed = true
	f.state, f.seq = ground, nil
	f.out = f.screen.appendUndo(f.out)
	return f.emit()
}

// Modes returns the sequences that put another terminal into the modes that the
// output has set so far, for the next one who attaches: a program that runs on
// does not set them again. Only what a program relies on is in it (screen,
// mouse, paste, keyboard, cursor), not colours or titles.
func (f *Filter) Modes() string { return f.screen.replay() }

// StatusRequests returns how many device status requests (CSI 5 n) were passed
// on. Who waits for the answer to a request of his own has these to come first.
func (f *Filter) StatusRequests() int { return f.queries }

func (f *Filter) emit() error {
	if len(f.out) == 0 {
		return nil
	}
	_, err := f.w.Write(f.out)
	f.out = f.out[:0]
	return err
}

func (f *Filter) feed(p []byte) {
	if f.state == ground && len(f.seq) > 0 { // the rest of a character
		p = slices.Concat(f.seq, p)
		f.seq = f.seq[:0]
	}
	for len(p) > 0 {
		switch {
		case f.state == ground:
			p = p[f.text(p):]
		case f.step(p[0]):
			p = p[1:]
		}
	}
}

// text passes plain text on, up to the first escape, and returns how many bytes
// of p it has dealt with.
func (f *Filter) text(p []byte) int {
	start, i := 0, 0
	for i < len(p) {
		c := p[i]
		if c-0x20 < 0x5f || c < 0x20 && f.passC0>>c&1 == 1 {
			i++
			continue
		}
		if c < utf8.RuneSelf {
			f.out = append(f.out, p[start:i]...)
			i++
			start = i
			if c == esc {
				f.begin()
				return i
			}
			continue
		}
		r, size := utf8.DecodeRune(p[i:])
		if size > 1 && r > 0x9f {
			i += size
			continue
		}
		f.out = append(f.out, p[start:i]...)
		if !utf8.FullRune(p[i:]) {
			f.seq = append(f.seq[:0], p[i:]...)
			return len(p)
		}
		if size == 1 && c > 0x9f {
			f.out = utf8.AppendRune(f.out, utf8.RuneError)
		}
		i += size
		start = i
	}
	f.out = append(f.out, p[start:i]...)
	return i
}

func (f *Filter) begin() {
	f.state, f.over = escape, false
	f.seq = append(f.seq[:0], esc)
}

// end leaves the sequence at hand behind, whatever became of it.
func (f *Filter) end() {
	f.state = ground
	if cap(f.seq) > 4096 {
		f.seq = nil
	}
	f.seq = f.seq[:0]
}

// hold keeps b as part of an incomplete sequence, within limit.
func (f *Filter) hold(b byte, limit int) {
	if len(f.seq) >= limit {
		f.over = true
		return
	}
	f.seq = append(f.seq, b)
}

// step takes one byte of a sequence. It returns false when b does not belong to
// the sequence, which is then dropped, and has to be looked at as text. This is
// how CAN, SUB, a new ESC, a control inside a CSI and a non-ASCII byte abort.
func (f *Filter) step(b byte) bool {
	switch f.state {
	case escape:
		return f.stepEscape(b)
	case control:
		return f.stepControl(b)
	case strEscape:
		if b == '\\' {
			f.finish("\x1b\\")
			return true
		}
		f.begin() // the ESC was not the end of the string but an abort
		return false
	default:
		return f.stepString(b)
	}
}

func (f *Filter) stepEscape(b byte) bool {
	switch {
	case b < 0x20 || b > 0x7e:
		f.end()
		return false
	case b < 0x30:
		f.hold(b, maxEscape)
		return true
	}
	next := ground
	if len(f.seq) == 1 {
		switch b {
		case '[':
			next = control
		case ']', 'P', 'X', '^', '_', 'k':
			next = str
		}
	}
	f.hold(b, maxEscape)
	if next == ground {
		f.finish("")
		return true
	}
	f.state = next
	return true
}

func (f *Filter) stepControl(b byte) bool {
	if b < 0x20 || b > 0x7e {
		f.end()
		return false
	}
	f.hold(b, maxCSI)
	if b >= 0x40 {
		f.finish("")
	}
	return true
}

func (f *Filter) stepString(b byte) bool {
	switch {
	case b == esc:
		f.state = strEscape
	case b == 0x18 || b == 0x1a:
		f.end()
		return false
	case b == bel && f.seq[1] == ']':
		f.finish("\a")
	default:
		f.hold(b, maxString)
	}
	return true
}

// finish decides on the complete sequence in seq; terminator is what ended a
// string.
func (f *Filter) finish(terminator string) {
	if !f.over {
		switch f.seq[1] {
		case '[':
			f.controlSequence()
		case ']':
			f.command(terminator)
		case 'P':
			f.device(terminator)
		case 'X', '^', '_', 'k':
			// SOS and PM have no use; APC carries kitty's graphics, which read
			// files of the host by name, and its like; ESC k is screen's title.
		default:
			f.escapeSequence()
		}
	}
	f.end()
}

// permits says whether a sequence of class c may pass under the options.
func (f *Filter) permits(c class) bool {
	return c == paint || c != deny && !f.opts.Passive
}
