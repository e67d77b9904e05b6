package desktop

import (
	"bufio"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"dclaude/test/lab"
)

// Screen is an X server that nobody sees, and a terminal that writes down what
// it shows.
type Screen struct {
	// Display is the value for DISPLAY, Terminal a program that opens a window.
	Display, Terminal string

	dir string
}

// StartScreen starts an X server that ends with the test.
func StartScreen(t testing.TB) *Screen {
	t.Helper()
	lab.RequireWindows(t)
	read, write, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer read.Close()
	cmd := exec.CommandContext(context.WithoutCancel(t.Context()), "Xvfb", "-displayfd", "3", "-screen", "0", "1024x640x24", "-nolisten", "tcp", "-noreset")
	cmd.ExtraFiles = []*os.File{write}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	write.Close()
	number, err := bufio.NewReader(read).ReadString('\n')
	if err != nil {
		t.Fatalf("Xvfb names no display: %v", err)
	}
	s := &Screen{Display: ":" + strings.TrimSpace(number), dir: t.TempDir()}
	// Called xterm, so that it is told a command as xterm is.
	s.Terminal = filepath.Join(s.dir, "xterm")
	script := "#!/bin/sh\nexec /usr/bin/xterm -geometry 120x40 -l -lf '" + s.dir + "/'$$.log \"$@\"\n"
	if err := os.WriteFile(s.Terminal, []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	return s
}

// Env leads a program to the screen and to the terminal.
func (s *Screen) Env() []string {
	return []string{"DISPLAY=" + s.Display, "TERMINAL=" + s.Terminal}
}

// Windows are what the windows that were opened have shown, in no order.
func (s *Screen) Windows() []string {
	logs, _ := filepath.Glob(filepath.Join(s.dir, "*.log"))
	var out []string
	for _, l := range logs {
		if b, err := os.ReadFile(l); err == nil {
			out = append(out, string(b))
		}
	}
	return out
}

// Shown reports how many windows have shown a text.
func (s *Screen) Shown(text string) int {
	n := 0
	for _, w := range s.Windows() {
		if strings.Contains(w, text) {
			n++
		}
	}
	return n
}
