package tty

import (
	"slices"
	"strings"
	"testing"
)

// attack is output that must not reach the terminal as it is.
type attack struct {
	why  string // what it does to whom
	in   string
	want string // what is left of it; mostly nothing
}

// The tables below are the decisions of the filter, by kind, each with its
// reason. They are from public knowledge: xterm's ctlseqs, DEC's manuals, the
// documents of the terminals named, and the advisories about them.
func attacks() []attack {
	return slices.Concat(commandAttacks(), controlAttacks(), modeAttacks(), escapeAttacks(),
		stringAttacks(), encodingAttacks(), brokenAttacks())
}

func commandAttacks() []attack {
	return []attack{
		{"OSC 52 sets the clipboard: what the user pastes next", "\x1b]52;c;cm0gLXJmIH4K\a", ""},
		{"OSC 52 reads the clipboard", "\x1b]52;c;?\x1b\\", ""},
		{"OSC 052 is 52 to a terminal that parses numbers", "\x1b]052;c;AAAA\a", ""},
		{"OSC with a sign", "\x1b]+52;c;AAAA\a", ""},
		{"OSC 5522: kitty's clipboard", "\x1b]5522;type=read;Lg==\x1b\\", ""},
		{"OSC 1337 File downloads into the user's folder", "\x1b]1337;File=name=eA==;inline=0:AAAA\a", ""},
		{"OSC 1337 Copy sets the clipboard", "\x1b]1337;Copy=:AAAA\a", ""},
		{"OSC 1337 steals focus, sets the profile", "\x1b]1337;StealFocus\a\x1b]1337;SetProfile=x\a", ""},
		{"OSC 1337 opens a web page in iTerm2", "\x1b]1337;Custom=id=x:y\a\x1b]1337;OpenURL=:aHR0cDovL2E=\a", ""},
		{"OSC 7: new tabs open in a folder of the sandbox's choice", "\x1b]7;file://host/tmp/evil\a", ""},
		{"OSC 6: Terminal.app's document", "\x1b]6;file:///etc/passwd\a", ""},
		{"OSC 9: notification of iTerm2", "\x1b]9;You have been hacked\a", ""},
		{"OSC 9;2: message box of ConEmu", "\x1b]9;2;text\a", ""},
		{"OSC 9;6, 9;7: ConEmu runs a macro or process (CVE-2022-46387 is of this kind)", "\x1b]9;6;\"x\"\a\x1b]9;7;\"cmd\"\a", ""},
		{"OSC 9;41 is not 9;4", "\x1b]9;41;x\a\x1b]9;4;x\a\x1b]9;4;1;50;x\a\x1b]9;4;9\a", ""},
		{"OSC 50: xterm answers with the font's name (CVE-2022-45063)", "\x1b]50;?\a\x1b]50;i$(date)\a", ""},
		{"OSC 3: X property of the window", "\x1b]3;WM_COMMAND=x\a", ""},
		{"OSC 46: log file of xterm", "\x1b]46;/home/u/.profile\a", ""},
		{"OSC 51: emacs vterm evaluates", "\x1b]51;Eshell-command \"id\"\a", ""},
		{"OSC 66: kitty's text sizing, not needed", "\x1b]66;s=7;big\a", ""},
		{"OSC 99: notification of kitty, with buttons", "\x1b]99;i=1:a=focus;text\x1b\\", ""},
		{"OSC 777: notification; in rxvt an extension in perl", "\x1b]777;notify;a;b\a\x1b]777;preexec\a", ""},
		{"OSC 633: VS Code trusts the command line in it", "\x1b]633;E;rm -rf ~\a\x1b]633;P;Cwd=/tmp\a", ""},
		{"OSC 5113: kitty's file transfer", "\x1b]5113;ac=send;id=x\x1b\\", ""},
		{"OSC 701: rxvt changes the encoding", "\x1b]701;C\a", ""},
		{"OSC 440: mintty plays a file", "\x1b]440;x.wav\a", ""},
		{"OSC 22: pointer shape, not put back", "\x1b]22;crosshair\a", ""},
		{"OSC 13 to 19, 21: colours that are not put back", "\x1b]13;red\a\x1b]17;?\a\x1b]21;foreground=red\x1b\\", ""},
		{"OSC 10 with so many values that it sets those", "\x1b]10;#000;#000;#000;#000\a\x1b]12;#000;#000\a", ""},
		{"a colour that is none", "\x1b]11;$(id)\a\x1b]4;1\a\x1b]4;x'y;red\a", ""},
		{"OSC 4 of 100 KB", "\x1b]4;" + strings.Repeat("1;?;", 25<<10) + "1;?\a", ""},
		{"Linux console: sets the palette, with no end to the string", "\x1b]P0ff0000\a", ""},
		{"OSC without a number: titles of dtterm, and unknown ones", "\x1b]ltitle\x1b\\\x1b]Licon\x1b\\\x1b];x\a\x1b]\a", ""},
		{"OSC with an unknown number", "\x1b]6174;x\a\x1b]99999999999999999999;x\a\x1b]3008;start=x\x1b\\", ""},
		{"a title with a control in it", "\x1b]0;a\nb\a\x1b]2;a\x00b\a\x1b]2;a\x7fb\a", ""},
		{"a title with U+009C, which ends it for some: the rest is text", "\x1b]0;a\u009cb\a", ""},
		{"a title that is not UTF-8: 0x9C ends it for some", "\x1b]0;a\x9cb\a", ""},
		{"a link to a file, a program, a script", "\x1b]8;;file:///etc/passwd\a", "\x1b]8;;\a"},
		{"a link in a scheme of an installed program", "\x1b]8;;vscode://x\x1b\\", "\x1b]8;;\x1b\\"},
		{"a link with a space, a quote of bytes, too long",
			"\x1b]8;;http://a b\a\x1b]8;;http://\u202e\a\x1b]8;;http://" + strings.Repeat("a", 4000) + "\a",
			"\x1b]8;;\a\x1b]8;;\a\x1b]8;;\a"},
	}
}

func controlAttacks() []attack {
	return []attack{
		{"CSI 20 t, 21 t: the terminal types its title, set before (CVE-2003-0063)", "\x1b[20t\x1b[21t\x1b[21;0t", ""},
		{"the same with a leading zero or a second parameter", "\x1b[021t\x1b[21;1t\x1b[;21t", ""},
		{"CSI t iconifies, moves, resizes, raises, maximises", "\x1b[1t\x1b[2t\x1b[3;0;0t\x1b[4;9;9t\x1b[5t\x1b[6t\x1b[8;1;1t\x1b[9;1t\x1b[10;1t", ""},
		{"CSI t tells state and place of the window", "\x1b[11t\x1b[13t\x1b[15t\x1b[19t", ""},
		{"DECSLPP resizes to so many lines", "\x1b[99t", ""},
		{"CSI 22/23 t by index reach titles that are not the session's", "\x1b[22;0;3t\x1b[23;0;1t", ""},
		{"CSI 23 t takes back a title that the session did not save", "\x1b[23;0t\x1b[23t", ""},
		{"CSI > t: titles in hexadecimal, as reports", "\x1b[>0;1t\x1b[>2T", ""},
		{"CSI i prints the screen, or all that follows", "\x1b[i\x1b[5i\x1b[4i\x1b[?5i\x1b[?1i", ""},
		{"DECRQCRA reads the screen, what was there before the session included", "\x1b[1;1;1;1;80;24*y", ""},
		{"XTCHECKSUM makes that readable", "\x1b[3#y", ""},
		{"XTREPORTSGR, XTREPORTCOLORS: not needed", "\x1b[1;1;9;9#|\x1b[#R", ""},
		{"DECREQTPARM", "\x1b[x\x1b[0x\x1b[1x", ""},
		{"DECTST: self tests, with a reset", "\x1b[2;1y", ""},
		{"DSR of printer, keys, locator, macros, memory", "\x1b[?15n\x1b[?25n\x1b[?26n\x1b[?55n\x1b[?62n\x1b[?63;1n", ""},
		{"DSR in disguise", "\x1b[05n\x1b[5;5n\x1b[n\x1b[>5n", ""},
		{"DECRQTSR, DECRQPSR, DECRQUPSS, DECRQDE: reports", "\x1b[1$u\x1b[1$w\x1b[&u\x1b[\"v", ""},
		{"DECELR, DECSLE, DECRQLP: reports where the mouse is", "\x1b[1'z\x1b[1'{\x1b['|\x1b[1;1;2;2'w", ""},
		{"DECLL: lamps of the keyboard", "\x1b[1q\x1b[22q", ""},
		{"DECSCL: VT100 mode, 8-bit answers", "\x1b[61\"p\x1b[62;0\"p", ""},
		{"DECSR, DECINVM: secure reset, macros", "\x1b[1+p\x1b[1*z", ""},
		{"DECSASD, DECSSDT: output goes to a status line", "\x1b[1$}\x1b[2$~", ""},
		{"DECSCPP, DECSNLS: resize", "\x1b[132$|\x1b[99*|", ""},
		{"DECAC, DECATC: colours that are not put back", "\x1b[1;3;4,|\x1b[1;3;4,}", ""},
		{"XTSHIFTESCAPE takes Shift-select from the user", "\x1b[>1s", ""},
		{"XTSMPOINTER hides the pointer", "\x1b[>3p", ""},
		{"XTSMGRAPHICS", "\x1b[?1;1;0S", ""},
		{"XTSAVE, XTRESTORE: what the user's programs saved", "\x1b[?1049s\x1b[?1049r\x1b[?5s", ""},
		{"XTMODKEYS for other keys than modifyOtherKeys", "\x1b[>1;2m\x1b[>0;1m\x1b[>2n\x1b[>n\x1b[>4;1f", ""},
		{"highlight tracking hangs xterm until answered", "\x1b[1;1;1;1;1T", ""},
		{"Linux console: another console to the front, screen off, bell", "\x1b[12;2]\x1b[14;0]\x1b[9;0]\x1b[15]", ""},
		{"Linux console: CSI [ swallows the next character", "\x1b[[A", "A"},
		{"tab stops outlive the session", "\x1b[3g\x1b[0W", ""},
		{"REP of a huge count has hung terminals", "x\x1b[4294967295b\x1b[99999b", "x"},
		{"a parameter of a thousand digits", "\x1b[" + strings.Repeat("0", 200) + "A\x1b[" + strings.Repeat("9", 1000) + "m", ""},
		{"too long, to its end", "\x1b[" + strings.Repeat("1;", 5000) + "1mtext", "text"},
		{"a marker that is not in front, or twice", "\x1b[5?h\x1b[??25l\x1b[>?4m\x1b[1;?21t", ""},
		{"a parameter after an intermediate", "\x1b[ 1q\x1b[$1p", ""},
		{"CSI with an unknown final byte", "\x1b[1~\x1b[1;2R\x1b[1o\x1b[1z\x1b[1N", ""},
		{"kitty: takes back the keyboard state of the program before", "\x1b[<u\x1b[<99u", ""},
	}
}

func modeAttacks() []attack {
	return []attack{
		{"DECANM: VT52 mode, where sequences read differently", "\x1b[?2l\x1b[?2h", ""},
		{"DECTEK: Tektronix mode, likewise, and a window", "\x1b[?38h", ""},
		{"DECCOLM and its permission resize the window", "\x1b[?40h\x1b[?3h", ""},
		{"KAM locks the keyboard", "\x1b[2h", ""},
		{"SRM, LNM, CRM: local echo, Return sends two, controls shown", "\x1b[12l\x1b[20h\x1b[3h", ""},
		{"xterm's log file", "\x1b[?46h", ""},
		{"printing modes", "\x1b[?18h\x1b[?19h", ""},
		{"DECNRCM: national characters in place of UTF-8", "\x1b[?42h", ""},
		{"highlight tracking", "\x1b[?1001h", ""},
		{"selection to clipboard, raise on bell, title modes", "\x1b[?1040h\x1b[?1041h\x1b[?1043h\x1b[?1044h", ""},
		{"the alternate screen switched off for good", "\x1b[?1046l", ""},
		{"keyboard modes whose usual state nobody knows", "\x1b[?8l\x1b[?67h\x1b[?1034h\x1b[?1036l\x1b[?1039h\x1b[?1050h\x1b[?1061h", ""},
		{"kitty: pastes with the clipboard's other types", "\x1b[?5522h", ""},
		{"win32 input mode", "\x1b[?9001h", ""},
		{"sub-parameters", "\x1b[?25:2l", ""},
		{"a mode beyond 32 bits that wraps to 38", "\x1b[?4294967334h\x1b[?65574h", ""},
	}
}

func escapeAttacks() []attack {
	return []attack{
		{"ESC % @: from UTF-8 to Latin-1, where characters hold controls", "\x1b%@\xc2\x9b21t", "21t"},
		{"ESC % G, ESC % /: other encodings", "\x1b%G\x1b%/I", ""},
		{"ESC $: two-byte sets", "\x1b$B\x1b$(D\x1b$)A", ""},
		{"ESC SP G: answers in 8-bit controls", "\x1b G\x1b F", ""},
		{"national sets: # becomes £, [ becomes Ä", "\x1b(K\x1b(4\x1b-A", ""},
		{"shifts", "\x1bn\x1bo\x1b|\x1b}\x1b~\x1bN\x1bO", ""},
		{"DECID answers", "\x1bZ", ""},
		{"HTS sets a tab stop", "\x1bH", ""},
		{"memory lock", "\x1bl\x1bm", ""},
		{"ST alone", "\x1b\\", ""},
		{"many intermediates", "\x1b((((((((0", ""},
		{"screen: a message, with an intermediate", "\x1b!text", "ext"},
	}
}

func TestFilterAttacks(t *testing.T) {
	for _, a := range attacks() {
		for _, size := range []int{0, 1, 3} {
			if got := filtered(t, a.in, FilterOptions{}, size); got != a.want {
				t.Errorf("%s, in pieces of %d:\n in   %.200q\n got  %.200q\n want %.200q", a.why, size, a.in, got, a.want)
			}
		}
		// An attack does not take what is around it along. The sequence after it
		// ends those that leave a string open.
		got := filtered(t, "before"+a.in+"\x1b[0mafter", FilterOptions{}, 0)
		if !strings.HasPrefix(got, "before") || !strings.HasSuffix(got, "\x1b[0mafter") {
			t.Errorf("%s: around it: %.200q", a.why, got)
		}
	}
}
