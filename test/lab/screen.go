package lab

import (
	"bytes"
	"io"
	"strings"
	"sync"

	"github.com/charmbracelet/x/vt"
)

// screen is the model of a terminal's screen. It answers a program's questions
// about the terminal, as a terminal does.
type screen struct {
	mu      sync.Mutex
	vt      *vt.Emulator
	raw     bytes.Buffer
	changed chan struct{} // closed and replaced at each change
}

// newScreen returns an empty screen. Answers to the program go to replies.
func newScreen(cols, rows int, replies io.Writer) *screen {
	s := &screen{vt: vt.NewEmulator(cols, rows), changed: make(chan struct{})}
	go func() {
		// The emulator writes an answer to a pipe while it holds the lock, so
		// the pipe is read here to its end whether the answers arrive or not.
		buf := make([]byte, 4096)
		for {
			n, err := s.vt.Read(buf)
			if err != nil {
				return
			}
			_, _ = replies.Write(buf[:n]) // fails when the terminal is closed
		}
	}()
	return s
}

func (s *screen) write(b []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.raw.Write(b)
	_, _ = s.vt.Write(b) // fails only after a Close, which nobody calls
	s.tell()
}

func (s *screen) resize(cols, rows int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.vt.Resize(cols, rows)
	s.tell()
}

// tell wakes those who watch. The lock must be held.
func (s *screen) tell() {
	close(s.changed)
	s.changed = make(chan struct{})
}

// watch returns the text and a channel that is closed at the next change.
func (s *screen) watch() (string, <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.render(), s.changed
}

func (s *screen) text() string {
	text, _ := s.watch()
	return text
}

func (s *screen) bytes() []byte {
	s.mu.Lock()
	defer s.mu.Unlock()
	return bytes.Clone(s.raw.Bytes())
}

// render returns the rows without trailing blanks and empty rows at the end.
// The lock must be held.
func (s *screen) render() string {
	lines := strings.Split(s.vt.String(), "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " \r")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// close ends the goroutine that carries answers.
func (s *screen) close() {
	if c, ok := s.vt.InputPipe().(io.Closer); ok {
		_ = c.Close()
	}
}

// showsText tells whether the screen has the text, with every run of blanks
// and line ends counted as one blank.
func showsText(screen, text string) bool {
	return strings.Contains(oneLine(screen), oneLine(text))
}

func oneLine(s string) string { return strings.Join(strings.Fields(s), " ") }

// frame draws a border at the left of each line, so that a screen stands out
// in a test's output.
func frame(screen string) string {
	return "  | " + strings.ReplaceAll(screen, "\n", "\n  | ")
}
