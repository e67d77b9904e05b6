package engine

import "strings"

// tailLines is how much of a failed step's output an error keeps.
const tailLines = 20

// tail keeps the last lines of each step of a build, and which step failed.
type tail struct {
	steps map[string]*stepTail
	// failedStep is the key of the first step that failed.
	failedStep string
}

type stepTail struct {
	name    string
	lines   []string
	partial string
	cause   buildCause
}

func newTail() *tail { return &tail{steps: make(map[string]*stepTail)} }

func (t *tail) step(key string) *stepTail {
	s := t.steps[key]
	if s == nil {
		s = &stepTail{}
		t.steps[key] = s
	}
	return s
}

// name tells what a step is called.
func (t *tail) name(key, name string) { t.step(key).name = name }

// write adds output of a step, clean already.
func (t *tail) write(key string, text []byte) {
	s := t.step(key)
	lines := strings.Split(s.partial+string(text), "\n")
	s.partial = lines[len(lines)-1]
	for _, line := range lines[:len(lines)-1] {
		s.lines = append(s.lines, line)
		if s.cause == causeUnknown {
			s.cause = causeOf(line)
		}
	}
	if over := len(s.lines) - tailLines; over > 0 {
		s.lines = append([]string(nil), s.lines[over:]...)
	}
}

// fail marks a step as failed. The first one counts: others fail in its wake.
func (t *tail) fail(key string) {
	if t.failedStep == "" {
		t.failedStep = key
	}
}

// failed returns the name and the last lines of the step that failed, and what
// its output tells of the cause.
func (t *tail) failed() (name string, lines []string, cause buildCause) {
	s, ok := t.steps[t.failedStep]
	if !ok {
		return "", nil, causeUnknown
	}
	lines = s.lines
	if s.partial != "" {
		lines = append(lines, s.partial)
	}
	if over := len(lines) - tailLines; over > 0 {
		lines = lines[over:]
	}
	return s.name, lines, s.cause
}
