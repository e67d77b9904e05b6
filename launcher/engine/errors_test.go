package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"dclaude/launcher/plan"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// TestTextPatterns has a message of a real engine for each pattern.
func TestTextPatterns(t *testing.T) {
	messages := []struct {
		text string
		want Kind
	}{
		{`failed to create shim: mkdir /run/containerd/io.containerd.runtime.v2.task/moby/1: no space left on device: unknown`, KindDiskFull},
		{`failed to solve: failed to copy files: copy file range failed: no space left on device`, KindDiskFull},
		{`write /var/lib/docker/overlay2/1/diff/x: disk quota exceeded`, KindDiskFull},
		{`invalid mount config for type "bind": bind source path does not exist: /tmp/gone`, KindMount},
		{"Mounts denied: \nThe path /opt/x is not shared from the host and is not known to Docker.", KindMount},
		{`statfs /Users/a/x: no such file or directory`, KindMount},
		{`unknown or invalid runtime name: runsc`, KindUnknownRuntime},
		{`Unknown runtime specified runsc`, KindUnknownRuntime},
		{`requested OCI runtime runsc is not available: invalid argument`, KindUnknownRuntime},
		{`failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: exec: "x": executable file not found in $PATH: unknown`, KindRuntimeFailed},
		{`failed to create shim task: creating container: cannot create sandbox: unknown`, KindRuntimeFailed},
		{`failed to start shim: start failed: io.containerd.runc.v1: exit status 1: unknown`, KindRuntimeFailed},
		{`Pool overlaps with other one on this address space`, KindAddressInUse},
		{`No such image: dclaude-none:latest`, KindNoImage},
		{`normalizing image: dclaude-none: image not known`, KindNoImage},
		{`no container with ID 971fcdbc0d18 found in database: no such container`, KindNotFound}, // Podman 5.8.6
		{`unable to upgrade to tcp, received 404`, KindNotFound},
		{`unable to upgrade to tcp, received 409`, KindNotRunning},
	}
	used := make(map[int]bool)
	for _, m := range messages {
		got, ok := classifyText(m.text)
		if !ok || got != m.want {
			t.Errorf("%q is %q, want %q", m.text, got, m.want)
		}
		for i, p := range textPatterns {
			if matches(p, m.text) {
				used[i] = true
				break
			}
		}
	}
	for i, p := range textPatterns {
		if !used[i] {
			t.Errorf("no message for the pattern %q", p.parts)
		}
	}
	for _, text := range []string{"", "No such container: x", "image", "runtime", "unable to upgrade to tcp, received 500"} {
		if got, ok := classifyText(text); ok {
			t.Errorf("%q is %q", text, got)
		}
	}
}

func matches(p textPattern, text string) bool {
	for _, part := range p.parts {
		if !strings.Contains(strings.ToLower(text), part) {
			return false
		}
	}
	return true
}

// What an engine repeats at length is cut, and stays what it is.
func TestLongTexts(t *testing.T) {
	say := func(text string) string {
		return (&Error{Kind: KindOther, Op: opCreate, Object: "x", Err: errors.New(text)}).Error()
	}
	if text := say("begins " + strings.Repeat("ü", 5000) + " ends"); len(text) > 700 || !strings.HasPrefix(text, `create container "x": begins`) || !strings.HasSuffix(text, " ends") {
		t.Errorf("got %q", text)
	}
	text := say(`container create: opening seccomp profile failed: open {"archMap":[]}: file name too long`)
	if want := `create container "x": container create: it takes a seccomp profile only as a file of its own machine's`; text != want {
		t.Errorf("got %q, want %q", text, want)
	}
}

func TestClassifyTypes(t *testing.T) {
	for _, tt := range []struct {
		err  error
		want Kind
	}{
		{fmt.Errorf("x: %w", context.Canceled), KindCancelled},
		{status.Error(codes.Canceled, "context canceled"), KindCancelled},
		{context.DeadlineExceeded, KindTimeout},
		{io.EOF, KindConnectionLost},
		{fmt.Errorf("read: %w", io.ErrUnexpectedEOF), KindConnectionLost},
		{&net.OpError{Op: "read", Err: syscall.ECONNRESET}, KindConnectionLost},
		{&net.OpError{Op: "write", Err: syscall.EPIPE}, KindConnectionLost},
		{status.Error(codes.Unavailable, "error reading from server: EOF"), KindConnectionLost},
		{status.Error(codes.Unknown, "write /x: no space left on device"), KindDiskFull},
		{errors.New("strange"), KindOther},
	} {
		if got := classify(opBuild, tt.err); got != tt.want {
			t.Errorf("%v is %q, want %q", tt.err, got, tt.want)
		}
	}
}

// TestClassifyStatus sends refusals through the client: the same status means
// different things for different calls.
func TestClassifyStatus(t *testing.T) {
	const c = "/containers/x"
	for _, tt := range []struct {
		name   string
		answer call
		do     func(context.Context, *Engine) error
		want   Kind
	}{
		{"create: taken", refuse("POST /containers/create", 409, `Conflict. The container name "/x" is already in use by container "1".`),
			func(ctx context.Context, e *Engine) error { _, err := e.Create(ctx, sample()); return err }, KindNameConflict},
		{"create: no image", refuse("POST /containers/create", 404, `No such image: i:latest`),
			func(ctx context.Context, e *Engine) error { _, err := e.Create(ctx, sample()); return err }, KindNoImage},
		{"create: bad", refuse("POST /containers/create", 400, `Minimum memory limit allowed is 6MB`),
			func(ctx context.Context, e *Engine) error { _, err := e.Create(ctx, sample()); return err }, KindInvalid},
		{"create: forbidden", refuse("POST /containers/create", 403, `authorization denied by plugin`),
			func(ctx context.Context, e *Engine) error { _, err := e.Create(ctx, sample()); return err }, KindDenied},
		{"create: not logged in", refuse("POST /containers/create", 401, `sign-in enforced`),
			func(ctx context.Context, e *Engine) error { _, err := e.Create(ctx, sample()); return err }, KindDenied},
		{"start: network is gone", refuse("POST "+c+"/start", 404, `network n not found`),
			func(ctx context.Context, e *Engine) error { return e.Start(ctx, "x") }, KindNotFound},
		{"start: broken", refuse("POST "+c+"/start", 500, `something broke`),
			func(ctx context.Context, e *Engine) error { return e.Start(ctx, "x") }, KindOther},
		{"kill: stopped", refuse("POST "+c+"/kill", 409, `Cannot kill container: x: Container x is not running`),
			func(ctx context.Context, e *Engine) error { return e.Kill(ctx, "x", "SIGHUP") }, KindNotRunning},
		{"exec: paused", refuse("POST "+c+"/exec", 409, `Container x is paused, unpause the container before exec`),
			func(ctx context.Context, e *Engine) error { _, err := e.Exec(ctx, "x", ExecRequest{}); return err }, KindNotRunning},
		{"image: none", refuse("GET /images/i/json", 404, `whatever the text says`),
			func(ctx context.Context, e *Engine) error { _, err := e.Image(ctx, "i"); return err }, KindNoImage},
		{"image: used", refuse("DELETE /images/i", 409, `conflict: unable to remove repository reference "i"`),
			func(ctx context.Context, e *Engine) error { return e.RemoveImage(ctx, "i") }, KindInUse},
		{"volume: used", refuse("DELETE /volumes/v", 409, `remove v: volume is in use - [1]`),
			func(ctx context.Context, e *Engine) error { return e.RemoveVolume(ctx, "v") }, KindInUse},
		{"network: used", refuse("DELETE /networks/n", 403, `error while removing network: network n has active endpoints`),
			func(ctx context.Context, e *Engine) error { return e.RemoveNetwork(ctx, "n") }, KindInUse},
	} {
		t.Run(tt.name, func(t *testing.T) {
			err := tt.do(t.Context(), connected(t, tt.answer))
			if !IsKind(err, tt.want) {
				t.Errorf("kind is not %q: %v", tt.want, err)
			}
			if err != nil && strings.Contains(err.Error(), "daemon") {
				t.Errorf("the text speaks of a daemon: %v", err)
			}
		})
	}
}

func sample() plan.Container { return plan.Container{Name: "x", Image: "i"} }

func TestEngineGoesAway(t *testing.T) {
	hangUp := call{want: "GET /images/i/json", handle: func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err == nil {
			conn.Close()
		}
	}}
	// The transport asks once more when a connection that it reuses dies.
	f := fake(t, hangUp, hangUp)
	e := f.engine()
	if _, err := e.Image(t.Context(), "i"); !IsKind(err, KindConnectionLost) {
		t.Errorf("in mid-call: %v", err)
	}
	f.server.Listener.Close()
	f.server.CloseClientConnections()
	if _, err := e.Image(t.Context(), "i"); !IsKind(err, KindUnreachable) {
		t.Errorf("afterwards: %v", err)
	}
}

func TestErrorTexts(t *testing.T) {
	cause := errors.New("Error response from daemon: the cause")
	for _, tt := range []struct {
		err  Error
		want string
	}{
		{Error{Kind: KindOther, Op: opStart, Object: "c"}, `start container "c": the cause`},
		{Error{Kind: KindOther, Op: opInfo}, `ask the engine about itself: the cause`},
		{Error{Kind: KindUnreachable, Op: opConnect, Product: OrbStack, Endpoint: "unix:///s"}, `cannot reach OrbStack at unix:///s: the cause`},
		{Error{Kind: KindPermission, Op: opConnect, Product: DockerEngine, Endpoint: "unix:///s"}, `cannot reach Docker Engine at unix:///s: the cause`},
		{Error{Kind: KindRemote}, `the cause`},
		{Error{Kind: KindCancelled, Op: opBuild, Object: "i"}, `build image "i": cancelled`},
		{Error{Kind: KindConnectionLost, Op: opWait, Object: "c", Product: Colima}, `wait for container "c": lost the connection to Colima: the cause`},
		{Error{Kind: KindTimeout, Op: opConnect, Product: Podman, Endpoint: "unix:///s"}, `connect to the engine: Podman at unix:///s does not answer`},
	} {
		tt.err.Err = cause
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("%s: %q, want %q", tt.err.Kind, got, tt.want)
		}
		if !errors.Is(&tt.err, cause) {
			t.Errorf("%s hides its cause", tt.err.Kind)
		}
	}
}

func TestFailKeepsWhatIsTranslated(t *testing.T) {
	e := connected(t)
	if err := e.fail(opStart, "c", nil); err != nil {
		t.Errorf("nil became %v", err)
	}
	first := e.fail(opStart, "c", errors.New("x"))
	wrapped := fmt.Errorf("more: %w", first)
	if got := e.fail(opStop, "d", wrapped); got.Error() != wrapped.Error() {
		t.Errorf("translated twice: %v", got)
	}
}

func TestHints(t *testing.T) {
	kinds := []Kind{
		KindBadEndpoint, KindRemote, KindUnreachable, KindPermission, KindTooOld, KindTimeout, KindConnectionLost,
		KindDiskFull, KindMount, KindUnknownRuntime, KindRuntimeFailed, KindNameConflict, KindNoImage, KindNotFound,
		KindNotRunning, KindDenied,
	}
	products := []string{DockerEngine, DockerDesktop, OrbStack, Colima, Lima, RancherDesktop, Podman}
	for _, kind := range kinds {
		for _, product := range products {
			for _, goos := range []string{"linux", "darwin"} {
				e := &Error{Kind: kind, Product: product, Endpoint: "unix:///run/x.sock"}
				hint := e.hint(goos)
				if hint == "" || strings.ContainsAny(hint, "\n") || strings.Contains(hint, "%!") {
					t.Errorf("%s, %s, %s: %q", kind, product, goos, hint)
				}
			}
		}
	}
	for _, kind := range []Kind{KindOther, KindCancelled, KindInUse, KindInvalid} {
		if hint := (&Error{Kind: kind, Product: DockerEngine}).Hint(); hint != "" {
			t.Errorf("%s: %q", kind, hint)
		}
	}
	for _, tt := range []struct {
		kind          Kind
		product, goos string
		want          string
	}{
		{KindUnreachable, DockerDesktop, "darwin", "open -a Docker"},
		{KindUnreachable, DockerDesktop, "linux", "systemctl --user start docker-desktop"},
		{KindUnreachable, OrbStack, "darwin", "orb start"},
		{KindUnreachable, Colima, "darwin", "colima start"},
		{KindUnreachable, Podman, "darwin", "podman machine start"},
		{KindUnreachable, Podman, "linux", "podman.socket"},
		{KindUnreachable, DockerEngine, "darwin", "install Docker Desktop"},
		{KindUnreachable, DockerEngine, "linux", "sudo systemctl start docker"},
		{KindPermission, DockerEngine, "linux", "group docker"},
		{KindDiskFull, Podman, "linux", "podman system prune"},
		{KindDiskFull, DockerEngine, "linux", "docker system df"},
		{KindMount, DockerDesktop, "darwin", "File sharing"},
		{KindMount, Colima, "darwin", "colima start --edit"},
	} {
		e := &Error{Kind: tt.kind, Product: tt.product, Endpoint: "unix:///run/x.sock"}
		if hint := e.hint(tt.goos); !strings.Contains(hint, tt.want) {
			t.Errorf("%s, %s, %s: %q lacks %q", tt.kind, tt.product, tt.goos, hint, tt.want)
		}
	}
}
