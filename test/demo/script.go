package main

import (
	"fmt"
	"strings"
	"time"

	"dclaude/test/lab"
)

// The size of the terminal, and its pace.
const (
	columns, lines = 120, 30

	keyPause     = 45 * time.Millisecond
	readPause    = 2 * time.Second
	longestPause = 2500 * time.Millisecond
	frameStep    = 90 * time.Millisecond
	lastFrame    = 4 * time.Second
)

// stage is what a Pty asks of a test: a failure ends the play.
type stage struct{ cleanups []func() }

type failure string

// Helper is for tests.
func (*stage) Helper() {}

// Fatalf ends the play.
func (*stage) Fatalf(format string, args ...any) { panic(failure(fmt.Sprintf(format, args...))) }

// Cleanup is done after the play, the last first.
func (s *stage) Cleanup(f func()) { s.cleanups = append(s.cleanups, f) }

func (s *stage) clear() {
	for i := len(s.cleanups) - 1; i >= 0; i-- {
		s.cleanups[i]()
	}
}

// play runs the script in a shell and returns what the terminal showed.
func (w *world) play() (r *recording, err error) {
	s := &stage{}
	defer s.clear()
	defer func() {
		if f, ok := recover().(failure); ok {
			err = fmt.Errorf("the script: %s", string(f))
		}
	}()
	if err := w.prepare(); err != nil {
		return nil, err
	}
	r = newRecording(columns, lines)
	a := actor{r: r, Pty: lab.StartPty(s, lab.PtyOptions{
		Args: []string{"bash", "--norc", "--noprofile"}, Env: w.environ, Dir: w.home,
		Cols: columns, Rows: lines, Limit: 2 * time.Minute, Tee: r,
	})}
	a.script()
	return r, nil
}

// prepare builds the image, which is no part of the show.
func (w *world) prepare() error {
	s := &stage{}
	defer s.clear()
	p := lab.StartPty(s, lab.PtyOptions{Args: []string{w.program, w.project, "--", "--version"}, Env: w.environ, Dir: w.home, Limit: 8 * time.Minute})
	if code := p.Exit(); code != 0 {
		return fmt.Errorf("dclaude ended with %d:\n%s", code, p.Screen())
	}
	return nil
}

// actor is who sits at the terminal.
type actor struct {
	*lab.Pty
	r *recording
}

func (a actor) typeLine(text string) {
	a.typeText(text)
	time.Sleep(6 * keyPause)
	a.Send(lab.KeyEnter)
}

func (a actor) typeText(text string) {
	for _, key := range strings.Split(text, "") {
		a.Send(key)
		time.Sleep(keyPause)
	}
}

func (a actor) read() { time.Sleep(readPause) }

// script is what is shown.
func (a actor) script() {
	const prompt = "~ $"
	a.Await(prompt)
	a.typeLine("dclaude hello")
	a.AwaitFunc("Claude's prompt", func(s string) bool { return strings.Contains(s, "❯") })
	a.read()
	a.typeLine(askFix)
	a.Await("the tests pass now")
	a.read()
	a.typeLine(askLook)
	a.Await("does not answer.")
	a.read()
	a.r.mark("sandbox")
	a.Send("\x1d\x1d")
	a.Await("dclaude attach")
	a.AwaitFunc("the shell", func(s string) bool { return strings.HasSuffix(s, prompt) })
	a.typeLine("dclaude ls")
	a.AwaitFunc("the shell", func(s string) bool { return strings.Contains(s, "NAME") && strings.HasSuffix(s, prompt) })
	a.read()
	a.typeLine("dclaude net log")
	a.AwaitFunc("the shell", func(s string) bool { return strings.Contains(s, "example.com") && strings.HasSuffix(s, prompt) })
	a.read()
	a.r.mark("network")
	a.typeLine("cat hello/sum.js")
	a.Await("a + b")
	a.read()
	a.typeLine("dclaude stop --all")
	a.AwaitFunc("the shell", func(s string) bool { return strings.HasSuffix(s, prompt) })
	a.read()
	a.typeLine("clear; dclaude verify")
	a.AwaitFunc("the shell", func(s string) bool { return strings.Contains(s, " kept") && strings.HasSuffix(s, prompt) })
	a.read()
	a.r.mark("verify")
	a.Send(lab.KeyCtrlD)
	a.Exit()
}
