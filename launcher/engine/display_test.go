package engine

import (
	"bytes"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/creack/pty"
	buildkit "github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
)

// TestDisplayOnTerminal shows a build on a terminal: the display redraws
// itself, and what the build prints cannot do anything of the kind.
func TestDisplayOnTerminal(t *testing.T) {
	screen, terminal, err := pty.Open()
	if err != nil {
		t.Skipf("no pseudo-terminal here: %v", err)
	}
	defer screen.Close()
	if err := pty.Setsize(screen, &pty.Winsize{Rows: 24, Cols: 80}); err != nil {
		t.Fatal(err)
	}
	shown := make(chan string)
	go func() {
		var all bytes.Buffer
		// Reading the screen of a terminal that was closed is an error.
		_, _ = io.Copy(&all, screen)
		shown <- all.String()
	}()

	began := time.Now()
	const vertex = digest.Digest("sha256:1")
	statuses := make(chan *buildkit.SolveStatus)
	wait := showStatuses(statuses, Progress{Out: terminal, TTY: true}, io.Discard, newTail())
	statuses <- &buildkit.SolveStatus{
		Vertexes: []*buildkit.Vertex{{Digest: vertex, Name: "[1/1] RUN \x1b]0;title\x07x", Started: &began}},
		Logs:     []*buildkit.VertexLog{{Vertex: vertex, Stream: 1, Data: []byte("out\x1b]52;c;aGk=\x07put\x1b[5;5H\x1bc\n"), Timestamp: began}},
	}
	close(statuses)
	wait()
	terminal.Close()
	got := <-shown
	for _, want := range []string{"[+] Building", "[1/1] RUN x", "output", "\x1b["} {
		if !strings.Contains(got, want) {
			t.Errorf("the screen lacks %q: %q", want, got)
		}
	}
	for _, bad := range []string{"\x1b]", "\x1bc", "\x1b[5;5H", "\a"} {
		if strings.Contains(got, bad) {
			t.Errorf("the screen got %q: %q", bad, got)
		}
	}
}
