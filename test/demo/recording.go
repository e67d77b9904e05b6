package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"
	"unicode/utf8"
)

// recording is what a terminal showed, and when.
type recording struct {
	cols, rows int

	mu      sync.Mutex
	begun   time.Time
	events  []event
	partial []byte // the start of a character whose end has not come yet
	marks   map[string]int
}

// event is some output, at a time from the start.
type event struct {
	at   time.Duration
	text string
}

func newRecording(cols, rows int) *recording {
	return &recording{cols: cols, rows: rows, begun: time.Now(), marks: map[string]int{}}
}

// Write takes output as it comes. It never fails.
func (r *recording) Write(b []byte) (int, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	data := slices.Concat(r.partial, b)
	whole := len(data)
	for cut := 1; cut < utf8.UTFMax && cut <= len(data); cut++ {
		if tail := data[len(data)-cut:]; utf8.RuneStart(tail[0]) {
			if !utf8.FullRune(tail) {
				whole -= cut
			}
			break
		}
	}
	r.partial = append([]byte(nil), data[whole:]...)
	if whole > 0 {
		r.events = append(r.events, event{time.Since(r.begun), string(data[:whole])})
	}
	return len(b), nil
}

// mark names the screen as it is now, for a picture.
func (r *recording) mark(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.marks[name] = len(r.events)
}

// shorten cuts every pause down to a limit: nobody wants to watch a program
// think.
func (r *recording) shorten(limit time.Duration) {
	var cut, last time.Duration
	for i := range r.events {
		at := r.events[i].at
		if pause := at - last; pause > limit {
			cut += pause - limit
		}
		last = at
		r.events[i].at = at - cut
	}
}

// writeCast writes the recording as an asciicast, version 2:
// https://docs.asciinema.org/manual/asciicast/v2/
func (r *recording) writeCast(w io.Writer, title string) error {
	enc := json.NewEncoder(w)
	enc.SetEscapeHTML(false)
	err := enc.Encode(map[string]any{
		"version": 2, "width": r.cols, "height": r.rows, "timestamp": r.begun.Unix(), "title": title,
		"env": map[string]string{"TERM": "xterm-256color", "SHELL": "/bin/bash"},
	})
	for _, e := range r.events {
		if err != nil {
			return err
		}
		err = enc.Encode([]any{json.Number(fmt.Sprintf("%.6f", e.at.Seconds())), "o", e.text})
	}
	return err
}
