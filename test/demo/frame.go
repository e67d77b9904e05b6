package main

import (
	"image/color"
	"regexp"
	"strings"
	"time"

	uv "github.com/charmbracelet/ultraviolet"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
)

// frame is a screen and how long it stands.
type frame struct {
	rows  []row
	lasts time.Duration
}

// row is a line of the screen as spans of one style each.
type row []span

// span is some text of one style, from a column.
type span struct {
	column, width int
	text          string
	style         style
}

type style struct {
	fg, bg                            string // as in "#a0b0c0"; empty is the terminal's own
	bold, faint, italic, under, caret bool
}

// frames plays a recording on a terminal and returns what is seen, at most one
// frame in each step of time. The last one stands for the given time.
func frames(r *recording, step, last time.Duration) []frame {
	screen := newPlayer(r.cols, r.rows)
	defer screen.close()
	var all []frame
	var shown time.Duration
	for i, e := range r.events {
		screen.play(e.text)
		if i+1 < len(r.events) && r.events[i+1].at-shown < step {
			continue // something else follows at once
		}
		until := e.at + last
		if i+1 < len(r.events) {
			until = r.events[i+1].at
		}
		all = append(all, frame{screen.rows(), until - shown})
		shown = until
	}
	return all
}

// still returns the screen at a mark, without the empty lines below.
func still(r *recording, mark string) []row {
	screen := newPlayer(r.cols, r.rows)
	defer screen.close()
	for _, e := range r.events[:r.marks[mark]] {
		screen.play(e.text)
	}
	rows := screen.rows()
	for len(rows) > 1 && isEmpty(rows[len(rows)-1]) {
		rows = rows[:len(rows)-1]
	}
	return rows
}

func isEmpty(r row) bool {
	for _, s := range r {
		if strings.TrimSpace(s.text) != "" || s.style.bg != "" || s.style.caret {
			return false
		}
	}
	return true
}

// player is a terminal that plays a recording.
type player struct {
	vt *vt.Emulator
	// held is the start of a window title whose end has not come yet.
	held string
}

func newPlayer(cols, rows int) *player {
	p := &player{vt: vt.NewEmulator(cols, rows)}
	go func() { // the answers to questions, which nobody waits for now
		buf := make([]byte, 4096)
		for {
			if _, err := p.vt.Read(buf); err != nil {
				return
			}
		}
	}()
	return p
}

// title is an operating system command, such as sets a window's title. The
// emulator takes a byte inside of a character for the end of one, and the rest
// for text.
var title = regexp.MustCompile(`\x1b\][^\x07\x1b]*(?:\x07|\x1b\\)`)

func (p *player) play(text string) {
	text = title.ReplaceAllString(p.held+text, "")
	p.held = ""
	if i := strings.LastIndex(text, "\x1b]"); i >= 0 {
		text, p.held = text[:i], text[i:]
	}
	_, _ = p.vt.WriteString(text) // fails only when closed
}

func (p *player) close() { _ = p.vt.Close() }

func (p *player) rows() []row {
	all := make([]row, p.vt.Height())
	cursor := p.vt.CursorPosition()
	for y := range all {
		for x := 0; x < p.vt.Width(); x++ {
			cell := p.vt.CellAt(x, y)
			if cell == nil || cell.Width == 0 {
				continue // the second half of a wide character
			}
			s := styleOf(cell.Style)
			s.caret = cursor.X == x && cursor.Y == y && !p.vt.CursorHidden()
			text := cell.Content
			if text == "" {
				text = " "
			}
			all[y] = all[y].add(x, cell.Width, text, s)
		}
	}
	return all
}

// add appends a character, to the last span if that has the same style. Plain
// blanks at the end of a line are left to whoever draws it.
func (r row) add(x, width int, text string, s style) row {
	if n := len(r); n > 0 && r[n-1].style == s && r[n-1].column+r[n-1].width == x {
		r[n-1].text += text
		r[n-1].width += width
		return r
	}
	return append(r, span{x, width, text, s})
}

func styleOf(c uv.Style) style {
	s := style{
		fg: hex(c.Fg), bg: hex(c.Bg), under: c.Underline != 0,
		bold: c.Attrs&uv.AttrBold != 0, faint: c.Attrs&uv.AttrFaint != 0, italic: c.Attrs&uv.AttrItalic != 0,
	}
	if c.Attrs&uv.AttrReverse != 0 {
		s.fg, s.bg = s.bg, s.fg
		if s.fg == "" {
			s.fg = background
		}
		if s.bg == "" {
			s.bg = foreground
		}
	}
	return s
}

// palette are the sixteen colours that a terminal's own scheme gives.
var palette = [...]string{
	"#2a303c", "#f7768e", "#7fd88f", "#e5c07b", "#7aa2f7", "#c099ff", "#56c8d8", "#c0c8d4",
	"#5b6478", "#ff8fa3", "#98e6a6", "#f0d399", "#98b8ff", "#d3b5ff", "#7fdde9", "#ffffff",
}

func hex(c color.Color) string {
	if c == nil {
		return ""
	}
	if basic, ok := c.(ansi.BasicColor); ok && int(basic) < len(palette) {
		return palette[basic]
	}
	const digits = "0123456789abcdef"
	r, g, b, _ := c.RGBA()
	text := []byte{'#'}
	for _, v := range []uint32{r, g, b} {
		text = append(text, digits[v>>12&15], digits[v>>8&15])
	}
	return string(text)
}
