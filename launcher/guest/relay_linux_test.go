package guest

import (
	"bytes"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
)

// relayed is a relay between a terminal of the test's (its far end is what the
// user sees) and one of a session (its slave is what a program sees).
func relayed(t *testing.T) (user *os.File, program *os.File, r *terminalRelay) {
	t.Helper()
	user, ours, err := pty.Open()
	must(t, err)
	t.Cleanup(func() { user.Close(); ours.Close() })
	must(t, pty.Setsize(user, &pty.Winsize{Rows: 33, Cols: 77}))
	r = newRelay(ours, ours)
	master, program, err := newTerminal()
	must(t, err)
	must(t, r.attach(master))
	t.Cleanup(func() { r.finish(0) })
	return user, program, r
}

func TestRelayCarriesBothWays(t *testing.T) {
	user, program, r := relayed(t)
	rawTerminal(t, program)
	// Ctrl-C, Ctrl-Z, Ctrl-D, XOFF and a bracketed paste go through as they are.
	keys := "\x03\x1a\x04\x13\r\n\x1b[200~paste\x1b[201~"
	_, err := user.WriteString(keys)
	must(t, err)
	got := make([]byte, len(keys))
	_, err = io.ReadFull(program, got)
	if err != nil || string(got) != keys {
		t.Errorf("the program got %q, %v", got, err)
	}
	_, err = program.WriteString("line\nand\r\n")
	must(t, err)
	shown := make([]byte, len("line\nand\r\n"))
	_, err = io.ReadFull(user, shown)
	if err != nil || string(shown) != "line\nand\r\n" {
		t.Errorf("the user saw %q, %v", shown, err)
	}
	program.Close()
	r.finish(time.Minute) // at once, for nobody holds the terminal
}

func TestRelaySize(t *testing.T) {
	user, program, r := relayed(t)
	defer program.Close()
	if rows, cols, err := pty.Getsize(program); err != nil || rows != 33 || cols != 77 {
		t.Errorf("at the start %dx%d, %v", cols, rows, err)
	}
	must(t, pty.Setsize(user, &pty.Winsize{Rows: 50, Cols: 120}))
	r.resize()
	if rows, cols, err := pty.Getsize(program); err != nil || rows != 50 || cols != 120 {
		t.Errorf("after a change %dx%d, %v", cols, rows, err)
	}
	must(t, pty.Setsize(user, &pty.Winsize{}))
	r.resize()
	if rows, _, err := pty.Getsize(program); err != nil || rows != 50 {
		t.Errorf("an unknown size was passed on: %d rows, %v", rows, err)
	}
	var none *terminalRelay
	none.resize()
}

// A shell that is about to prompt may write the size back that it has just
// read, and so undo a change.
func TestRelaySizeIsSetAgainAfterAShellHasUndoneIt(t *testing.T) {
	user, program, r := relayed(t)
	defer program.Close()
	wanted := pty.Winsize{Rows: 50, Cols: 120}
	must(t, pty.Setsize(user, &wanted))
	r.resize()
	must(t, pty.Setsize(program, &pty.Winsize{Rows: 33, Cols: 77}))
	for deadline := time.Now().Add(30 * time.Second); ; time.Sleep(10 * time.Millisecond) {
		got, err := pty.GetsizeFull(program)
		must(t, err)
		if *got == wanted {
			break
		}
		if time.Now().After(deadline) {
			t.Fatalf("it stayed at %+v", got)
		}
	}
}

// A program that insists on a size of its own gets it in the end.
func TestRelaySizeIsLeftToAProgramThatInsists(t *testing.T) {
	user, program, r := relayed(t)
	defer program.Close()
	own := pty.Winsize{Rows: 24, Cols: 80}
	must(t, pty.Setsize(user, &pty.Winsize{Rows: 50, Cols: 120}))
	r.resize()
	set := 0
	for quiet := time.Now(); time.Since(quiet) < 3*time.Second; time.Sleep(time.Millisecond) {
		if got, err := pty.GetsizeFull(program); err != nil || *got != own {
			must(t, err)
			must(t, pty.Setsize(program, &own))
			set, quiet = set+1, time.Now()
		}
	}
	if most := 2 * (1 + len(sizeLooks())); set > most { // of the start, and of the change
		t.Errorf("the size was set %d times", set)
	}
}

// A paste is held up by a program that does not read, and not lost.
func TestRelayOfAMegabyte(t *testing.T) {
	user, program, _ := relayed(t)
	defer program.Close()
	rawTerminal(t, program)
	paste := bytes.Repeat([]byte("0123456789abcdef"), 1<<16)
	go user.Write(paste)
	got := make([]byte, len(paste))
	if _, err := io.ReadFull(program, got); err != nil || !bytes.Equal(got, paste) {
		t.Errorf("the paste did not arrive whole: %v", err)
	}
}

// A program in the background may keep the terminal open.
func TestRelayFinishDoesNotWaitForEver(t *testing.T) {
	_, program, r := relayed(t)
	defer program.Close()
	start := time.Now()
	r.finish(10 * time.Millisecond)
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

func TestRelayRestoresTheTerminal(t *testing.T) {
	user, ours, err := pty.Open()
	must(t, err)
	defer user.Close()
	defer ours.Close()
	echoes := func() bool {
		state, err := unix.IoctlGetTermios(int(ours.Fd()), unix.TCGETS)
		must(t, err)
		return state.Lflag&unix.ECHO != 0
	}
	r := newRelay(ours, ours)
	if echoes() {
		t.Error("not raw")
	}
	r.finish(0)
	if !echoes() {
		t.Error("left raw")
	}
	null, err := os.Open(os.DevNull)
	must(t, err)
	defer null.Close()
	newRelay(null, null).finish(0) // no terminal at all
}

func rawTerminal(t *testing.T, f *os.File) {
	t.Helper()
	newRelay(f, f)
}

func TestConsoleSocket(t *testing.T) {
	path := filepath.Join(t.TempDir(), "s")
	socket, err := listen(path, os.Getuid())
	must(t, err)
	defer unix.Close(socket)
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("socket %v, %v", info.Mode(), err)
	}
	r, w, err := os.Pipe()
	must(t, err)
	defer r.Close()
	defer w.Close()
	send(t, path, unix.UnixRights(int(w.Fd())))
	fd, err := receiveFile(socket)
	must(t, err)
	got := os.NewFile(uintptr(fd), "received")
	_, err = got.WriteString("through\n")
	must(t, err)
	got.Close()
	b := make([]byte, 8)
	if _, err := io.ReadFull(r, b); err != nil || string(b) != "through\n" {
		t.Errorf("got %q, %v", b, err)
	}
	send(t, path, nil)
	if _, err := receiveFile(socket); err == nil || !strings.Contains(err.Error(), "no descriptor") {
		t.Errorf("a message without one: %v", err)
	}
	send(t, path, unix.UnixRights(int(r.Fd()), int(w.Fd())))
	if _, err := receiveFile(socket); err == nil {
		t.Error("two were taken for one")
	}
	if _, err := listen(filepath.Join(t.TempDir(), "missing", "s"), os.Getuid()); err == nil {
		t.Error("no error for a folder that is not there")
	}
}

// send plays runsc: one connection, one message.
func send(t *testing.T, path string, rights []byte) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_UNIX, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	must(t, err)
	defer unix.Close(fd)
	must(t, unix.Connect(fd, &unix.SockaddrUnix{Name: path}))
	must(t, unix.Sendmsg(fd, []byte("pty-master"), rights, nil, 0))
}
