package tty

import (
	"maps"
	"slices"
	"strconv"
)

// appendUndo appends what takes back the changes. Filtered and noted in its
// turn, it leaves a screen with nothing to undo.
func (s *screen) appendUndo(out []byte) []byte {
	if s.link {
		out = append(out, "\x1b]8;;\x1b\\"...)
	}
	for _, n := range s.changed() {
		out = appendMode(out, n, !s.modes[n])
	}
	out = appendKeysUndo(out, *s.keys())
	if s.inAlternate() {
		for _, n := range alternate() {
			if s.modes[n] {
				out = appendMode(out, n, false)
			}
		}
		out = appendKeysUndo(out, s.keyboard[0])
	}
	if s.insert {
		out = append(out, "\x1b[4l"...)
	}
	if s.keypad {
		out = append(out, "\x1b>"...)
	}
	if s.cursor != "" {
		out = append(out, "\x1b[0 q"...)
	}
	if s.modKeys != "" {
		out = append(out, "\x1b[>4m"...)
	}
	if s.sgr || s.modKeys != "" { // some terminals take the one for the other
		out = append(out, "\x1b[m"...)
	}
	return s.appendShellUndo(out)
}

// appendShellUndo takes back what shows around the text: colours, progress and
// titles.
func (s *screen) appendShellUndo(out []byte) []byte {
	for _, n := range slices.Sorted(maps.Keys(s.colours)) {
		out = append(out, "\x1b]"+resetOf(n)+"\x1b\\"...)
	}
	if s.progress {
		out = append(out, "\x1b]9;4;0;\x1b\\"...)
	}
	for _, kind := range slices.Backward(s.titles) {
		out = append(out, "\x1b[23;"+kind+"t"...)
	}
	return out
}

// resetOf returns the number of the OSC that resets the colours of another.
func resetOf(colour string) string {
	if colour == "4" {
		return "104"
	}
	return "1" + colour
}

// replay returns what brings another terminal into the modes of this one.
func (s *screen) replay() string {
	out := appendKeys(nil, s.keyboard[0])
	if s.inAlternate() {
		out = appendMode(out, 1049, true)
		out = appendKeys(out, s.keyboard[1])
	}
	for _, n := range s.changed() {
		if n != 2026 { // a frame that was begun there is not finished here
			out = appendMode(out, n, s.modes[n])
		}
	}
	if s.insert {
		out = append(out, "\x1b[4h"...)
	}
	if s.keypad {
		out = append(out, "\x1b="...)
	}
	if s.modKeys != "" {
		out = append(out, "\x1b[>"+s.modKeys...)
	}
	if s.cursor != "" {
		out = append(out, "\x1b["+s.cursor+" q"...)
	}
	return string(out)
}

// changed returns the changed modes in order, without the alternate screen.
func (s *screen) changed() []int {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(s.modes)), func(n int) bool {
		return slices.Contains(alternate(), n)
	})
}

func appendMode(out []byte, n int, on bool) []byte {
	out = append(out, "\x1b[?"...)
	out = strconv.AppendInt(out, int64(n), 10)
	if on {
		return append(out, 'h')
	}
	return append(out, 'l')
}

// appendKeysUndo pops what was pushed and clears what was set beneath.
func appendKeysUndo(out []byte, stack []int) []byte {
	if n := len(stack) - 1; n > 0 {
		out = append(out, "\x1b[<"+strconv.Itoa(n)+"u"...)
	}
	if stack[0] != 0 {
		out = append(out, "\x1b[=0u"...)
	}
	return out
}

// appendKeys sets and pushes the flags of a stack on an empty one.
func appendKeys(out []byte, stack []int) []byte {
	if stack[0] != 0 {
		out = append(out, "\x1b[="+strconv.Itoa(stack[0])+"u"...)
	}
	for _, flags := range stack[1:] {
		out = append(out, "\x1b[>"+strconv.Itoa(flags)+"u"...)
	}
	return out
}
