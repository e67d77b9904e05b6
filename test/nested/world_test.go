package nested

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"dclaude/launcher/handoff"
	"dclaude/launcher/seccomp"
	"dclaude/test/lab"
)

// patience is how long one command of a session may take here.
const patience = 90 * time.Second

// token is the secret that sessions get, to look for afterwards.
const token = "sk-ant-oat01-looked-for-everywhere"

// built is a program of this tree, made once for all tests.
type built struct {
	sync.Once
	path string
	err  error
}

var programs = struct {
	dir           string
	guest, attack built
}{}

func TestMain(m *testing.M) {
	code := func() int {
		dir, err := os.MkdirTemp("", "nested")
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
		defer os.RemoveAll(dir)
		programs.dir = dir
		return m.Run()
	}()
	os.Exit(code)
}

func program(t *testing.T, b *built, pkg string) string {
	t.Helper()
	b.Do(func() {
		b.path = filepath.Join(programs.dir, filepath.Base(pkg))
		cmd := exec.Command("go", "build", "-o", b.path, pkg)
		cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
		if out, err := cmd.CombinedOutput(); err != nil {
			b.err = fmt.Errorf("build %s: %w\n%s", pkg, err, out)
		}
	})
	if b.err != nil {
		t.Fatal(b.err)
	}
	return b.path
}

// session is a container that holds a nested session.
type session struct {
	t       *testing.T
	env     *lab.Env
	name    string
	project string // on the host
	uid     int
	gid     int
}

// options are what a test wants otherwise.
type options struct {
	root    bool // the folder belongs to root, not to 4321:8765
	tty     bool
	docker  []string // further arguments of docker create
	caps    []string // in addition
	drop    string   // one capability less
	seccomp string   // a profile; "" is ours
	runsc   string   // a path; "" is the pinned one, "none" is none
}

// capabilities are those that the launcher gives (plan.nestedCapabilities).
var capabilities = []string{"CHOWN", "SETGID", "SETUID", "SYS_CHROOT"}

// create makes a container as the launcher does, and does not start it.
func create(t *testing.T, o options, command ...string) *session {
	t.Helper()
	env := lab.Require(t)
	if os.Getuid() != 0 {
		t.Skip("only root can give a folder to the session's user")
	}
	s := &session{t: t, env: env, name: env.Name("nested"), project: t.TempDir(), uid: 4321, gid: 8765}
	if o.root {
		s.uid, s.gid = 0, 0
	}
	must(t, os.Chown(s.project, s.uid, s.gid))
	args := []string{"create", "--name", s.name, "--hostname", "demo",
		"--user", "0:0", "--cap-drop", "ALL", "--security-opt", "no-new-privileges",
		"--read-only", "--tmpfs", "/run", "--tmpfs", "/tmp", "--workdir", "/workspace",
		"--volume", s.project + ":/workspace", "--volume", "/home/claude/.claude", "--volume", "/etc/claude-code",
		"--volume", program(t, &programs.guest, "dclaude/cmd/dclaude-guest") + ":/usr/local/bin/dclaude-guest:ro",
		"--env", "CLAUDE_CONFIG_DIR=/home/claude/.claude", "--env", handoff.NestedEnv + "=1", "--interactive",
		"--entrypoint", "/usr/local/bin/dclaude-guest",
	}
	for _, c := range append(slices.Clone(capabilities), o.caps...) {
		if c != o.drop {
			args = append(args, "--cap-add", c)
		}
	}
	if o.runsc == "" {
		o.runsc = runsc(t, env)
	}
	if o.runsc != "none" {
		args = append(args, "--volume", o.runsc+":/usr/local/lib/dclaude/runsc:ro")
	}
	if o.tty {
		args = append(args, "--tty")
	}
	args = append(args, "--security-opt", "seccomp="+profile(t, o.seccomp))
	args = append(append(args, o.docker...), lab.BaseName, "session")
	env.Docker(append(args, command...)...)
	t.Cleanup(func() {
		if _, err := env.TryDocker("rm", "--force", "--volumes", s.name); err != nil {
			t.Error(err)
		}
	})
	return s
}

// profile writes a seccomp profile, ours if text is empty, to a file.
func profile(t *testing.T, text string) string {
	t.Helper()
	if text == "" {
		var err error
		text, err = seccomp.Profile()
		must(t, err)
	}
	path := filepath.Join(t.TempDir(), "seccomp.json")
	must(t, os.WriteFile(path, []byte(text), 0o644))
	return path
}

// letter is what the launcher sends to a container's init.
func (s *session) letter() string {
	s.t.Helper()
	h := handoff.Handoff{
		UID: s.uid, GID: s.gid, Isolation: handoff.Nested, SkipPrompts: true,
		Credentials:     handoff.Secret(`{"claudeAiOauth":{"accessToken":"` + token + `"}}`),
		Gitconfig:       "[user]\n\tname = Ada Lovelace\n",
		ManagedSettings: []byte(`{"managed":true}`),
	}
	letter, err := h.Frame()
	must(s.t, err)
	return string(letter)
}

func runsc(t *testing.T, env *lab.Env) string {
	t.Helper()
	path, err := env.Lab.Runsc(t.Context())
	must(t, err)
	return path
}

// result is how a command ended.
type result struct {
	out, err string
	code     int
}

// docker runs the docker client.
func (s *session) docker(stdin io.Reader, args ...string) result {
	s.t.Helper()
	ctx, cancel := context.WithTimeout(s.t.Context(), patience)
	defer cancel()
	line := append(s.env.Lab.DockerCommand(s.env.Host), args...)
	cmd := exec.CommandContext(ctx, line[0], line[1:]...)
	var out, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = stdin, &out, &stderr
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) || ctx.Err() != nil {
		s.t.Fatalf("docker %s: %v, %v\n%s", strings.Join(args, " "), err, ctx.Err(), stderr.String())
	}
	return result{out.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// run starts the container and waits for its end.
func (s *session) run(stdin io.Reader) result {
	s.t.Helper()
	input := io.Reader(strings.NewReader(s.letter()))
	if stdin != nil {
		input = io.MultiReader(input, stdin)
	}
	return s.docker(input, "start", "--attach", "--interactive", s.name)
}

// launch starts the container in the background, with its handoff.
func (s *session) launch() *session {
	s.t.Helper()
	line := append(s.env.Lab.DockerCommand(s.env.Host), "start", "--attach", "--interactive", s.name)
	cmd := exec.Command(line[0], line[1:]...)
	cmd.Stdin = strings.NewReader(s.letter())
	must(s.t, cmd.Start())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = cmd.Wait() // the container's own code says more
	}()
	s.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
	})
	for end := time.Now().Add(patience); s.inspect("{{.State.Status}}") == "created"; {
		if time.Now().After(end) {
			s.t.Fatal("the container does not start")
		}
	}
	return s
}

// start launches the session and waits until a command can be run in it.
func (s *session) start() *session {
	s.t.Helper()
	s.launch()
	for end := time.Now().Add(patience); ; {
		r := s.docker(nil, "exec", "--user", "0:0", s.name, "/usr/local/bin/dclaude-guest", "exec", "true")
		switch {
		case r.code == 0:
			return s
		case !s.running():
			s.t.Fatalf("the session ended: %s", s.logs())
		case time.Now().After(end):
			s.t.Fatalf("the session does not answer: %+v", r)
		}
	}
}

// exec runs a command inside a session that was started.
func (s *session) exec(stdin io.Reader, command ...string) result {
	s.t.Helper()
	return s.docker(stdin, append([]string{"exec", "--interactive", "--user", "0:0", s.name, "/usr/local/bin/dclaude-guest", "exec"}, command...)...)
}

// shell is exec of a shell's line, which has to work.
func (s *session) shell(line string) string {
	s.t.Helper()
	r := s.exec(nil, "bash", "-c", line)
	if r.code != 0 {
		s.t.Fatalf("%s: %+v", line, r)
	}
	return strings.TrimSpace(r.out)
}

// outside runs a shell's line as root of the container, beside the sandbox.
func (s *session) outside(line string) string {
	s.t.Helper()
	return s.docker(nil, "exec", "--user", "0:0", s.name, "sh", "-c", line).out
}

func (s *session) inspect(format string) string {
	s.t.Helper()
	return s.env.Docker("inspect", "--format", format, s.name)
}

func (s *session) running() bool { return s.inspect("{{.State.Running}}") == "true" }

func (s *session) logs() string {
	r := s.docker(nil, "logs", s.name)
	return r.out + r.err
}

// end waits for the end of a container that was started, and returns its code.
func (s *session) end() int {
	s.t.Helper()
	code, err := strconv.Atoi(s.env.Docker("wait", s.name))
	must(s.t, err)
	return code
}

// attach starts the container on a terminal.
func (s *session) attach() *lab.Pty {
	s.t.Helper()
	asked := &asking{done: make(chan struct{})}
	p := lab.StartPty(s.t, lab.PtyOptions{
		Args: append(s.env.Lab.DockerCommand(s.env.Host), "start", "--attach", "--interactive", s.name),
		Cols: 100, Rows: 40, Limit: patience, Tee: asked,
	})
	select {
	case <-asked.done:
		p.Send(s.letter())
	case <-time.After(patience):
		s.t.Fatalf("the init does not ask for its handoff:\n%s", p.Screen())
	}
	return p
}

// asking is done when an init has asked for its handoff.
type asking struct {
	seen []byte
	done chan struct{}
}

func (a *asking) Write(b []byte) (int, error) {
	before := bytes.Contains(a.seen, []byte(handoff.Ask))
	a.seen = append(a.seen, b...)
	if !before && bytes.Contains(a.seen, []byte(handoff.Ask)) {
		close(a.done)
	}
	return len(b), nil
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func contains(t *testing.T, what, text string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(text, part) {
			t.Errorf("%s: no %q in %q", what, part, text)
		}
	}
}
