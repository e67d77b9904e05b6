package config

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// Problem is one thing that is wrong with the settings.
type Problem struct {
	// Where is file:line:column, a file, a variable or a flag.
	Where string
	// Key is the setting; empty if the problem is not with one.
	Key string
	// Message says what is wrong.
	Message string
	// Advice says what to do, if Message does not show that.
	Advice string
}

// String returns the problem in one line, without the advice.
func (p Problem) String() string {
	parts := make([]string, 0, 3)
	for _, part := range []string{p.Where, p.Key, p.Message} {
		if part != "" {
			parts = append(parts, part)
		}
	}
	return strings.Join(parts, ": ")
}

// Errors are all the problems of the settings: those of the file in its order,
// then those of the environment, then those of the flags.
type Errors []Problem

// maxShown bounds the lines of an error that a file of another kind causes.
const maxShown = 50

// Error returns the problems, one per line. The first line stands alone if
// there is only one.
func (e Errors) Error() string {
	if len(e) == 1 {
		return e[0].String()
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%d problems in the settings:", len(e))
	for i, p := range e {
		if i == maxShown {
			fmt.Fprintf(&b, "\n  and %d more", len(e)-maxShown)
			break
		}
		b.WriteString("\n  " + p.String())
	}
	return b.String()
}

// Hint returns the advice for the problems, each once, one per line.
func (e Errors) Hint() string {
	var lines []string
	for _, p := range e[:min(len(e), maxShown)] {
		if p.Advice != "" && !slices.Contains(lines, p.Advice) {
			lines = append(lines, p.Advice)
		}
	}
	return strings.Join(lines, "\n")
}

// flaw is what is wrong with a value, before it is known where it stands.
type flaw struct{ message, advice string }

func flawed(format string, args ...any) *flaw {
	return &flaw{message: fmt.Sprintf(format, args...)}
}

func (f *flaw) advise(format string, args ...any) *flaw {
	f.advice = fmt.Sprintf(format, args...)
	return f
}

// maxShownValue is how many characters of a value an error shows.
const maxShownValue = 60

// show quotes a value and cuts it to a length that leaves the error readable.
// It does not repeat a secret that strayed into the wrong setting.
func show(value string) string {
	if secretValue(value) {
		return "what looks like a secret"
	}
	if r := []rune(value); len(r) > maxShownValue {
		return strconv.Quote(string(r[:maxShownValue])) + "..."
	}
	return strconv.Quote(value)
}

// plain returns a path as it is, or quoted if it would disturb a terminal.
func plain(path string) string {
	if strings.ContainsFunc(path, func(r rune) bool { return !unicode.IsPrint(r) || r == unicode.ReplacementChar }) {
		return strconv.Quote(path)
	}
	return path
}
