package guest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
)

// The test binary stands in for the init: with this variable set it supervises
// a shell command instead of running tests.
const superviseEnv = "DCLAUDE_TEST_SUPERVISE"

func TestMain(m *testing.M) {
	if script := os.Getenv(superviseEnv); script != "" {
		code, err := supervise("/bin/sh", []string{"sh", "-c", script})
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
		}
		os.Exit(code)
	}
	os.Exit(m.Run())
}

func supervised(t *testing.T, script string) *exec.Cmd {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), superviseEnv+"="+script)
	return cmd
}

func TestSuperviseExitCodes(t *testing.T) {
	for script, want := range map[string]int{
		"exit 0":                      0,
		"exit 42":                     42,
		"kill -TERM $$":               143,
		"kill -KILL $$":               137,
		"(sleep 0 &) ; exit 3":        3,
		"kill -STOP $$; exit 9":       9, // nobody else would continue it
		"sh -c 'kill -9 $$'; exit 12": 12,
	} {
		err := supervised(t, script).Run()
		got := 0
		if exit := (*exec.ExitError)(nil); errors.As(err, &exit) {
			got = exit.ExitCode()
		} else if err != nil {
			t.Fatal(err)
		}
		if got != want {
			t.Errorf("%s: exit code %d, want %d", script, got, want)
		}
	}
}

func TestSuperviseForwardsSignals(t *testing.T) {
	for _, s := range []syscall.Signal{syscall.SIGTERM, syscall.SIGHUP, syscall.SIGUSR1, syscall.SIGINT, syscall.SIGQUIT} {
		cmd := supervised(t, fmt.Sprintf(`trap 'exit 7' %d; echo ready; while :; do sleep 0.01; done`, int(s)))
		out, err := cmd.StdoutPipe()
		must(t, err)
		must(t, cmd.Start())
		if line, err := bufio.NewReader(out).ReadString('\n'); err != nil || line != "ready\n" {
			t.Fatalf("%v: %q, %v", s, line, err)
		}
		must(t, cmd.Process.Signal(s))
		io.Copy(io.Discard, out)
		if err := cmd.Wait(); err == nil || cmd.ProcessState.ExitCode() != 7 {
			t.Errorf("%v did not arrive: %v", s, err)
		}
	}
}

// Ctrl-C on the terminal must reach the command and spare its supervisor.
func TestSuperviseGivesTheTerminalAway(t *testing.T) {
	cmd := supervised(t, `trap 'echo caught; exit 5' INT; echo ready; while :; do sleep 0.01; done`)
	tty, err := pty.Start(cmd)
	must(t, err)
	defer tty.Close()
	must(t, tty.SetDeadline(time.Now().Add(20*time.Second)))
	lines := bufio.NewScanner(tty)
	for lines.Scan() {
		switch strings.TrimSpace(lines.Text()) {
		case "ready":
			_, err := tty.Write([]byte{3})
			must(t, err)
		case "^Ccaught", "caught":
			cmd.Wait()
			if got := cmd.ProcessState.ExitCode(); got != 5 {
				t.Errorf("exit code %d", got)
			}
			return
		}
	}
	t.Fatalf("Ctrl-C was not caught: %v", lines.Err())
}

func TestSuperviseNamesWhatCannotStart(t *testing.T) {
	code, err := supervise("/does/not/exist", []string{"missing"})
	if code != exitNotExec || err == nil || !strings.Contains(err.Error(), "missing") {
		t.Errorf("got %d, %v", code, err)
	}
	for name, want := range map[string]int{"no-such-command-anywhere": exitNotFound, "/etc/passwd": exitNotExec} {
		if _, code, err := find(name); code != want || err == nil {
			t.Errorf("%s: %d, %v", name, code, err)
		}
	}
}
