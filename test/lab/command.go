package lab

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// tailLines is how many lines of a failed program's output an error repeats.
const tailLines = 15

// command is a program that the lab runs to its end.
type command struct {
	step string   // names the log file and the failure
	env  []string // on top of the process's own environment
	dir  string   // working folder; empty is the process's own
	nice bool     // leave the processor to others
	args []string
}

// run runs the program. Its output goes to a log file of the step, and the end
// of it into the error.
func (l *Lab) run(ctx context.Context, c command) error {
	if err := os.MkdirAll(l.path("log"), 0o750); err != nil {
		return fail(c.step, err, "")
	}
	logPath := l.path("log", strings.ReplaceAll(c.step, " ", "-")+".log")
	log, err := os.OpenFile(logPath, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o600)
	if err != nil {
		return fail(c.step, err, "")
	}
	defer func() { _ = log.Close() }() // a log that is cut short harms nothing
	_, _ = fmt.Fprintf(log, "--- %s\n", strings.Join(c.args, " "))
	var out bytes.Buffer
	cmd := c.exec(ctx)
	cmd.Stdout = &out
	cmd.Stderr = &out
	err = cmd.Run()
	_, _ = log.Write(out.Bytes())
	if err != nil {
		text := tail(out.String(), tailLines)
		return fail(c.step, fmt.Errorf("%s: %w\n%s", filepath.Base(c.args[0]), endOf(ctx, err), text), "The whole output is in "+logPath+".")
	}
	return nil
}

// output runs the program and returns its standard output without the
// surrounding space.
func (c command) output(ctx context.Context) (string, error) {
	cmd := c.exec(ctx)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return "", fmt.Errorf("%s: %w: %s", strings.Join(c.args, " "), endOf(ctx, err), tail(stderr.String(), tailLines))
	}
	return strings.TrimSpace(string(out)), nil
}

func (c command) exec(ctx context.Context) *exec.Cmd {
	args := append([]string(nil), c.args...)
	args[0] = findProgram(args[0])
	if c.nice {
		args = append([]string{"nice", "-n", "10"}, args...)
	}
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Dir = c.dir
	cmd.Env = append(withSbin(os.Environ()), c.env...)
	// A grandchild that keeps the output open must not hold up the lab.
	cmd.WaitDelay = 5 * time.Second
	return cmd
}

// endOf prefers the reason why a program was killed to the fact that it was.
func endOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil && !errors.Is(err, exec.ErrNotFound) {
		return cause
	}
	return err
}

// tail returns the last n lines of text that are not blank.
func tail(text string, n int) string {
	var lines []string
	for _, line := range strings.Split(text, "\n") {
		if strings.TrimSpace(line) != "" {
			lines = append(lines, strings.TrimRight(line, " \r"))
		}
	}
	if len(lines) > n {
		lines = lines[len(lines)-n:]
	}
	return strings.Join(lines, "\n")
}
