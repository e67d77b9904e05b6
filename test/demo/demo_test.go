package main

import (
	"encoding/json"
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// recorded is a recording of texts, a second apart.
func recorded(texts ...string) *recording {
	r := newRecording(20, 3)
	for i, text := range texts {
		r.events = append(r.events, event{time.Duration(i) * time.Second, text})
	}
	return r
}

func TestCharactersAreWhole(t *testing.T) {
	r := newRecording(20, 3)
	const text = "a❯ü✳ end"
	for i := range len(text) {
		if n, err := r.Write([]byte(text[i : i+1])); n != 1 || err != nil {
			t.Fatal(n, err)
		}
	}
	var all string
	for _, e := range r.events {
		if !utf8.ValidString(e.text) {
			t.Errorf("half a character: %q", e.text)
		}
		all += e.text
	}
	if all != text {
		t.Errorf("got %q", all)
	}
	if _, err := r.Write([]byte("\xff\xffx")); err != nil || !strings.HasSuffix(r.events[len(r.events)-1].text, "x") {
		t.Error("bytes that are no character hold up what follows")
	}
}

func TestPausesAreShortened(t *testing.T) {
	r := recorded("a", "b", "c")
	r.events[2].at = time.Minute
	r.shorten(2 * time.Second)
	if got := []time.Duration{r.events[1].at, r.events[2].at}; got[0] != time.Second || got[1] != 3*time.Second {
		t.Errorf("got %v", got)
	}
}

func TestCast(t *testing.T) {
	var b strings.Builder
	if err := recorded("a\x1b[1mb", "<c>").writeCast(&b, "a title"); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	var head struct {
		Version, Width, Height int
		Title                  string
	}
	if err := json.Unmarshal([]byte(lines[0]), &head); err != nil || head.Version != 2 || head.Width != 20 || head.Height != 3 || head.Title != "a title" {
		t.Errorf("head %s, %v", lines[0], err)
	}
	if len(lines) != 3 || lines[1] != `[0.000000,"o","a\u001b[1mb"]` || lines[2] != `[1.000000,"o","<c>"]` {
		t.Errorf("events %q", lines[1:])
	}
}

func TestFrames(t *testing.T) {
	r := recorded("one", "\r\n\x1b[1;31mtwo\x1b[m", "\x1b]0;✳ a ti", "tle\x07!")
	r.events[3].at = r.events[2].at // at once
	all := frames(r, 100*time.Millisecond, 5*time.Second)
	if len(all) != 3 {
		t.Fatalf("%d frames", len(all))
	}
	if all[0].lasts != time.Second || all[2].lasts != 5*time.Second {
		t.Errorf("they last %v, %v", all[0].lasts, all[2].lasts)
	}
	second := all[1].rows[1][0]
	if second.text != "two" || !second.style.bold || second.style.fg != palette[1] {
		t.Errorf("got %+v", second)
	}
	if text := all[2].rows[1][1].text; !strings.HasPrefix(text, "!") {
		t.Errorf("the title is on the screen: %q", text)
	}
}

func TestPicturesAreXML(t *testing.T) {
	r := recorded("\x1b[?25la  <b> & c", "\r\n\x1b[7mreverse\x1b[m 日本", "\x1b[2;3;4mx")
	r.mark("end")
	var film, picture strings.Builder
	if err := writeAnimation(&film, 20, 3, `a "title" & more`, frames(r, time.Millisecond, time.Second)); err != nil {
		t.Fatal(err)
	}
	if err := writeStill(&picture, 20, "t", still(r, "end")); err != nil {
		t.Fatal(err)
	}
	for name, svg := range map[string]string{"film": film.String(), "picture": picture.String()} {
		for d := xml.NewDecoder(strings.NewReader(svg)); ; {
			_, err := d.Token()
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%s: %v\n%s", name, err, svg)
			}
		}
		if !strings.Contains(svg, "a  &lt;b&gt; &amp; c") || !strings.Contains(svg, "日本") {
			t.Errorf("%s: text is missing:\n%s", name, svg)
		}
	}
	if n := strings.Count(film.String(), "a  &lt;b&gt;"); n != 1 {
		t.Errorf("a line that does not change is drawn %d times", n)
	}
	if !strings.Contains(film.String(), "33.3333%") && !strings.Contains(film.String(), "33.33%") {
		t.Errorf("no key at a third of the time:\n%s", film.String())
	}
}
