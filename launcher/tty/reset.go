package tty

// enterSequence saves the user's window title; resetSequence brings it back.
const enterSequence = "\x1b[22;0t"

// resetSequence puts a terminal back into the modes that a shell expects,
// whatever state it is in. It is made of sequences that every terminal either
// knows or swallows without a trace; changes that need others are taken back by
// [Filter.Close], which knows whether they were made: Konsole has printed the
// "u" of CSI < u, and Terminal.app prints what follows "$" or "!" in a CSI.
//
// The cursor stays where it is. DECSTBM would move it home, so it stands between
// DECSC and DECRC. For the main screen it is DECRST 1047, not 1049: that one also
// brings the cursor back, in tmux even on the main screen, to where the last
// full-screen program was started. A session that has switched with 1049 is
// switched back with it by Filter.Close.
const resetSequence = "\x1b\\" + // the end of a string that was cut off
	"\x1b[?2026l" + // show what is held back
	"\x1b[?1047l" + // main screen
	"\x1b7\x1b[r\x1b8" + // whole screen scrolls
	"\x0f\x1b(B\x1b)B" + // character sets
	"\x1b[?9;1000;1002;1003;1005;1006;1015;1016l" + // mouse
	"\x1b[?1004;2004l" + // focus events, bracketed paste
	"\x1b[?1l\x1b>" + // cursor keys, keypad
	"\x1b[4l\x1b[?7h" + // insert, wrap
	"\x1b[?25h\x1b[m" + // cursor, colours
	"\x1b[23;0t" // title

// statusRequest makes the terminal answer statusReply, after all that it was
// asked before.
const (
	statusRequest = "\x1b[5n"
	statusReply   = "\x1b[0n"
)
