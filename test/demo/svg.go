package main

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"
)

// The look of a window, in pixels.
const (
	cellWidth  = 8.4
	cellHeight = 19.0
	fontSize   = 14.0
	margin     = 14.0
	titleBar   = 30.0

	background = "#14181f"
	foreground = "#d6dbe3"
	caret      = "#d6dbe3"
)

// drawing writes screens as a vector picture. A line that comes again is drawn
// once and referred to.
type drawing struct {
	cols, rows int
	lines      map[string]int // the drawn line -> its number
	defs       strings.Builder
}

func newDrawing(cols, rows int) *drawing {
	return &drawing{cols: cols, rows: rows, lines: map[string]int{}}
}

func (d *drawing) width() float64  { return float64(d.cols)*cellWidth + 2*margin }
func (d *drawing) height() float64 { return float64(d.rows)*cellHeight + 2*margin + titleBar }

// screen returns the drawing of a screen.
func (d *drawing) screen(rows []row) string {
	var b strings.Builder
	for y, r := range rows {
		line := drawRow(r)
		if line == "" {
			continue
		}
		n, ok := d.lines[line]
		if !ok {
			n = len(d.lines)
			d.lines[line] = n
			fmt.Fprintf(&d.defs, "<g id=\"l%d\">%s</g>\n", n, line)
		}
		fmt.Fprintf(&b, `<use href="#l%d" y="%.4g"/>`, n, float64(y)*cellHeight)
	}
	return b.String()
}

func drawRow(r row) string {
	var b strings.Builder
	for _, s := range r {
		x, width := float64(s.column)*cellWidth, float64(s.width)*cellWidth
		bg, fg := s.style.bg, s.style.fg
		if s.style.caret {
			bg, fg = caret, background
		}
		if bg != "" {
			fmt.Fprintf(&b, `<rect x="%.5g" width="%.5g" height="%.4g" fill="%s"/>`, x, width, cellHeight, bg)
		}
		text := strings.TrimRight(s.text, " ")
		if text == "" {
			continue
		}
		lead := len(text) - len(strings.TrimLeft(text, " "))
		columns := s.width - (len(s.text) - len(text)) - lead
		attributes := ""
		if fg != "" {
			attributes += ` fill="` + fg + `"`
		}
		if s.style.bold {
			attributes += ` font-weight="bold"`
		}
		if s.style.faint {
			attributes += ` opacity="0.6"`
		}
		if s.style.italic {
			attributes += ` font-style="italic"`
		}
		if s.style.under {
			attributes += ` text-decoration="underline"`
		}
		fmt.Fprintf(&b, `<text xml:space="preserve" x="%.5g" y="%.4g" textLength="%.5g"%s>`, x+float64(lead)*cellWidth, fontSize, float64(columns)*cellWidth, attributes)
		_ = xml.EscapeText(&b, []byte(text[lead:])) // a Builder does not fail
		b.WriteString("</text>")
	}
	return b.String()
}

// writeStill writes one screen.
func writeStill(w io.Writer, cols int, title string, rows []row) error {
	d := newDrawing(cols, len(rows))
	body := d.screen(rows)
	return d.write(w, title, "", body)
}

// writeAnimation writes frames that follow each other by themselves, for ever.
func writeAnimation(w io.Writer, cols, rows int, title string, all []frame) error {
	d := newDrawing(cols, rows)
	var whole time.Duration
	for _, f := range all {
		whole += f.lasts
	}
	var body, keys strings.Builder
	var at time.Duration
	body.WriteString(`<g class="film">`)
	for i, f := range all {
		x := float64(i) * d.width()
		fmt.Fprintf(&body, `<g transform="translate(%.6g)">%s</g>`, x, d.screen(f.rows))
		fmt.Fprintf(&keys, "%.4f%%{transform:translateX(-%.8gpx)}", 100*at.Seconds()/whole.Seconds(), x)
		at += f.lasts
	}
	body.WriteString(`</g>`)
	style := fmt.Sprintf("@keyframes film{%s}.film{animation:film %.2fs steps(1,end) infinite}", keys.String(), whole.Seconds())
	return d.write(w, title, style, body.String())
}

func (d *drawing) write(w io.Writer, title, css, body string) error {
	var name strings.Builder
	_ = xml.EscapeText(&name, []byte(title))
	_, err := fmt.Fprintf(w, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %[1]g %[2]g" width="%[1]g" height="%[2]g" role="img">
<title>%[3]s</title>
<style>text{font-family:ui-monospace,SFMono-Regular,Menlo,"DejaVu Sans Mono",Consolas,monospace;font-size:%[4]gpx;white-space:pre}%[6]s</style>
<defs><clipPath id="screen"><rect width="%[7]g" height="%[8]g"/></clipPath>
%[9]s</defs>
<rect width="%[1]g" height="%[2]g" rx="10" fill="%[10]s"/>
<circle cx="20" cy="17" r="6" fill="#ff5f57"/><circle cx="40" cy="17" r="6" fill="#febc2e"/><circle cx="60" cy="17" r="6" fill="#28c840"/>
<svg x="%[11]g" y="%[12]g" width="%[7]g" height="%[8]g"><g clip-path="url(#screen)" fill="%[5]s">%[13]s</g></svg>
</svg>
`, d.width(), d.height(), name.String(), fontSize, foreground, css, d.width()-2*margin, d.height()-titleBar-2*margin+6,
		d.defs.String(), background, margin, titleBar+margin, body)
	return err
}
