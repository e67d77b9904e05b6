package tty

import (
	"bytes"
	"strings"
	"unicode/utf8"
)

// Limits on the payload of commands, in bytes. Within them terminals differ;
// beyond them no honest program goes.
const (
	maxTitle  = 256
	maxColour = 512
	maxLink   = 2083 // what VTE takes; others take more
	maxMark   = 1024
	maxDevice = 1024
)

// command decides on the OSC in f.seq. The payload comes out as it was, but for
// titles, which are cut to length, and links to other than web addresses, which
// become the end of any link before them: dropped, they would leave the text
// that follows on the former one.
func (f *Filter) command(terminator string) {
	payload := f.seq[2:]
	if !clean(payload) {
		return
	}
	number, text, some := strings.Cut(string(payload), ";")
	c := commandClass(number, text, f.opts.Clipboard)
	if !f.permits(c) || !some && len(number) < 3 {
		return // only the three-digit ones do something without a text
	}
	switch number {
	case "0", "1", "2":
		text = cutRunes(text, maxTitle)
		payload = []byte(number + ";" + text)
	case "8":
		if !webLink(text) {
			text, payload = ";", []byte("8;;")
		}
	}
	f.screen.command(number, text)
	f.out = append(f.out, "\x1b]"...)
	f.out = append(f.out, payload...)
	f.out = append(f.out, terminator...)
}

// clean reports whether a payload is UTF-8 without control characters. Inside
// strings terminals disagree about those: one ends the string at a line feed
// or at U+009C, another ignores them.
func clean(p []byte) bool {
	return utf8.Valid(p) && bytes.IndexFunc(p, isControl) < 0
}

func isControl(r rune) bool { return r < 0x20 || r >= 0x7f && r < 0xa0 }

// commandClass decides by number, which must be written as terminals do: "052"
// or "+52" is not known. What is not listed is denied; the test table says why.
func commandClass(number, text string, clipboard bool) class {
	switch number {
	case "0", "1", "2":
		return change
	case "4", "10", "11", "12":
		return colourClass(number, text)
	case "8":
		return paint
	case "9":
		return when(isProgress(text), change)
	case "52":
		return when(clipboard && clipboardWrite(text), change)
	case "104":
		return when(len(text) <= maxColour && only(text, "0123456789;"), change)
	case "110", "111", "112":
		return when(text == "", change)
	case "133":
		return when(len(text) <= maxMark, change)
	}
	return deny
}

// colourClass decides on setting or asking colours. OSC 10 takes several values
// and sets the colour of the next number with each; past 12 those are colours
// that are never put back.
func colourClass(number, text string) class {
	values := strings.Split(text, ";")
	switch {
	case len(text) > maxColour,
		!only(text, "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ#:/;?,.- %"):
		return deny
	case number == "4":
		if len(values)%2 != 0 {
			return deny
		}
	case len(values) > int('3'-number[1]):
		return deny
	}
	if strings.Contains(text, "?") {
		return ask
	}
	return change
}

// isProgress tells ConEmu's progress report from the rest of OSC 9, where iTerm2
// has notifications and ConEmu message boxes and running macros.
func isProgress(text string) bool {
	text, ok := strings.CutPrefix(text, "4;")
	state, percent, _ := strings.Cut(text, ";")
	return ok && len(state) == 1 && only(state, "01234") &&
		len(percent) <= 4 && only(strings.TrimSuffix(percent, ";"), "0123456789")
}

// clipboardWrite tells setting a selection from reading it ("?"), and requires
// base64: with anything else xterm clears the selection.
func clipboardWrite(text string) bool {
	which, data, ok := strings.Cut(text, ";")
	return ok && len(which) <= 12 && only(which, "cpqs01234567") &&
		only(strings.TrimRight(data, "="),
			"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
}

// webLink reports whether the text of an OSC 8 ends a link or leads to the web.
// Other schemes start programs of the host (file:, ssh:, vscode:, ...) with what
// the sandbox chose.
func webLink(text string) bool {
	params, uri, ok := strings.Cut(text, ";")
	if !ok || len(params) > maxMark || len(uri) > maxLink {
		return false
	}
	if uri == "" {
		return true
	}
	low := strings.ToLower(uri)
	web := strings.HasPrefix(low, "https://") || strings.HasPrefix(low, "http://")
	return web && !strings.ContainsFunc(uri, func(r rune) bool { return r <= ' ' || r > '~' })
}

// device decides on the DCS in f.seq. Only two queries pass, with a payload that
// cannot but be one: terminals echo it in their answer. All else draws (sixel,
// ReGIS), defines keys (DECUDK) or macros, downloads fonts, or wraps sequences
// for tmux and screen past this filter.
func (f *Filter) device(terminator string) {
	payload := string(f.seq[2:])
	if len(payload) > maxDevice || !f.permits(ask) {
		return
	}
	capability, isCap := strings.CutPrefix(payload, "+q")
	setting, isSet := strings.CutPrefix(payload, "$q")
	if isCap && only(capability, "0123456789abcdefABCDEF;") || isSet && isSetting(setting) {
		f.out = append(f.out, f.seq...)
		f.out = append(f.out, terminator...)
	}
}

// isSetting reports whether s names a control function, which is all that may
// follow DECRQSS: intermediates and one final byte.
func isSetting(s string) bool {
	if s == "" || len(s) > 3 {
		return false
	}
	name, final := s[:len(s)-1], s[len(s)-1]
	return final >= '@' && final <= '~' &&
		!strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r > '/' })
}

// only reports whether s has no bytes but those of set.
func only(s, set string) bool { return strings.Trim(s, set) == "" }

// cutRunes shortens s to at most n bytes, not within a character.
func cutRunes(s string, n int) string {
	if len(s) <= n {
		return s
	}
	for n > 0 && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}
