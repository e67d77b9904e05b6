package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"

	"github.com/creack/pty"
)

// contender is a command that opens Claude's prompt.
type contender struct {
	name string
	args []string
	// base is the contender to compare with; empty for none.
	base               string
	start, prompt, cpu *series
}

// promptSign is what Claude shows before the cursor.
const promptSign = "❯"

// promptLimit is what one launch may take until the prompt.
const promptLimit = time.Minute

// launches compares dclaude's launch with `docker run` of the same image with
// the same mounts, limits and privileges.
func launches(ctx context.Context, w *world) error {
	if err := w.warmUp(ctx); err != nil {
		return err
	}
	contenders, err := w.contenders(ctx)
	if err != nil {
		return err
	}
	for round := range w.runs + 1 {
		for i := range contenders {
			c := &contenders[i]
			if err := w.launch(ctx, c, round > 0); err != nil {
				return fmt.Errorf("%s: %w", c.name, err)
			}
		}
	}
	byName := map[string]*contender{}
	var rows [][]string
	for i := range contenders {
		byName[contenders[i].name] = &contenders[i]
	}
	for _, c := range contenders {
		base := byName[c.base]
		if base == nil {
			base = &contender{}
		}
		rows = append(rows, []string{
			c.name, c.start.milliseconds(), c.start.against(base.start),
			c.prompt.milliseconds(), c.prompt.against(base.prompt), c.cpu.milliseconds(),
		})
	}
	printTable([]string{"command", "container started", "to bare", "Claude's prompt", "to bare", "own CPU time"}, rows)
	return nil
}

// warmUp builds the image, proves the runtimes and fills the state volume.
func (w *world) warmUp(ctx context.Context) error {
	for _, isolation := range []string{"auto", "nested", "runc"} {
		_, err := w.output(ctx, w.dclaude, "--network", "open", "--isolation", isolation, w.project, "--", "-p", "hi")
		if err != nil {
			return err
		}
	}
	return nil
}

func (w *world) contenders(ctx context.Context) ([]contender, error) {
	volume, err := w.dockerOutput(ctx, "volume", "ls", "-q", "--filter", "label=dev.dclaude.project="+w.project)
	if err != nil || volume == "" {
		return nil, errors.Join(err, errors.New("the warm-up left no state volume"))
	}
	bare := func(runtime string) []string {
		return w.dockerArgs("run", "--rm", "-it", "--runtime", runtime,
			"--label", "dev.dclaude.project="+w.project,
			"--log-driver", "none", "--ipc", "private", "--ulimit", "core=0", "--pids-limit", "4096",
			"--cap-drop", "ALL", "--security-opt", "no-new-privileges",
			"--user", fmt.Sprintf("%d:%d", ownerUID, ownerGID), "--env", "HOME=/home/claude", "--env", "ANTHROPIC_BASE_URL="+w.apiURL,
			"--mount", "type=bind,source="+w.project+",target=/workspace",
			"--mount", "type=volume,source="+volume+",target=/home/claude/.claude",
			"--entrypoint", "claude", "claude-sandbox", "--dangerously-skip-permissions")
	}
	ours := func(isolation string) []string {
		return []string{w.dclaude, "--network", "open", "--isolation", isolation, w.project}
	}
	list := []contender{
		{name: "docker run, runc", args: bare("runc")},
		{name: "dclaude, runc", args: ours("runc"), base: "docker run, runc"},
		{name: "docker run, runsc", args: bare("runsc")},
		{name: "dclaude, runsc", args: ours("runsc"), base: "docker run, runsc"},
		{name: "dclaude, nested", args: ours("nested"), base: "docker run, runsc"},
	}
	for i := range list {
		list[i].start, list[i].prompt, list[i].cpu = &series{}, &series{}, &series{}
	}
	return list, nil
}

// launch runs one contender up to Claude's prompt, and ends it from outside.
func (w *world) launch(ctx context.Context, c *contender, counts bool) error {
	ctx, cancel := context.WithTimeout(ctx, promptLimit)
	defer cancel()
	events, err := w.startEvents(ctx)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(ctx, c.args[0], c.args[1:]...)
	cmd.Env, cmd.Dir = w.environ, w.home
	began := time.Now()
	terminal, err := pty.StartWithSize(cmd, &pty.Winsize{Cols: 120, Rows: 40})
	if err != nil {
		return err
	}
	defer terminal.Close()
	prompted, failure := awaitPrompt(terminal)
	started, ok := <-events
	if !ok {
		failure = errors.Join(failure, errors.New("the engine told of no start"))
	}
	if err := w.endSessions(ctx); err != nil {
		failure = errors.Join(failure, err)
	}
	for buf := make([]byte, 4096); ; {
		if _, err := terminal.Read(buf); err != nil {
			break // EIO: the command has left the terminal
		}
	}
	_ = cmd.Wait() // it was ended from outside: its exit code says so
	if failure != nil {
		return failure
	}
	if counts {
		c.start.add(started.Sub(began))
		c.prompt.add(prompted.Sub(began))
		c.cpu.add(cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime())
	}
	return nil
}

// awaitPrompt reads until Claude's prompt is there.
func awaitPrompt(terminal *os.File) (time.Time, error) {
	var seen []byte
	buf := make([]byte, 32<<10)
	for {
		n, err := terminal.Read(buf)
		seen = append(seen, buf[:n]...)
		if strings.Contains(string(seen), promptSign) {
			return time.Now(), nil
		}
		if err != nil {
			return time.Time{}, fmt.Errorf("no prompt came: %w: %q", err, seen)
		}
	}
}

// startEvents yields the time at which the engine started the next container
// of the project. It returns once the engine listens.
func (w *world) startEvents(ctx context.Context) (<-chan time.Time, error) {
	args := w.dockerArgs("events", "--format", "{{json .}}", "--since", time.Now().Format(time.RFC3339Nano),
		"--filter", "event=start", "--filter", "label=dev.dclaude.project="+w.project)
	cmd := exec.CommandContext(ctx, args[0], args[1:]...)
	cmd.Env = w.environ
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	times := make(chan time.Time, 1)
	go func() {
		defer close(times)
		line, err := bufio.NewReader(out).ReadBytes('\n')
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		var event struct {
			TimeNano int64 `json:"timeNano"`
		}
		if err == nil && json.Unmarshal(line, &event) == nil {
			times <- time.Unix(0, event.TimeNano)
		}
	}()
	return times, nil
}

func (w *world) endSessions(ctx context.Context) error {
	ids, err := w.dockerOutput(ctx, "ps", "-aq", "--filter", "label=dev.dclaude.project="+w.project)
	if err != nil || ids == "" {
		return err
	}
	// Not killed: after a kill the next prompt often came more than a second
	// later, whoever was measured.
	_, err = w.dockerOutput(ctx, append([]string{"stop", "--time", "10"}, strings.Fields(ids)...)...)
	return err
}
