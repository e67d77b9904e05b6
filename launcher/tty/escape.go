package tty

// escapeSequence decides on the two- and three-byte sequence in f.seq.
func (f *Filter) escapeSequence() {
	name := string(f.seq[1:])
	if f.permits(escapeClass(name)) {
		f.screen.escape(name)
		f.out = append(f.out, f.seq...)
	}
}

// escapeClass lists the escape sequences that pass. Not among them, and for a
// reason: ESC % @ and ESC $ ... (another encoding: from then on the terminal
// finds 8-bit controls in the middle of UTF-8 characters), ESC SP G (answers in
// 8-bit controls), ESC Z and ESC [ x (answers of a kind that nothing needs),
// ESC H (tab stops outlive the session), locking and single shifts, and the
// hardware and printer sequences of single makers.
func escapeClass(name string) class {
	switch name {
	case "7", "8", "D", "E", "M", // save and restore the cursor, line feeds
		"#3", "#4", "#5", "#6", "#8", // line sizes, alignment pattern
		"(B": // the normal character set
		return paint
	case "=", ">", "c", // keypad; full reset, which is no more than CSI ! p and CSI 3 J
		"(0", "(A", ")0", ")A", ")B", "*0", "*A", "*B", "+0", "+A", "+B":
		return change
	}
	return deny
}
