package tty

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/signal"
	"reflect"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"golang.org/x/sys/unix"
	"golang.org/x/term"
)

// childMode makes the test binary the program whose terminal a test plays: one
// that calls Relay as the launcher does. SIGWINCH, SIGHUP and the terminal's
// modes are real only in a process of its own.
const childMode = "DCLAUDE_TTY_TEST_CHILD"

// What a child may be told to be.
const (
	modeSession = "session"
	modeSilent  = "silent" // on a terminal that does not answer
	modePanic   = "panic"  // with a bug in it
)

// Descriptors of the child beside its terminal.
const (
	fdContainer = 3 // the container's stream
	fdReport    = 4 // one line for each thing that happens
)

func TestMain(m *testing.M) {
	if mode := os.Getenv(childMode); mode != "" {
		os.Exit(child(mode))
	}
	os.Exit(m.Run())
}

func child(mode string) int {
	report := os.NewFile(fdReport, "report")
	stream, err := net.FileConn(os.NewFile(fdContainer, "container"))
	if err != nil {
		fmt.Fprintln(report, err)
		return 1
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	terminal := NewTerminal(os.Stdin, os.Stdout)
	terminal.patience = limit // the test answers, be the machine ever so busy
	if mode == modeSilent {
		terminal.patience = time.Millisecond
	}
	func() {
		defer func() {
			if p := recover(); p != nil {
				fmt.Fprintln(report, "panic")
			}
		}()
		childSession(ctx, mode, terminal, stream.(*net.UnixConn), report)
	}()
	// What a shell would get next.
	fmt.Fprintln(report, "restored")
	line, err := bufio.NewReader(os.Stdin).ReadString('\n')
	fmt.Fprintf(report, "shell %q %v\n", line, err)
	return 0
}

func childSession(ctx context.Context, mode string, terminal *Terminal, conn Conn, report io.Writer) {
	input, err := terminal.Input()
	if err == nil {
		err = terminal.MakeRaw()
	}
	if err != nil {
		fmt.Fprintln(report, err)
		return
	}
	defer input.Close()
	defer func() { _ = terminal.Restore() }()
	result, err := Relay(ctx, RelayOptions{
		In: input, Out: terminal.Output(), Conn: conn, Window: terminal,
		Resize: func(_ context.Context, cols, rows uint) error {
			if mode == modePanic {
				panic("resize")
			}
			fmt.Fprintf(report, "size %dx%d\n", cols, rows)
			return nil
		},
	})
	fmt.Fprintln(report, "end", result.End, err)
}

// stage is a child with its terminal and container played by the test.
type stage struct {
	t         *testing.T
	cmd       *exec.Cmd
	master    *os.File
	screen    *Input // reads master
	slave     *os.File
	before    *term.State
	container net.Conn
	reports   *transcript
	printed   *transcript
}

func newStage(t *testing.T, mode string) *stage {
	t.Helper()
	s := &stage{t: t, reports: newTranscript(), printed: newTranscript()}
	var err error
	s.master, s.slave, err = pty.Open()
	check(t, err)
	check(t, pty.Setsize(s.master, &pty.Winsize{Rows: 24, Cols: 80}))
	s.before, err = term.GetState(int(s.slave.Fd()))
	check(t, err)

	near, far := socketPair(t)
	s.container, err = net.FileConn(near)
	check(t, err)
	reportR, reportW, err := os.Pipe()
	check(t, err)

	s.cmd = exec.Command(os.Args[0])
	s.cmd.Env = append(os.Environ(), childMode+"="+mode)
	s.cmd.Stdin, s.cmd.Stdout, s.cmd.Stderr = s.slave, s.slave, os.Stderr
	s.cmd.ExtraFiles = []*os.File{far, reportW}
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	check(t, s.cmd.Start())
	for _, f := range []*os.File{near, far, reportW} {
		f.Close()
	}
	s.screen, err = NewInput(s.master)
	check(t, err)
	go s.printed.fill(s.screen)
	go s.reports.fill(reportR)
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		_ = s.cmd.Wait()
		s.container.Close()
		s.slave.Close()
		s.hangUp()
		reportR.Close()
	})
	if mode != modePanic {
		s.reports.expect(t, "size 80x24")
	}
	return s
}

// types is what the user or the terminal itself sends.
func (s *stage) types(text string) {
	s.t.Helper()
	_, err := io.WriteString(s.master, text)
	check(s.t, err)
}

// prints is output of the container.
func (s *stage) prints(text string) {
	s.t.Helper()
	_, err := io.WriteString(s.container, text)
	check(s.t, err)
}

// receives waits for input to reach the container.
func (s *stage) receives(want string) {
	s.t.Helper()
	check(s.t, s.container.SetReadDeadline(time.Now().Add(limit)))
	got := make([]byte, len(want))
	if _, err := io.ReadFull(s.container, got); err != nil || string(got) != want {
		s.t.Fatalf("the container received %q (%v), want %q", got, err, want)
	}
}

// hangUp closes the terminal's window. A read that waited would keep it open.
func (s *stage) hangUp() {
	s.screen.Close()
	s.master.Close()
}

// restored waits for the terminal's old modes, and checks them.
func (s *stage) restored() {
	s.t.Helper()
	s.reports.expect(s.t, "restored")
	after, err := term.GetState(int(s.slave.Fd()))
	check(s.t, err)
	if !reflect.DeepEqual(s.before, after) {
		s.t.Errorf("the terminal's modes are %+v, were %+v", after, s.before)
	}
}

// limit is how long a test waits for what is bound to happen.
const limit = 20 * time.Second

// transcript collects what is read, for a test to wait for parts of it.
type transcript struct {
	mu   sync.Mutex
	text []byte
	more chan struct{}
}

func newTranscript() *transcript { return &transcript{more: make(chan struct{}, 1)} }

func (tr *transcript) fill(r io.Reader) {
	buf := make([]byte, 4096)
	for {
		n, err := r.Read(buf)
		tr.mu.Lock()
		tr.text = append(tr.text, buf[:n]...)
		tr.mu.Unlock()
		select {
		case tr.more <- struct{}{}:
		default:
		}
		if err != nil {
			return
		}
	}
}

// expect waits until want was read and returns all that came up to its end,
// which the next call does not see again.
func (tr *transcript) expect(t *testing.T, want string) string {
	t.Helper()
	timeout := time.After(limit)
	for {
		tr.mu.Lock()
		before, after, found := strings.Cut(string(tr.text), want)
		if found {
			tr.text = []byte(after)
		}
		tr.mu.Unlock()
		if found {
			return before + want
		}
		select {
		case <-tr.more:
		case <-timeout:
			t.Fatalf("%q did not come, only %q", want, before)
		}
	}
}

func check(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func socketPair(t *testing.T) (a, b *os.File) {
	t.Helper()
	fds, err := unix.Socketpair(unix.AF_UNIX, unix.SOCK_STREAM, 0)
	check(t, err)
	for _, fd := range fds {
		unix.CloseOnExec(fd)
	}
	return os.NewFile(uintptr(fds[0]), "near"), os.NewFile(uintptr(fds[1]), "far")
}
