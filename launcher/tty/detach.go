package tty

import (
	"strconv"
	"strings"
	"time"
)

// How long input may be held before it is passed on as it is. The chord has to
// be typed within chordWindow; a key that ends where a longer one could go on
// (Alt-[ does) waits for keyWindow, which is long for a terminal and short for
// a person.
const (
	chordWindow = time.Second
	keyWindow   = 50 * time.Millisecond
)

// Bounds on what is held, in bytes: of one key, and of all between the two
// presses of the chord.
const (
	maxKey  = 64
	maxHeld = 4096
)

// DetachScanner finds the detach chord, Ctrl-] pressed twice, in what the user
// types. Claude Code has no use for that key. It knows the key as terminals send
// it: 0x1D, CSI u of kitty's keyboard protocol, and xterm's modifyOtherKeys.
// Within a bracketed paste there is no chord.
//
// The first press is held until it is clear whether the second follows, so that
// a session which is left has seen neither. All else is passed on at once and
// unchanged. How the input is cut does not change whether the chord is found.
// A DetachScanner has no clock: see [DetachScanner.Wait].
type DetachScanner struct {
	state    state
	key      []byte // the key at hand, from its ESC on
	held     []byte // not passed on yet
	leaked   bool   // the head of key has been passed on already
	armed    bool   // the first press is held
	paste    bool
	detached bool
	replies  int
	out      []byte
}

// Scan takes input and returns what to pass on, valid until the next call, and
// whether the chord is complete. What follows the chord is not passed on.
func (s *DetachScanner) Scan(p []byte) (forward []byte, detached bool) {
	s.out = s.out[:0]
	for _, b := range p {
		s.held = append(s.held, b)
		s.take(b)
	}
	if s.state == escape && !s.armed || len(s.held) > maxHeld {
		s.release(0) // the Esc key itself, which must not wait
	}
	if s.detached {
		s.held = s.held[:0]
	}
	return s.out, s.detached
}

// Wait returns how long after it began to be so Flush is to be called, or 0 when
// there is nothing that it would change. More input of the kind that does not
// change what Wait returns does not put it off.
func (s *DetachScanner) Wait() time.Duration {
	switch {
	case s.armed:
		return chordWindow
	case len(s.held) > 0, s.state != ground && !s.paste:
		return keyWindow
	}
	return 0
}

// Flush returns what is held, valid until the next call of Scan. A first press
// of the chord and a key that is not complete by now are forgotten; only the
// end of a paste is still waited for.
func (s *DetachScanner) Flush() []byte {
	s.out = s.out[:0]
	if !s.paste {
		s.end()
	}
	s.release(0)
	return s.out
}

// Replies returns how many answers to device status requests (CSI 0 n) went by.
func (s *DetachScanner) Replies() int { return s.replies }

// release passes on what is held, which is not a chord, but for the last keep
// bytes.
func (s *DetachScanner) release(keep int) {
	n := len(s.held) - keep
	if !s.detached {
		s.out = append(s.out, s.held[:n]...)
	}
	s.held = append(s.held[:0], s.held[n:]...)
	s.armed = false
	s.leaked = s.state != ground && keep == 0
}

// take moves on by one byte, which is the last one of held.
func (s *DetachScanner) take(b byte) {
	if b == esc { // always the start of a key, whatever came before
		if s.state != ground {
			s.release(1)
		}
		s.state, s.key, s.leaked = escape, append(s.key[:0], b), false
		return
	}
	switch {
	case s.state == escape && b == '[':
		s.state = control
		s.key = append(s.key, b)
	case s.state == control && b >= 0x20 && b < 0x7f && len(s.key) < maxKey:
		s.key = append(s.key, b)
		if b >= 0x40 {
			s.classify()
		}
	case b == 0x1d && !s.paste:
		if s.state != ground { // Esc, or Alt-[, and then the chord's key
			s.end()
			s.release(1)
		}
		s.press()
	default:
		s.end()
		s.release(0)
	}
}

func (s *DetachScanner) end() { s.state, s.leaked = ground, false }

// press takes note of the key of the chord.
func (s *DetachScanner) press() {
	switch {
	case s.detached:
	case s.armed:
		s.detached = true
		s.held = s.held[:0]
	case s.leaked: // too late to hold it; the next one still completes the chord
		s.end()
		s.release(0)
		s.armed = true
	default:
		s.armed = true
	}
	s.end()
}

// classify decides on the complete control sequence in key.
func (s *DetachScanner) classify() {
	body, final := s.key[2:len(s.key)-1], s.key[len(s.key)-1]
	switch params := string(body); {
	case final == '~' && params == "200":
		s.paste = true
	case final == '~' && params == "201":
		s.paste = false
	case final == 'n' && params == "0":
		s.replies++
	case s.paste:
	default:
		switch keyRole(body, final) {
		case pressed:
			s.press()
			return
		case neither:
			if s.armed {
				s.end()
				return
			}
		}
	}
	s.end()
	s.release(0)
}

// role is what a key is to the chord.
type role uint8

const (
	other   role = iota // breaks it
	pressed             // is its key
	neither             // comes between: released and repeated keys, modifiers, the mouse, focus
)

// Numbers of kitty's protocol: https://sw.kovidgoyal.net/kitty/keyboard-protocol/
const (
	chordCode   = ']'
	withCtrl    = 4
	locks       = 64 | 128 // Caps Lock and Num Lock
	firstLock   = 57358
	lastLock    = 57360
	firstModKey = 57441
	lastModKey  = 57454
)

// keyRole decides on a control sequence by its parameters and final byte. Claude
// Code asks for each motion of the mouse, and a hand on the desk moves it.
func keyRole(body []byte, final byte) role {
	switch final {
	case 'u', '~':
		return chordKey(body, final)
	case 'I', 'O':
		if len(body) == 0 {
			return neither
		}
	case 'M', 'm':
		if len(body) > 0 && body[0] == '<' {
			return neither
		}
	}
	return other
}

// chordKey decides on a key that was sent as CSI code ; modifiers u or as
// CSI 27 ; modifiers ; code ~. Subparameters are alternate codes of the key (the
// third is its place on a US keyboard) and, after the modifiers, the event.
func chordKey(body []byte, final byte) role {
	fields := strings.Split(string(body), ";")
	if final == '~' {
		if len(fields) != 3 || fields[0] != "27" {
			return other
		}
		fields = []string{fields[2], fields[1]}
	}
	codes := numbers(fields[0])
	mods := []int{1}
	if len(fields) > 1 {
		mods = numbers(fields[1])
	}
	code := codes[0]
	if code >= firstModKey && code <= lastModKey || code >= firstLock && code <= lastLock {
		return neither
	}
	if code != chordCode && (len(codes) < 3 || codes[2] != chordCode) {
		return other
	}
	switch {
	case len(mods) > 1 && mods[1] > 1: // held down, or let go
		return neither
	case (mods[0]-1)&^locks == withCtrl:
		return pressed
	}
	return other
}

// numbers parses subparameters; what is missing or no number is 0.
func numbers(field string) []int {
	var out []int
	for _, p := range strings.Split(field, ":") {
		n, err := strconv.Atoi(p)
		if err != nil {
			n = 0
		}
		out = append(out, n)
	}
	return out
}
