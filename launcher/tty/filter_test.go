package tty

import (
	"bytes"
	"errors"
	"os"
	"strings"
	"testing"
)

// filtered returns what becomes of in, written in pieces of the given size, and
// closed. Zero is one piece.
func filtered(t testing.TB, in string, opts FilterOptions, size int) string {
	t.Helper()
	var out bytes.Buffer
	f := NewFilter(&out, opts)
	if size == 0 {
		size = max(len(in), 1)
	}
	for rest := []byte(in); len(rest) > 0; {
		n := min(size, len(rest))
		if _, err := f.Write(rest[:n]); err != nil {
			t.Fatal(err)
		}
		rest = rest[n:]
	}
	if err := f.Close(); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// unclosed is filtered without Close, for what is taken back at the end.
func unclosed(t testing.TB, in string, opts FilterOptions) string {
	t.Helper()
	var out bytes.Buffer
	if _, err := NewFilter(&out, opts).Write([]byte(in)); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

func TestFilterPasses(t *testing.T) {
	for _, in := range []string{
		"plain text, tab\t and lines\r\n", "\a\b\v\f\x0e\x0f",
		"naïve Grüße 漢字 👩‍🚀 \u00a0\u202e", // text is shown as it is, even where it misleads
		"\x1b[m", "\x1b[1;38;2;10;20;30;48:2::1:2:3m", "\x1b[4:3m", "\x1b[58:5:1m",
		"\x1b[H\x1b[2J\x1b[3J\x1b[12;40H\x1b[5A\x1b[K\x1b[?J", "\x1b[3L\x1b[2M\x1b[4@\x1b[5P\x1b[6X\x1b[80b",
		"\x1b[2;20r", "\x1b[s\x1b[u", "\x1b[?69h\x1b[5;60s", "\x1b7\x1b8", "\x1bM\x1bD\x1bE", "\x1bc", "\x1b[!p",
		"\x1b(0lqk\x1b(B", "\x1b)0", "\x1b=", "\x1b>", "\x1b#8",
		"\x1b[?1h", "\x1b[?25l", "\x1b[?25h", "\x1b[?7l", "\x1b[4h", "\x1b[34l",
		"\x1b[?1049h", "\x1b[?1047h", "\x1b[?47h", "\x1b[?2026h\x1b[?2026l", "\x1b[?2004h", "\x1b[?1004h",
		"\x1b[?1000;1002;1003;1006h", "\x1b[?1016h", "\x1b[?2031h", "\x1b[?2048h", "\x1b[?2027h", "\x1b[?1007h",
		"\x1b[>1u", "\x1b[?u", "\x1b[=5;2u", "\x1b[>1u\x1b[<u", "\x1b[>4;2m", "\x1b[>4;m", "\x1b[>4m", "\x1b[?4m", "\x1b[>4n",
		"\x1b[c", "\x1b[0c", "\x1b[>c", "\x1b[=c", "\x1b[>0q", "\x1b[>q", "\x1b[5n", "\x1b[6n", "\x1b[?6n", "\x1b[?996n",
		"\x1b[?2026$p", "\x1b[4$p", "\x1b[14t\x1b[16t\x1b[18t", "\x1b[22;0t\x1b[23;0t", "\x1b[22t\x1b[23t",
		"\x1b[6 q", "\x1b[2 @\x1b[2 A", "\x1b[1\"q", "\x1b[2'}\x1b[3'~", "\x1b[32;1;1;2;80$x",
		"\x1b]0;a title\a", "\x1b]2;ein Tïtel 漢\x1b\\", "\x1b]1;icon\a", "\x1b]2;\a",
		"\x1b]4;1;?\a", "\x1b]4;1;rgb:00/11/22;2;#ff0000\x1b\\", "\x1b]10;?\x1b\\", "\x1b]11;?\a", "\x1b]11;#123456\a",
		"\x1b]10;#fff;#000;red\a", "\x1b]12;light blue\a", "\x1b]104\a", "\x1b]104;1;2\a", "\x1b]110\a\x1b]111\a\x1b]112\x1b\\",
		"\x1b]8;;https://example.com/a?b=c\x1b\\text\x1b]8;;\x1b\\", "\x1b]8;id=1;http://example.com\atext\x1b]8;;\a",
		"\x1b]8;;HTTPS://EXAMPLE.COM\atext\x1b]8;;\a",
		"\x1b]9;4;1;50\a", "\x1b]9;4;0\x1b\\", "\x1b]9;4;3;\a", "\x1b]133;A\a\x1b]133;D;0\x1b\\",
		"\x1bP+q544e;524742\x1b\\", "\x1bP$qm\x1b\\", "\x1bP$q q\x1b\\", "\x1bP$q\"p\x1b\\",
	} {
		if got := unclosed(t, in, FilterOptions{}); got != in {
			t.Errorf("%q came out as %q", in, got)
		}
	}
}

// TestFilterClaude: what Claude Code 2.1.330 writes, as captured, loses only the
// two questions that have no business with a sandbox (the query after them tells
// it that there is no answer) and the pops of a keyboard it has not pushed.
func TestFilterClaude(t *testing.T) {
	const (
		start = "\x1b[?25l\x1b[?2004h\x1b[?2031h\x1b[?1004h\x1b[?1049h\x1b[?1000h\x1b[?1002h\x1b[?1003h\x1b[?1006h\x1b[2J\x1b[H" +
			"\x1b[>5u\x1b[>0q\x1b[?u\x1b[?2026$p\x1b[16t\x1b[?1016$p\x1b[?6n\x1b[c\x1b]0;✳ Claude Code\a"
		frame = "\x1b[?2026h\x1b[3;1H\x1b[38;2;215;119;87m▐▛███▜▌\x1b[39m\x1b[1mClaude Code\x1b[22m\x1b[K\x1b[?2026l" +
			"\x1b]8;id=awvmy8;https://code.claude.com/docs/en/permission-modes\alink\x1b]8;;\a\x1b]9;4;3;\a\x1b]9;4;0;\a"
		end = "\x1b[?2026l\x1b[<u\x1b[?1004l\x1b[?2031l\x1b[?2004l\x1b[?1016l\x1b[?1006l\x1b[?1003l\x1b[?1002l\x1b[?1000l" +
			"\x1b[?1049l\x1b7\x1b[r\x1b8\x1b(B\x1b[?7h\x1b[?25h\x1b]0;\a\x1b[m"
		asks = "\x1b]7501;?\a\x1b_Gi=31,s=1,v=1,a=q,t=d,f=24;AAAA\x1b\\\x1b[<u"
	)
	if got := filtered(t, asks+start+frame+end, FilterOptions{}, 7); got != start+frame+end {
		t.Errorf("got  %q\nwant %q", got, start+frame+end)
	}
}

// TestFilterChanges has what comes out, but not as it went in.
func TestFilterChanges(t *testing.T) {
	long := strings.Repeat("ä", 200)
	for _, tc := range []struct{ name, in, want string }{
		{"other modes stay when one is refused", "\x1b[?3;4;40;25l", "\x1b[?4;25l"},
		{"numbers are written plainly", "\x1b[?0025l", "\x1b[?25l"},
		{"no allowed mode, no sequence", "\x1b[?3h", ""},
		{"a title is cut between characters", "\x1b]0;" + long + "x\a", "\x1b]0;" + long[:256] + "\a"},
		{"a link elsewhere ends the link before it",
			"\x1b]8;;https://a.example\atext\x1b]8;;file:///etc/passwd\amore",
			"\x1b]8;;https://a.example\atext\x1b]8;;\amore"},
		{"not UTF-8", "a\xffb\xc3(c", "a\ufffdb\ufffd(c"},
		{"Latin-1", "Gr\xfc\xdfe", "Gr\ufffd\ufffde"},
	} {
		if got := unclosed(t, tc.in, FilterOptions{}); got != tc.want {
			t.Errorf("%s: %q came out as %q, want %q", tc.name, tc.in, got, tc.want)
		}
	}
}

// TestFilterLatency: what is complete comes out with the write that completed
// it, and only what is incomplete is held.
func TestFilterLatency(t *testing.T) {
	for _, tc := range []struct{ in, now string }{
		{"prompt> ", "prompt> "}, {"a\x1b", "a"}, {"a\x1b[3", "a"}, {"a\x1b[31mb", "a\x1b[31mb"},
		{"a\xe6\xbc", "a"}, {"a\x1b]0;ti", "a"}, {"a\x1b]0;ti\x1b", "a"}, {"漢\x1b(", "漢"},
	} {
		var out bytes.Buffer
		f := NewFilter(&out, FilterOptions{})
		if n, err := f.Write([]byte(tc.in)); n != len(tc.in) || err != nil {
			t.Fatalf("Write = %d, %v", n, err)
		}
		if got := out.String(); got != tc.now {
			t.Errorf("after %q: %q, want %q", tc.in, got, tc.now)
		}
	}
}

// TestFilterOneWrite: a frame reaches the terminal in one piece.
func TestFilterOneWrite(t *testing.T) {
	w := &countingWriter{}
	f := NewFilter(w, FilterOptions{})
	if _, err := f.Write([]byte("\x1b[Ha\x1b[5iline\x1b]52;c;x\a\nmore")); err != nil || w.calls != 1 {
		t.Errorf("%d writes, %v", w.calls, err)
	}
	if _, err := f.Write([]byte("\x1b[5i")); err != nil || w.calls != 1 {
		t.Errorf("an empty write was passed on (%v)", err)
	}
}

type countingWriter struct {
	calls int
	err   error
}

func (w *countingWriter) Write(p []byte) (int, error) {
	w.calls++
	return len(p), w.err
}

func TestFilterErrors(t *testing.T) {
	broken := errors.New("terminal gone")
	f := NewFilter(&countingWriter{err: broken}, FilterOptions{})
	if n, err := f.Write([]byte("text")); n != 0 || !errors.Is(err, broken) {
		t.Errorf("Write = %d, %v", n, err)
	}
	f = NewFilter(&countingWriter{}, FilterOptions{})
	for range 2 {
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := f.Write([]byte("x")); !errors.Is(err, os.ErrClosed) {
		t.Errorf("Write after Close: %v", err)
	}
}

// TestFilterMemory: a string without an end is not collected without one.
func TestFilterMemory(t *testing.T) {
	var out bytes.Buffer
	f := NewFilter(&out, FilterOptions{Clipboard: true})
	chunk := bytes.Repeat([]byte("A"), 32<<10)
	f.Write([]byte("\x1b]52;c;"))
	for range 64 {
		f.Write(chunk)
	}
	if len(f.seq) > maxString {
		t.Errorf("%d bytes are held", len(f.seq))
	}
	f.Write([]byte("\x1b\\after"))
	if got := out.String(); got != "after" || cap(f.seq) > 4096 {
		t.Errorf("got %q, %d bytes are still held", got, cap(f.seq))
	}
}

func TestFilterStatusRequests(t *testing.T) {
	f := NewFilter(&bytes.Buffer{}, FilterOptions{})
	f.Write([]byte("\x1b[5n\x1b[6n\x1b[5"))
	f.Write([]byte("n\x1b]0;[5n\a[5n"))
	if n := f.StatusRequests(); n != 2 {
		t.Errorf("%d, want 2", n)
	}
}
