package engine

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"dclaude/launcher/plan"
)

// labEnv names the real engine that the tests in *_engine_test.go use. `make
// test` starts one and sets it.
const labEnv = "DCLAUDE_LAB_HOST"

// labTimeout ends a test that hangs.
const labTimeout = 2 * time.Minute

// lab connects to the real engine, or skips the test.
func lab(t *testing.T) (context.Context, *Engine) {
	t.Helper()
	host := os.Getenv(labEnv)
	if host == "" {
		t.Skip("no real engine: " + labEnv + " is not set (make test sets it)")
	}
	ctx, cancel := context.WithTimeout(t.Context(), labTimeout)
	t.Cleanup(cancel)
	e, err := Connect(ctx, Endpoint{Host: host, Source: labEnv})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(e.Close)
	return ctx, e
}

// unique returns a name that no other test and no other run uses.
func unique(t *testing.T) string {
	name := strings.ToLower(strings.NewReplacer("/", "-", "_", "-").Replace(t.Name()))
	return fmt.Sprintf("dclaude-test-%s-%x", name, time.Now().UnixNano())
}

// guestProgram builds testdata/guest once per run.
var guestProgram = sync.OnceValues(func() ([]byte, error) {
	dir, err := os.MkdirTemp("", "guest")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(dir)
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", filepath.Join(dir, "guest"), "./testdata/guest")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux")
	if out, err := cmd.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("build the guest: %w\n%s", err, out)
	}
	return os.ReadFile(filepath.Join(dir, "guest"))
})

// guestContext is a build context with the guest program and a Dockerfile.
func guestContext(t *testing.T, dockerfile string) fstest.MapFS {
	t.Helper()
	program, err := guestProgram()
	if err != nil {
		t.Fatal(err)
	}
	return fstest.MapFS{
		"Dockerfile": {Data: []byte(dockerfile), Mode: 0o644},
		"bin/guest":  {Data: program, Mode: 0o755},
	}
}

// guestDockerfile makes the image that most tests run.
const guestDockerfile = `FROM scratch
COPY bin/guest /guest
WORKDIR /work
ENTRYPOINT ["/guest"]
`

// guestImage is the tag of that image.
const guestImage = "dclaude-engine-test:latest"

var buildGuestImage sync.Once

// withGuestImage makes sure that the image is there.
func withGuestImage(ctx context.Context, t *testing.T, e *Engine) {
	t.Helper()
	files := guestContext(t, guestDockerfile)
	buildGuestImage.Do(func() {
		if _, err := e.Build(ctx, BuildRequest{Context: files, Tags: []string{guestImage}}, Progress{}); err != nil {
			t.Fatal(err)
		}
	})
}

// created makes a container of the guest image that is gone after the test.
func created(ctx context.Context, t *testing.T, e *Engine, c plan.Container) string {
	t.Helper()
	withGuestImage(ctx, t, e)
	c.Image = guestImage
	if c.Name == "" {
		c.Name = unique(t)
	}
	c.NetworkMode = "none"
	id, err := e.Create(ctx, c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := e.Remove(context.WithoutCancel(ctx), id); err != nil {
			t.Error(err)
		}
	})
	return id
}

// started is a container that runs, with its output.
type started struct {
	id     string
	stream *Stream
	exit   <-chan Exit
}

// start creates, attaches to and starts a container.
func start(ctx context.Context, t *testing.T, e *Engine, c plan.Container) started {
	t.Helper()
	id := created(ctx, t, e, c)
	stream, err := e.Attach(ctx, id, AttachOptions{TTY: c.TTY})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { stream.Close() })
	s := started{id: id, stream: stream, exit: e.Wait(ctx, id)}
	if err := e.Start(ctx, id); err != nil {
		t.Fatal(err)
	}
	return s
}

// run runs a container to its end and returns what it said.
func run(ctx context.Context, t *testing.T, e *Engine, c plan.Container, input string) (stdout, stderr string, exit Exit) {
	t.Helper()
	s := start(ctx, t, e, c)
	if _, err := io.WriteString(s.stream, input); err != nil {
		t.Fatal(err)
	}
	if err := s.stream.CloseWrite(); err != nil {
		t.Fatal(err)
	}
	var out, errs bytes.Buffer
	if err := s.stream.CopyOutput(&out, &errs); err != nil {
		t.Fatal(err)
	}
	return out.String(), errs.String(), <-s.exit
}

// until reads output up to a text and returns all that was read.
func until(t *testing.T, r io.Reader, text string) string {
	t.Helper()
	var all []byte
	buf := make([]byte, 1024)
	for !bytes.Contains(all, []byte(text)) {
		n, err := r.Read(buf)
		all = append(all, buf[:n]...)
		if err != nil {
			t.Fatalf("read up to %q: %v after %q", text, err, all)
		}
	}
	return string(all)
}
