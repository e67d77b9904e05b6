package engine

import (
	"bytes"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestPlainText(t *testing.T) {
	for _, tt := range []struct{ name, in, want string }{
		{"text", "héllo\tworld\n日本", "héllo\tworld\n日本"},
		{"colour", "\x1b[1;31mred\x1b[0m", "red"},
		{"cursor", "a\x1b[2Ab\x1b[Kc\x1b[?25l", "abc"},
		{"clipboard", "a\x1b]52;c;aGk=\x07b", "ab"},
		{"title, ended by ST", "a\x1b]0;title\x1b\\b", "ab"},
		{"device control", "a\x1bPq#0\x1b\\b", "ab"},
		{"privacy message", "a\x1b^x\x1b\\b\x1b_y\x1b\\c\x1bXz\x1b\\d", "abcd"},
		{"charset", "a\x1b(Bb", "ab"},
		{"keypad", "a\x1b=b\x1bcd", "abd"},
		{"escape twice", "a\x1b\x1b[mb", "ab"},
		{"single C1", "a\u009b31mb\u009d0;x\u009cc\u0085", "abc"},
		{"carriage returns", "10%\r20%\r\n30%\n\r", "10%\n20%\n30%\n\n"},
		{"bell, backspace, delete, null", "a\a\b\x7f\x00b", "ab"},
		{"direction", "a\u202eb\u2066c\u200fd", "abcd"},
		{"not UTF-8", "a\xff\xfeb", "a\ufffd\ufffdb"},
		{"sequence broken off", "\x1b[31\nnext\x1b]0;x\nlast", "\nnext\nlast"},
	} {
		var whole plainText
		if got := string(whole.clean([]byte(tt.in))); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
		var pieces plainText
		var got bytes.Buffer
		for i := range len(tt.in) {
			got.Write(pieces.clean([]byte{tt.in[i]}))
		}
		if got.String() != tt.want {
			t.Errorf("%s, byte by byte: %q, want %q", tt.name, got.String(), tt.want)
		}
	}
}

func TestPlainLine(t *testing.T) {
	if got := plainLine("RUN a\nb\x1b[2J \r\nc"); got != "RUN a b  c" {
		t.Errorf("got %q", got)
	}
}

// FuzzPlainText looks for input whose clean form could act on a terminal, or
// depends on where it was cut.
func FuzzPlainText(f *testing.F) {
	for _, seed := range []string{"\x1b[31mx", "\x1b]52;c;x\x07", "\x1bP\x1b\\", "\u009b1m", "é\r\n", "\xe6\x97", "\x1b\x1b\x1b"} {
		f.Add([]byte(seed), 3)
	}
	f.Fuzz(func(t *testing.T, in []byte, cut int) {
		var whole, halves plainText
		got := whole.clean(bytes.Clone(in))
		for _, r := range string(got) {
			if r != '\n' && r != '\t' && unicode.IsControl(r) {
				t.Fatalf("%q became %q", in, got)
			}
		}
		if !utf8.Valid(got) {
			t.Fatalf("%q became %q, which is not UTF-8", in, got)
		}
		if cut < 0 || cut > len(in) {
			return
		}
		parts := halves.clean(bytes.Clone(in[:cut]))
		parts = append(parts, halves.clean(bytes.Clone(in[cut:]))...)
		if string(parts) != string(got) {
			t.Fatalf("%q cut at %d became %q, in one piece %q", in, cut, parts, got)
		}
	})
}

func TestTail(t *testing.T) {
	tail := newTail()
	if name, lines, _ := tail.failed(); name != "" || lines != nil {
		t.Errorf("nothing failed: %q, %q", name, lines)
	}
	tail.name("a", "RUN a")
	tail.name("b", "RUN b")
	tail.write("a", []byte("one\ntw"))
	tail.write("b", []byte("other\n"))
	tail.write("a", []byte("o\nlast"))
	tail.fail("a")
	tail.fail("b")
	if name, lines, _ := tail.failed(); name != "RUN a" || strings.Join(lines, "|") != "one|two|last" {
		t.Errorf("got %q, %q", name, lines)
	}
	for range 3 * tailLines {
		tail.write("a", []byte("x\n"))
	}
	tail.write("a", []byte("end"))
	if _, lines, _ := tail.failed(); len(lines) != tailLines || lines[tailLines-1] != "end" {
		t.Errorf("%d lines: %q", len(lines), lines)
	}
}
