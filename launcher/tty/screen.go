package tty

import (
	"slices"
	"strconv"
	"strings"
)

// Bounds on what is remembered, as terminals bound it: an entry beyond them
// pushes the oldest out (keyboard) or is refused (titles).
const (
	maxKeyboards = 16
	maxTitles    = 8
)

// screen is what the output has changed in the terminal and not taken back.
// It knows just enough to undo that, and to repeat it on another terminal; it
// does not know the text.
type screen struct {
	modes    map[int]bool // DECSET modes that are not as they were
	insert   bool
	keypad   bool
	keyboard [2][]int // kitty's flags: a stack each for the main and the alternate screen
	modKeys  string   // what set modifyOtherKeys
	cursor   string   // DECSCUSR
	colours  map[string]bool
	progress bool
	link     bool
	sgr      bool
	titles   []string // kinds of the titles that were saved
}

func newScreen() screen {
	return screen{
		modes:    map[int]bool{},
		keyboard: [2][]int{{0}, {0}},
		colours:  map[string]bool{},
	}
}

// alternate returns the modes that switch to the alternate screen.
func alternate() []int { return []int{47, 1047, 1049} }

// inAlternate reports whether the alternate screen is shown.
func (s *screen) inAlternate() bool {
	return slices.ContainsFunc(alternate(), func(n int) bool { return s.modes[n] })
}

// keys returns the keyboard stack of the screen that is shown.
func (s *screen) keys() *[]int {
	if s.inAlternate() {
		return &s.keyboard[1]
	}
	return &s.keyboard[0]
}

// mode takes note of SM, RM, DECSET and DECRST.
func (s *screen) mode(private string, n int, on bool) {
	switch {
	case private == "":
		if n == 4 {
			s.insert = on
		}
		return
	case n == 1048: // saves and restores the cursor: not a mode
		return
	case !on && slices.Contains(alternate(), n): // each ends what any has begun
		for _, m := range alternate() {
			delete(s.modes, m)
		}
		return
	}
	if usual := n == 7 || n == 25; on == usual {
		delete(s.modes, n)
	} else {
		s.modes[n] = on
	}
}

// escape takes note of an escape sequence.
func (s *screen) escape(name string) {
	switch name {
	case "=", ">":
		s.keypad = name == "="
	case "c":
		titles, colours, progress := s.titles, s.colours, s.progress
		*s = newScreen()
		s.titles, s.colours, s.progress = titles, colours, progress
	}
}

// control takes note of a control sequence, and returns false for one that takes
// back what the session never did: the state before it belongs to the user.
func (s *screen) control(c csi) bool {
	switch c.name {
	case "m":
		s.sgr = !c.is("", "0")
	case ">m", ">n":
		s.modKeys = ""
		if level := strings.TrimPrefix(c.params, "4"); level != "" && level != ";" || c.name == ">n" {
			s.modKeys = c.params + c.name[1:]
		}
	case " q":
		s.cursor = strings.TrimPrefix(c.params, "0")
	case "!p":
		s.insert, s.keypad, s.sgr = false, false, false
		for _, n := range []int{1, 6, 25, 66, 69} {
			delete(s.modes, n)
		}
	case "t":
		return s.title(c.params)
	case ">u", "<u", "=u":
		return s.keyProtocol(c)
	}
	return true
}

// title takes note of saving and bringing back titles ("22;0", "23;2", ...).
func (s *screen) title(params string) bool {
	op, kind, _ := strings.Cut(params, ";")
	if kind == "" {
		kind = "0"
	}
	n := len(s.titles)
	switch {
	case op == "22" && n < maxTitles:
		s.titles = append(s.titles, kind)
	case op == "23" && n > 0 && s.titles[n-1] == kind:
		s.titles = s.titles[:n-1]
	case op == "22", op == "23":
		return false
	}
	return true
}

// keyProtocol takes note of kitty's keyboard protocol.
func (s *screen) keyProtocol(c csi) bool {
	first, second, _ := strings.Cut(c.params, ";")
	n, err := strconv.Atoi(first)
	stack := s.keys()
	top := len(*stack) - 1
	switch c.name {
	case ">u":
		*stack = append(*stack, n)
		if len(*stack) > maxKeyboards {
			*stack = slices.Delete(*stack, 1, 2)
		}
	case "<u":
		if err != nil || n == 0 {
			n = 1
		}
		if top == 0 {
			return false
		}
		*stack = (*stack)[:1+max(top-n, 0)]
	case "=u":
		switch second {
		case "2":
			n |= (*stack)[top]
		case "3":
			n = (*stack)[top] &^ n
		}
		(*stack)[top] = n
	}
	return true
}

// command takes note of an OSC.
func (s *screen) command(number, text string) {
	switch number {
	case "4", "10", "11", "12":
		s.colour(number, strings.Split(text, ";"))
	case "104":
		if text == "" {
			delete(s.colours, "4")
		}
	case "110", "111", "112":
		delete(s.colours, number[1:])
	case "8":
		s.link = !strings.HasSuffix(text, ";")
	case "9":
		s.progress = !strings.HasPrefix(text, "4;0")
	}
}

// colour takes note of OSC 4 (pairs of index and colour) and OSC 10 to 12 (a
// colour for each number from there on).
func (s *screen) colour(number string, values []string) {
	first, _ := strconv.Atoi(number)
	for i, v := range values {
		switch {
		case v == "?" || v == "" || first == 4 && i%2 == 0:
		case first == 4:
			s.colours[number] = true
		default:
			s.colours[strconv.Itoa(first+i)] = true
		}
	}
}
