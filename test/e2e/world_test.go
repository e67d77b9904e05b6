package e2e

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"dclaude/launcher/fakeapi"
	"dclaude/test/lab"
)

// dclaude is the program under test, built once.
var dclaude string

func TestMain(m *testing.M) { os.Exit(run(m)) }

func run(m *testing.M) int {
	dir, err := os.MkdirTemp("", "dclaude-e2e-")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	// The folder is on the way to the homes of users other than this one.
	if err := os.Chmod(dir, 0o755); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	dclaude = filepath.Join(dir, "dclaude")
	build := exec.Command("make", "-s", "-C", filepath.Join("..", ".."), "build", "BIN="+dclaude)
	build.Env = append(os.Environ(), "CGO_ENABLED=0", "MAKEFLAGS=")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build dclaude: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// Tokens that no real login has. Tests look for them where they must not be.
const (
	accessToken  = "sk-ant-oat01-e2e-access-7f3a9c"
	refreshToken = "sk-ant-ort01-e2e-refresh-51d0be"
)

// world is a user with a login, a git identity, an engine and an API.
type world struct {
	t       *testing.T
	lab     *lab.Env
	home    string
	api     *fakeapi.Server
	apiURL  string
	environ []string
	// program is the dclaude that is run.
	program string
	// owner is who runs dclaude; 0 is the test's own user.
	owner uint32
}

func newWorld(t *testing.T, rules ...fakeapi.Rule) *world {
	t.Helper()
	return newWorldOn(t, lab.Require(t), rules...)
}

// newWorldOn is newWorld with an engine of the test's choice.
func newWorldOn(t *testing.T, env *lab.Env, rules ...fakeapi.Rule) *world {
	t.Helper()
	w := &world{t: t, lab: env, api: fakeapi.New(rules...), program: dclaude}
	url, stop, err := w.api.Start(net.JoinHostPort(env.Gateway(), "0"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(stop)
	w.apiURL = url
	w.home = t.TempDir()
	w.login(lab.Login{Access: accessToken, Refresh: refreshToken, Expires: time.Now().Add(8 * time.Hour)})
	w.write(".gitconfig", "[user]\n\tname = Ada Lovelace\n\temail = ada@example.com\n[credential]\n\thelper = store\n")
	w.environ = []string{
		"HOME=" + w.home,
		"PATH=" + os.Getenv("PATH"),
		"TERM=xterm-256color",
		"DOCKER_HOST=" + env.Host,
		"DCLAUDE_ENV=ANTHROPIC_BASE_URL=" + url,
		// The API is this machine's: nothing there is reached unless it is named.
		"DCLAUDE_ALLOW=" + strings.TrimPrefix(url, "http://"),
	}
	before := w.engineState()
	t.Cleanup(func() { w.nothingLeft(before) })
	return w
}

func (w *world) login(l lab.Login) { w.write(".claude/.credentials.json", string(l.JSON())) }

// write puts a file into the home directory, private as such files are.
func (w *world) write(name, content string) {
	w.t.Helper()
	path := filepath.Join(w.home, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		w.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		w.t.Fatal(err)
	}
}

// project makes a folder, whose state volume goes with the test.
func (w *world) project(name string) string {
	w.t.Helper()
	path := filepath.Join(w.home, "projects", name)
	if err := os.MkdirAll(path, 0o755); err != nil {
		w.t.Fatal(err)
	}
	w.t.Cleanup(func() {
		out, err := w.lab.TryDocker("volume", "ls", "-q", "--filter", "label=dev.dclaude.project="+path)
		if err == nil && out != "" {
			w.lab.TryDocker(append([]string{"volume", "rm", "-f"}, strings.Fields(out)...)...)
		}
	})
	return path
}

// set changes the environment for the commands that follow.
func (w *world) set(kv ...string) *world {
	w.environ = append(slices.Clip(w.environ), kv...)
	return w
}

// result is what a command left.
type result struct {
	stdout, stderr string
	code           int
}

func (r result) String() string {
	return fmt.Sprintf("exit code %d\nstdout: %s\nstderr: %s", r.code, r.stdout, r.stderr)
}

// commandLimit is far more than any command here needs, a build included.
const commandLimit = 8 * time.Minute

func (w *world) command(args ...string) *exec.Cmd {
	cmd := exec.Command(w.program, args...)
	cmd.Env = w.environ
	cmd.Dir = w.home
	if w.owner != 0 {
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: w.owner, Gid: 20, Groups: []uint32{w.engineGroup()}}}
	}
	return cmd
}

// run runs dclaude without a terminal.
func (w *world) run(args ...string) result { return w.runWith("", args...) }

func (w *world) runWith(stdin string, args ...string) result {
	w.t.Helper()
	cmd := w.command(args...)
	var stdout, stderr bytes.Buffer
	cmd.Stdin, cmd.Stdout, cmd.Stderr = strings.NewReader(stdin), &stdout, &stderr
	if err := cmd.Start(); err != nil {
		w.t.Fatal(err)
	}
	timer := time.AfterFunc(commandLimit, func() { cmd.Process.Kill() })
	defer timer.Stop()
	err := cmd.Wait()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		w.t.Fatal(err)
	}
	r := result{stdout.String(), stderr.String(), cmd.ProcessState.ExitCode()}
	for _, secret := range []string{accessToken, refreshToken} {
		if strings.Contains(r.stdout+r.stderr, secret) {
			w.t.Errorf("dclaude %q printed a token", args)
		}
	}
	return r
}

// ok is run for what must succeed.
func (w *world) ok(args ...string) result {
	w.t.Helper()
	r := w.run(args...)
	if r.code != 0 {
		w.t.Fatalf("dclaude %q: %v", args, r)
	}
	return r
}

// terminal runs dclaude on a pty.
func (w *world) terminal(args ...string) *lab.Pty {
	w.t.Helper()
	return lab.StartPty(w.t, lab.PtyOptions{
		Args: append([]string{dclaude}, args...), Env: w.environ, Dir: w.home, Limit: time.Minute,
	})
}

// engineGroup is the group that may use the engine's socket.
func (w *world) engineGroup() uint32 {
	w.t.Helper()
	info, err := os.Stat(strings.TrimPrefix(w.lab.Host, "unix://"))
	if err != nil {
		w.t.Fatal(err)
	}
	return info.Sys().(*syscall.Stat_t).Gid
}

// engineState lists what sessions make and must not leave: containers of ours,
// and volumes without a name.
func (w *world) engineState() []string {
	var have []string
	for _, args := range [][]string{
		{"ps", "-aq", "--no-trunc", "--filter", "label=dev.dclaude.role"},
		{"volume", "ls", "-q", "--filter", "name=^[0-9a-f]{64}$"},
		{"network", "ls", "-q", "--no-trunc", "--filter", "label=dev.dclaude.role"},
	} {
		out, err := w.lab.TryDocker(args...)
		if err != nil {
			w.t.Errorf("docker %q: %v", args, err)
		}
		have = append(have, strings.Fields(out)...)
	}
	return have
}

// discard removes what a test that failed left, so that the next does not fail
// for it.
func (w *world) discard(left []string) {
	for _, remove := range [][]string{{"rm", "--force", "--volumes"}, {"volume", "rm", "--force"}, {"network", "rm"}} {
		for _, one := range left {
			_, _ = w.lab.TryDocker(append(remove, one)...) // it is one of the three
		}
	}
}

func (w *world) nothingLeft(before []string) {
	deadline := time.Now().Add(15 * time.Second)
	for {
		var left []string
		for _, name := range w.engineState() {
			if !slices.Contains(before, name) {
				left = append(left, name)
			}
		}
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			w.t.Errorf("left behind: %v of\n%s\n%s", left,
				w.lab.Docker("ps", "-a", "--no-trunc", "--format", "{{.ID}} {{.Names}} {{.Status}} {{.Labels}}"),
				w.lab.Docker("network", "ls", "--no-trunc", "--format", "{{.ID}} {{.Name}}"))
			w.discard(left)
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
}
