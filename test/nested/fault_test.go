package nested

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// Whatever is wrong with gVisor, the session ends with dclaude's exit code and
// says what is wrong.
func TestGVisorThatCannotRun(t *testing.T) {
	script := filepath.Join(t.TempDir(), "script")
	must(t, os.WriteFile(script, []byte("#!/bin/sh\necho not gVisor >&2; exit 3\n"), 0o755))
	corrupt := filepath.Join(t.TempDir(), "corrupt")
	must(t, os.WriteFile(corrupt, []byte("\x7fELF and nothing else"), 0o755))
	for name, tt := range map[string]struct{ runsc, says string }{
		"missing": {"none", "the image carries no gVisor"},
		"corrupt": {corrupt, "exec format error"},
		"another": {script, "gVisor ended unexpectedly"},
	} {
		t.Run(name, func(t *testing.T) {
			r := create(t, options{runsc: tt.runsc}, "true").run(nil)
			if r.code != 125 {
				t.Errorf("exit code %d", r.code)
			}
			contains(t, "message", r.err, "dclaude: error: in the container: ", tt.says)
		})
	}
}

// The sandbox dies under a session: its end is not taken for the session's own.
func TestSandboxThatDies(t *testing.T) {
	s := create(t, options{}, "sleep", "1000").start()
	s.killSandbox()
	if code := s.end(); code != 125 {
		t.Errorf("exit code %d", code)
	}
	contains(t, "message", s.logs(), "gVisor ended unexpectedly")
}

// killSandbox kills the sandbox from the host: root of its container cannot, for
// want of CAP_KILL.
func (s *session) killSandbox() {
	s.t.Helper()
	for _, line := range strings.Split(s.env.Docker("top", s.name, "-eo", "pid,args"), "\n") {
		if pid, args, ok := strings.Cut(strings.TrimSpace(line), " "); ok && strings.HasPrefix(strings.TrimSpace(args), "runsc-sandbox") {
			number, err := strconv.Atoi(pid)
			must(s.t, err)
			must(s.t, syscall.Kill(number, syscall.SIGKILL))
			return
		}
	}
	s.t.Fatal("no sandbox to kill")
}

// A stop reaches the session's command as a signal, early and late.
func TestStop(t *testing.T) {
	s := create(t, options{}, "bash", "-c", "trap 'echo told; exit 9' TERM; touch ready; while :; do sleep 0.1; done").start()
	s.shell("until test -e ready; do sleep 0.1; done")
	s.env.Docker("stop", "--time", "30", s.name)
	if code := s.end(); code != 9 {
		t.Errorf("exit code %d", code)
	}
	contains(t, "output", s.logs(), "told")
	early := create(t, options{}, "sleep", "1000").launch()
	early.env.Docker("stop", "--time", "30", early.name)
	if code := early.end(); code != 143 && code != 137 && code != 2 { // 2: before the handoff
		t.Errorf("stopped before it ran: exit code %d", code)
	}
}
