package tty

import (
	"errors"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// TestPtySession is a whole session: output, input, sizes, the chord, the reset,
// and what comes to the shell after it.
func TestPtySession(t *testing.T) {
	t.Parallel()
	s := newStage(t, modeSession)
	s.printed.expect(t, enterSequence)
	s.prints("Welcome\x1b]52;c;AAAA\a to \x1b[5iClaude\r\n")
	s.printed.expect(t, "Welcome to Claude\r\n") // raw: the line feed was not translated
	s.types("hi\x03\x1a\x1b\r")                  // raw: no signal, no echo
	s.receives("hi\x03\x1a\x1b\r")

	check(t, pty.Setsize(s.master, &pty.Winsize{Rows: 50, Cols: 132}))
	s.reports.expect(t, "size 132x50\n")

	// The session asks for more than it stays to read: a status, and a colour.
	s.prints("\x1b[?1049h\x1b[5n\x1b]11;?\x1b\\")
	s.printed.expect(t, "\x1b[5n\x1b]11;?\x1b\\")
	s.types(raw + raw)
	s.reports.expect(t, "end detached <nil>")
	if got := s.printed.expect(t, resetSequence+statusRequest); !strings.HasPrefix(got, "\x1b[?1049l") {
		t.Errorf("before the reset: %q", got)
	}
	s.types("typed before the answers\x1b[0n\x1b]11;rgb:0000/0000/0000\x1b\\\x1b[0nls -l\n")
	s.restored()
	s.reports.expect(t, `shell "ls -l\n" <nil>`)
}

// TestPtyEnded: the container ends while the user types, on a terminal that does
// not answer.
func TestPtyEnded(t *testing.T) {
	t.Parallel()
	s := newStage(t, modeSilent)
	s.prints("bye")
	check(t, s.container.Close())
	s.printed.expect(t, "bye")
	s.reports.expect(t, "end ended <nil>")
	s.printed.expect(t, resetSequence+statusRequest)
	s.restored()
	s.types("\x1b[0nexit\n") // too late, and so the shell's
	s.reports.expect(t, `exit\n" <nil>`)
}

func TestPtyHungUp(t *testing.T) {
	t.Parallel()
	s := newStage(t, modeSession)
	s.hangUp()
	s.reports.expect(t, "end hung up <nil>")
	s.reports.expect(t, "restored")
}

// TestPtySignal: SIGHUP alone, and a context that a signal has ended.
func TestPtySignal(t *testing.T) {
	t.Parallel()
	for sig, end := range map[os.Signal]string{syscall.SIGHUP: "end hung up <nil>", syscall.SIGTERM: "end canceled"} {
		s := newStage(t, modeSession)
		check(t, s.cmd.Process.Signal(sig))
		s.reports.expect(t, end)
		s.printed.expect(t, statusRequest)
		s.types("\x1b[0n")
		s.restored()
	}
}

func TestPtyPanic(t *testing.T) {
	t.Parallel()
	s := newStage(t, modePanic)
	s.printed.expect(t, resetSequence+statusRequest)
	s.types("\x1b[0n")
	s.reports.expect(t, "panic")
	s.restored()
}

// TestPtyStuck: nobody reads the terminal, and still the process gets away.
func TestPtyStuck(t *testing.T) {
	t.Parallel()
	master, slave, err := pty.Open()
	check(t, err)
	defer master.Close()
	defer slave.Close()
	term := NewTerminal(slave, slave)
	term.patience = time.Millisecond
	check(t, term.MakeRaw())
	go io.Copy(slave, endless{}) // fills the terminal's buffer, and blocks
	for full := false; !full; {
		full = term.write(strings.Repeat("x", 4096)) != nil
	}
	start := time.Now()
	if err := term.Restore(); err != nil {
		t.Error(err)
	}
	if took := time.Since(start); took > limit {
		t.Errorf("it took %v", took)
	}
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestTerminal(t *testing.T) {
	t.Parallel()
	master, slave, err := pty.Open()
	check(t, err)
	defer master.Close()
	defer slave.Close()
	check(t, pty.Setsize(master, &pty.Winsize{Rows: 40, Cols: 100}))
	printed := newTranscript()
	go printed.fill(master)

	term := NewTerminal(slave, slave)
	term.patience = time.Millisecond
	if cols, rows, err := term.Size(); cols != 100 || rows != 40 || err != nil {
		t.Errorf("size %dx%d, %v", cols, rows, err)
	}
	if !term.IsTerminal() {
		t.Error("a pty is no terminal")
	}
	check(t, term.Restore()) // was not raw: nothing happens
	for range 2 {
		for range 2 {
			check(t, term.MakeRaw())
		}
		for range 2 {
			check(t, term.Restore())
		}
		want := enterSequence + resetSequence + statusRequest
		if got := printed.expect(t, statusRequest); got != want {
			t.Errorf("printed %q, want %q", got, want)
		}
	}
}

// TestTerminalDrain: the wait ends with the last answer that is owed, with the
// terminal, and when it is flooded.
func TestTerminalDrain(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, typed string
		owed        int
		left        string
	}{
		{"one", "junk\x1b[0nleft", 0, "left"},
		{"those of others first", "\x1b[0nx\x1b[0n\x1b]11;?\a\x1b[0nleft", 2, "left"},
		{"overlapping", "\x1b[\x1b[0\x1b[0nleft", 0, "left"},
		{"none", "junk\x1b[0", 0, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r, w, err := os.Pipe()
			check(t, err)
			defer r.Close()
			_, err = io.WriteString(w, tc.typed)
			check(t, err)
			term := NewTerminal(r, os.Stdout)
			if tc.left != "" {
				term.patience = limit
			} else {
				term.patience = time.Millisecond
			}
			term.drain(tc.owed + 1)
			w.Close()
			if left, err := io.ReadAll(r); string(left) != tc.left || err != nil {
				t.Errorf("%q is left (%v), want %q", left, err, tc.left)
			}
			term.drain(1) // at the end of the input: does not wait
		})
	}
	zero, err := os.Open("/dev/zero")
	check(t, err)
	defer zero.Close()
	term := NewTerminal(zero, os.Stdout)
	term.patience = time.Millisecond
	term.drain(1)
}

func TestTerminalNot(t *testing.T) {
	t.Parallel()
	null, err := os.OpenFile(os.DevNull, os.O_RDWR, 0)
	check(t, err)
	defer null.Close()
	term := NewTerminal(null, null)
	if term.IsTerminal() {
		t.Error("the null device is a terminal")
	}
	var e *Error
	if err := term.MakeRaw(); !errors.As(err, &e) || e.Hint() == "" || !errors.Is(err, syscall.ENOTTY) {
		t.Errorf("MakeRaw: %v", err)
	}
	if _, _, err := term.Size(); !errors.As(err, &e) {
		t.Errorf("Size: %v", err)
	}
	check(t, term.Restore())
}

// TestOutput: a terminal gets filtered output and no queries, a pipe every byte.
func TestOutput(t *testing.T) {
	t.Parallel()
	const text = "a\x1b]52;c;AAAA\a\x1b[c\x1b[1mb\xff\x00"
	master, slave, err := pty.Open()
	check(t, err)
	defer master.Close()
	defer slave.Close()
	r, w, err := os.Pipe()
	check(t, err)
	defer r.Close()
	for f, want := range map[*os.File]string{slave: "a\x1b[1mb\ufffd\x1b[m", w: text} {
		out := Output(f)
		_, err := io.WriteString(out, text)
		check(t, err)
		check(t, out.Close())
		got := make([]byte, len(want))
		from := r
		if f == slave {
			from = master
		}
		if _, err := io.ReadFull(from, got); err != nil || string(got) != want {
			t.Errorf("%s got %q (%v), want %q", f.Name(), got, err, want)
		}
	}
	check(t, w.Close()) // Output's Close has left it open
}
