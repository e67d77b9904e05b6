package tty

import (
	"strings"
	"testing"
)

func stringAttacks() []attack {
	image := "f=100,t=f;L2V0Yy9wYXNzd2Q="
	return []attack{
		{"DECUDK: keys type what the sandbox chose (CVE-2003-0066 and its like)", "\x1bP0;1|17/726d0d\x1b\\", ""},
		{"sixel, ReGIS", "\x1bPq#0;2;0;0;0~~\x1b\\\x1bP0pS(E)\x1b\\", ""},
		{"DECDMAC defines a macro", "\x1bP1;0;1!z1b5b323174\x1b\\", ""},
		{"DECDLD downloads glyphs", "\x1bP1;1;1{ @????\x1b\\", ""},
		{"DECRSTS, DECRSPS restore states", "\x1bP1$p!\x1b\\\x1bP1$t1;1\x1b\\", ""},
		{"DECAUPSS, DECLANS", "\x1bP0!u%5\x1b\\\x1bP1v41\x1b\\", ""},
		{"DECRQSS with more than a name: its answer echoed it (CVE-2008-2383)", "\x1bP$q\nid\n\x1b\\\x1bP$qrm -rf\x1b\\\x1bP$q\x1b\\", ""},
		{"XTGETTCAP with more than hexadecimals", "\x1bP+q54;;zz\x1b\\\x1bP+q\n\x1b\\", ""},
		{"XTSETTCAP", "\x1bP+p544e\x1b\\", ""},
		{"a parameter before an allowed name", "\x1bP1+q544e\x1b\\\x1bP1$qm\x1b\\", ""},
		{"synchronised output in its old form, which Terminal.app prints", "\x1bP=1s\x1b\\", ""},
		{"tmux passthrough around OSC 52: the inner one falls too", "\x1bPtmux;\x1b\x1b]52;c;AAAA\a\x1b\\", ""},
		{"tmux passthrough, two deep", "\x1bPtmux;\x1b\x1bPtmux;\x1b\x1b\x1b\x1b]52;c;AAAA\a\x1b\x1b\\\x1b\\", ""},
		{"screen passthrough", "\x1bP\x1b]52;c;AAAA\a\x1b\\", ""},
		{"tmux control mode starts with it", "\x1bP1000p%begin\x1b\\", ""},
		{"kitty graphics: reads a file of the host", "\x1b_G" + image + "\x1b\\", ""},
		{"kitty remote control is a DCS", "\x1bP@kitty-cmd{\"cmd\":\"launch\"}\x1b\\", ""},
		{"APC, PM, SOS of any kind", "\x1b_x\x1b\\\x1b^privacy\x1b\\\x1bXstring\x1b\\", ""},
		{"BEL does not end them", "\x1b_x\ay\x1b\\\x1b^x\ay\x1b\\\x1bPx\ay\x1b\\", ""},
		{"ESC k: title of screen and tmux", "\x1bktitle\x1b\\", ""},
		{"a string within a string, cut short by ESC", "\x1b]0;a\x1b]52;c;AAAA\a", ""},
		{"a control sequence within a string ends it", "\x1b]0;title\x1b[5i\x1b[31m", "\x1b[31m\x1b[m"},
		{"ESC ESC before the end", "\x1b]0;x\x1b\x1b\\", ""},
		{"CAN and SUB end a string", "\x1b]0;x\x18a\x1bPq\x1ab", "ab"},
		{"a CSI in a title", "\x1b]2;x\x9b21ty\a", ""},
		{"without an end, until the next ESC", "\x1b]52;c;AAAA text\x1b[K", "\x1b[K"},
		{"too long: dropped to its end, not passed from there on",
			"\x1b]0;" + strings.Repeat("x", maxString) + "\x1b[5iy\x1b]52;c;AAAA\az", "yz"},
		{"too long, ended by ST", "\x1b_" + strings.Repeat("x", 200<<10) + "\x1b\\z", "z"},
		{"too long, ended by BEL", "\x1b]9;4;1" + strings.Repeat("0", 200<<10) + "\az", "z"},
	}
}

func encodingAttacks() []attack {
	return []attack{
		{"raw C1: CSI, OSC, DCS, APC, PM, SOS, ST", "\x9b21t\x9d52;c;AAAA\x9c\x90x\x9fx\x9ex\x98x", "21t52;c;AAAAxxxx"},
		{"C1 in UTF-8", "\u009b21t\u009d52;c;AAAA\u009c\u0085\u0090", "21t52;c;AAAA"},
		{"C1 in overlong UTF-8, of two, three and four bytes", "\xc2\x1b[5i\xe0\x82\x9b5i\xf0\x80\x82\x9b5i", "\ufffd\ufffd5i\ufffd5i"},
		{"ESC in overlong UTF-8", "\xc0\x9b[5i\xe0\x80\x9b[5i", "\ufffd[5i\ufffd[5i"},
		{"ESC after the first byte of a character: a decoder may swallow it", "\xc2\x1b]52;c;AAAA\a\xe2\x82\x1b[5i", "\ufffd\ufffd"},
		{"0x9B as the second byte of none", "\xe2\x9b21t", "\ufffd21t"},
		{"a surrogate, and beyond Unicode", "\xed\xa0\x80\xf4\x90\x80\x80\xfe\xff", "\ufffd\ufffd\ufffd\ufffd\ufffd"},
		{"C1 split from its lead byte by what is dropped", "\xc2\x05\x9b21t", "\ufffd21t"},
		{"UTF-16", "\x00\x1b\x00[\x005\x00i", "[5i"},
		{"UTF-7", "+ABs-[5i", "+ABs-[5i"},
	}
}

func brokenAttacks() []attack {
	return []attack{
		{"ENQ: the terminal types its answerback", "a\x05b", "ab"},
		{"DC1 to DC4, SUB, CAN, FS to US, NUL, DEL", "\x11\x12\x13\x14\x1a\x18\x1c\x1d\x1e\x1f\x00\x7f\x01\x16", ""},
		{"a control inside a sequence: a VT executes it and goes on", "\x1b[2\n1t", "\n1t"},
		{"ENQ inside a sequence", "\x1b[\x055n", "5n"},
		{"NUL and DEL inside: some ignore them", "\x1b[2\x001t\x1b[2\x7f1t\x1b\x00[5i", "1t1t[5i"},
		{"CAN inside, then a sequence", "\x1b[2\x18\x1b[5i\x1b[2\x1a1t", "1t"},
		{"ESC inside starts anew", "\x1b[2\x1b[21t\x1b\x1b\x1b[5i", ""},
		{"C1 inside", "\x1b[\x9b5i\x1b\x9b5i\x1b[\u009b5i", "5i5i5i"},
		{"a character inside", "\x1b[2ä1t", "ä1t"},
		{"nothing after ESC", "text\x1b", "text"},
		{"nothing after CSI", "text\x1b[12", "text"},
		{"half a character at the end", "text\xe6\xbc", "text"},
	}
}

// TestFilterUnterminated: a string that nothing ends is dropped, however the
// stream ends.
func TestFilterUnterminated(t *testing.T) {
	for _, start := range []string{"\x1b]", "\x1b]52;c;", "\x1b]0;", "\x1bP", "\x1bP$q", "\x1b_G", "\x1b^", "\x1bX", "\x1bk"} {
		for _, tail := range []string{"", "text\n", "\x1b", "\u009c", "\x9c", strings.Repeat("x", 100<<10)} {
			if got := filtered(t, "a"+start+tail, FilterOptions{Clipboard: true}, 0); got != "a" {
				t.Errorf("%q, %.20q: %.50q", start, tail, got)
			}
		}
	}
}

func TestFilterClipboard(t *testing.T) {
	for in, ok := range map[string]bool{
		"\x1b]52;c;aGVsbG8=\a": true, "\x1b]52;;aGVsbG8=\x1b\\": true, "\x1b]52;pc;\a": true,
		"\x1b]52;c;?\a": false, "\x1b]52;c;!\a": false, "\x1b]52;c\a": false, "\x1b]52\a": false,
		"\x1b]52;x;aGVs\a": false, "\x1b]52;c;aG\nVs\a": false, "\x1b]52;c;aGVs;?\a": false,
		"\x1b]1337;Copy=:aGVs\a": false, "\x1b]5522;type=write\x1b\\": false,
	} {
		want := ""
		if ok {
			want = in
		}
		if got := filtered(t, in, FilterOptions{Clipboard: true}, 0); got != want {
			t.Errorf("%q: %q", in, got)
		}
		if got := filtered(t, in, FilterOptions{Clipboard: true, Passive: true}, 0); got != "" {
			t.Errorf("passive, %q: %q", in, got)
		}
	}
}

// TestFilterPassive: nothing that makes the terminal answer into the user's
// shell, or that nobody would put back.
func TestFilterPassive(t *testing.T) {
	for in, want := range map[string]string{
		"\x1b[1;31mred\x1b[0m \x1b[2K\r50%\x1b[A\n": "\x1b[1;31mred\x1b[0m \x1b[2K\r50%\x1b[A\n",
		"\x1b(B\x1b[m":                                  "\x1b(B\x1b[m",
		"\x1b[1mbold":                                   "\x1b[1mbold\x1b[m",
		"\x1b]8;;https://a.example\atext":               "\x1b]8;;https://a.example\atext\x1b]8;;\x1b\\",
		"\x1b[c\x1b[6n\x1b[5n\x1b[>q\x1b[?u\x1b[18t":    "",
		"\x1b]11;?\a\x1bP+q544e\x1b\\\x1b[?2026$p":      "",
		"\x1b[?1049h\x1b[?1000h\x1b[4h\x1b[>1u\x1b[r":   "",
		"\x1b]0;title\a\x1b]4;1;red\a\x1b]9;4;1;50\a":   "",
		"\x1b(0\x0e\x0f\x1b=\x1bc\x1b[!p\x1b[2 q\x1b[s": "\x1b[s",
	} {
		if got := filtered(t, in, FilterOptions{Passive: true}, 0); got != want {
			t.Errorf("%q: got %q, want %q", in, got, want)
		}
	}
}
