package e2e

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"dclaude/launcher/fakeapi"
)

// started is a dclaude that runs while the test goes on.
type started struct {
	t      *testing.T
	cmd    *exec.Cmd
	mu     sync.Mutex
	out    bytes.Buffer // both outputs
	exited chan struct{}
}

func (s *started) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.Write(p)
}

func (s *started) text() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.out.String()
}

// start runs dclaude without a terminal and without input.
func (w *world) start(args ...string) *started {
	w.t.Helper()
	s := &started{t: w.t, cmd: w.command(args...), exited: make(chan struct{})}
	s.cmd.Stdout, s.cmd.Stderr = s, s
	if err := s.cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		<-s.exited
	})
	go func() {
		defer close(s.exited)
		_ = s.cmd.Wait() // its result is in s.cmd.ProcessState
	}()
	return s
}

// says waits for a text in either output.
func (s *started) says(text string) {
	s.t.Helper()
	await(s.t, "output "+text, func() bool { return strings.Contains(s.text(), text) })
}

func (s *started) signal(sig os.Signal) {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
}

// code waits for the end and returns the exit code, -1 for a signal.
func (s *started) code() int {
	s.t.Helper()
	select {
	case <-s.exited:
	case <-time.After(time.Minute):
		s.t.Fatalf("does not end; so far:\n%s", s.text())
	}
	return s.cmd.ProcessState.ExitCode()
}

// expect checks how a dclaude ended that could not do what it should: with
// this code, and with these texts among what it said.
func (s *started) expect(code int, texts ...string) {
	s.t.Helper()
	if got := s.code(); got != code {
		s.t.Errorf("exit code %d, want %d:\n%s", got, code, s.text())
	}
	for _, text := range texts {
		if !strings.Contains(s.text(), text) {
			s.t.Errorf("%q is not in the output:\n%s", text, s.text())
		}
	}
}

// logIn returns the path of the build log that a hint names.
func logIn(output string) string {
	_, rest, _ := strings.Cut(output, "the whole log is in ")
	path, _, _ := strings.Cut(rest, "\n")
	return path
}

func errorLine(output string) string {
	_, rest, _ := strings.Cut(output, "dclaude: error: ")
	line, _, _ := strings.Cut(rest, "\n")
	return line
}

// plainWorld is a world whose sessions start as fast as can be: isolation and
// network are not what its tests are about, but where they say so.
func plainWorld(t *testing.T, rules ...fakeapi.Rule) *world {
	t.Helper()
	return newWorld(t, rules...).set("DCLAUDE_ISOLATION=runc", "DCLAUDE_NETWORK=open")
}

// base makes an image to build on that takes no time to build: what the
// sandbox image does with apt is done by these lines of a shell script.
func (w *world) base(apt string) string {
	w.t.Helper()
	dir := w.t.TempDir()
	files := map[string]string{
		"apt-get": "#!/bin/sh\n" + apt + "\n",
		"Dockerfile": `FROM node:22-bookworm-slim
COPY apt-get /usr/bin/apt-get
RUN printf '#!/bin/sh\n' >/usr/sbin/update-ca-certificates && chmod 755 /usr/bin/apt-get /usr/sbin/update-ca-certificates
ENV NPM_CONFIG_FETCH_RETRIES=0
`,
	}
	for name, content := range files {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o755); err != nil {
			w.t.Fatal(err)
		}
	}
	name := w.lab.Name("base")
	w.lab.Docker("build", "--quiet", "--tag", name, dir)
	w.lab.RemoveAtEnd("image", name)
	return name
}

// sleeper is what a build that takes long runs, findable among the machine's
// processes: the lab's engine is on this machine.
const sleeper = "31415926"

func (w *world) slowBase() string { return w.base("echo the build is at work; exec sleep " + sleeper) }

// sleeping tells whether a slow build still runs.
func sleeping() bool {
	all, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		return false
	}
	for _, path := range all {
		if b, err := os.ReadFile(path); err == nil && string(b) == "sleep\x00"+sleeper+"\x00" {
			return true
		}
	}
	return false
}

// opened lets other users through to the home directory.
func (w *world) opened() {
	w.t.Helper()
	for dir := w.home; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			w.t.Fatal(err)
		}
	}
}
