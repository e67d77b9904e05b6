package tty

import (
	"bytes"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// harmless is the whole grammar of what may come out, written down a second time
// and in another way than in the filter. Whatever it does not know is a find.
var harmless = regexp.MustCompile(`\A(?:` + strings.Join([]string{
	text, `[\x07-\x0f]`,
	`\x1b[78DEMc=>]`, `\x1b#[34568]`, `\x1b[(-+][0AB]`,
	`\x1b\[[0-9;:]*[@A-GHIZadef` + "`" + `JKLMPSXb^mr]`,
	`\x1b\[[0-9:]*T`,
	`\x1b\[\?[0-9;:]*[JK]`,
	`\x1b\[[0-9;:]*(?: [@A]|'[}~]|\$[rtvxz{]|#[pq{}]|"q|!p|s)`,
	`\x1b\[(?:u|[<>=][0-9;:]*u|\?u)`,
	`\x1b\[(?:>4?m|>4[;:][0-9;:]*m|>4n|\?4m)`,
	`\x1b\[[0-9:;]? q`,
	`\x1b\[[>=]?0?c`, `\x1b\[>0?q`, `\x1b\[[56]n`, `\x1b\[\?(?:6|996)n`, `\x1b\[\??[0-9]*\$p`,
	`\x1b\[(?:1[468]|14;2|2[23](?:;[012])?)t`,
	`\x1b\[(?:4|34)(?:;(?:4|34))*[hl]`,
	`\x1b\[\?(?:` + decModes + `)(?:;(?:` + decModes + `))*[hl]`,
	`\x1b\](?:` + strings.Join([]string{
		`[012];` + text + `{0,256}`,
		`4;` + colour, `1[012];` + colour, `104(?:;[0-9;]*)?`, `11[012];?`,
		`8;` + text + `*;`, `8;` + text + `*;(?i:https?)://[!-~]*`,
		`9;4;[0-4](?:;[0-9]{0,3};?)?`, `133(?:;` + text + `*)?`,
		`52;[cpqs0-7]*;[0-9A-Za-z+/]*=*`,
	}, "|") + `)(?:\x07|\x1b\\)`,
	`\x1bP(?:\+q[0-9A-Fa-f;]*|\$q[ -/]{0,2}[@-~])\x1b\\`,
}, "|") + `)*\z`)

const (
	text     = `[^\x00-\x1f\x7f-\x{9f}]`
	colour   = `[-0-9A-Za-z#:/;?,. %]*`
	decModes = `1|4|5|6|7|9|12|13|25|45|47|66|69|1000|1002|1003|1004|1005|1006|1007|1015|1016|1047|1048|1049|2004|2026|2027|2031|2048`
)

// loud is what must not come out of a passive filter.
var loud = regexp.MustCompile(`\x1b\[[?<>=]?[0-9;:]*[hlcnqrt]|\x1b\[[?<>=][0-9;]*u|\x1b\[[?0-9]*\$p|\x1b\[[0-9]* q|\x1b\][^8]|\x1b[Pc=>]|[\x0e\x0f]`)

func checkFilter(t *testing.T, in string, opts FilterOptions, size int) {
	out := filtered(t, in, opts, 0)
	if pieces := filtered(t, in, opts, size); pieces != out {
		t.Fatalf("%q in pieces of %d: %q, in one: %q", in, size, pieces, out)
	}
	if again := filtered(t, out, opts, 0); again != out {
		t.Fatalf("%q became %q, and that %q", in, out, again)
	}
	if !utf8.ValidString(out) {
		t.Fatalf("%q became %q, which is not UTF-8", in, out)
	}
	if !harmless.MatchString(out) {
		t.Fatalf("%q became %q, which is not harmless", in, out)
	}
	if !opts.Clipboard && strings.Contains(out, "\x1b]52") {
		t.Fatalf("%q sets the clipboard: %q", in, out)
	}
	if opts.Passive && loud.MatchString(out) {
		t.Fatalf("%q is not passive: %q", in, out)
	}
}

func FuzzFilter(f *testing.F) {
	for _, a := range attacks() {
		if len(a.in) < 4096 {
			f.Add([]byte(a.in), uint8(3), uint8(2))
		}
	}
	for _, s := range []string{
		"\x1b[>1u\x1b[?1049h\x1b[>3u\x1b[=5;2u\x1b[?2004;1000h", "\x1b]8;;http://a\ax\x1b[1m\x1b]11;red\a\x1b[22;0t\x1b]9;4;1;5\a",
		"\x1b[>4;2m\x1b[2 q\x1b=\x1b[4h\x1b]4;1;red;2;?\a\x1b]10;#fff;#000\x1b\\", "\x1b]52;c;aGk=\a\x1bP$qm\x1b\\漢\xe6",
	} {
		f.Add([]byte(s), uint8(1), uint8(1))
	}
	f.Fuzz(func(t *testing.T, in []byte, size, options uint8) {
		opts := FilterOptions{Clipboard: options&1 != 0, Passive: options&2 != 0}
		checkFilter(t, string(in), opts, int(size)+1)
	})
}

// TestFilterGrammar runs the invariants of the fuzz target over all pairs of
// pieces from which attacks are made, and makes sure that they can fail.
func TestFilterGrammar(t *testing.T) {
	pieces := []string{
		"\x1b", "[", "]", "P", "\\", "\a", "\x18", "\x9b", "\u009d", "\xc2", "ä", "5i", "21t", "52;c;AAAA", "?1049h",
		"0;title", "8;;http://a", ">1u", "<u", "4;1;red", "$qm", "k", "_", ";", "m", "(", "0", " ", "\x00", "漢\xe6",
	}
	for _, a := range pieces {
		for _, b := range pieces {
			for _, c := range pieces {
				checkFilter(t, "\x1b"+a+b+c, FilterOptions{}, 1)
			}
		}
	}
	for _, bad := range []string{"\x1b[5i", "\x1b]52;x", "\x1b]7;x\a", "\x1b]0;a\nb\a", "\u009b", "\x05", "\x1b[?2h", "\x1b_x\x1b\\"} {
		if harmless.MatchString("text" + bad) {
			t.Errorf("the grammar of the test finds no harm in %q", bad)
		}
	}
}

func benchmarkFilter(b *testing.B, text []byte) {
	f := NewFilter(&countingWriter{}, FilterOptions{})
	chunk := bytes.Repeat(text, 32<<10/len(text)+1)[:32<<10]
	b.SetBytes(int64(len(chunk)))
	for b.Loop() {
		if _, err := f.Write(chunk); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkFilterASCII(b *testing.B) {
	benchmarkFilter(b, []byte("The quick brown fox jumps over the lazy dog 0123456789\r\n"))
}

func BenchmarkFilterUTF8(b *testing.B) {
	benchmarkFilter(b, []byte("│ ● Grüße aus 東京 — naïve façade ✻ │ plain text between\r\n"))
}

func BenchmarkFilterScreen(b *testing.B) {
	benchmarkFilter(b, []byte("\x1b[?2026h\x1b[12;1H\x1b[2K\x1b[38;2;215;119;87m●\x1b[39m Reading \x1b[1mfile.go\x1b[22m (120 lines)\r\n\x1b[?2026l"))
}
