package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestConnect(t *testing.T) {
	f := fake(t)
	e := f.engine()
	if f.pings != 1 {
		t.Errorf("%d pings, want 1", f.pings)
	}
	if e.Product() != DockerEngine || e.Endpoint().Host != f.endpoint().Host || !e.hasBuildKit() {
		t.Errorf("engine is %q at %+v", e.Product(), e.Endpoint())
	}
	if got := e.api.ClientVersion(); got != fakeVersion {
		t.Errorf("API is %s, want %s", got, fakeVersion)
	}
}

func TestConnectPodman(t *testing.T) {
	f := fake(t)
	f.header["Server"] = "Libpod/5.1.0 (linux)"
	e := f.engine()
	if e.Product() != Podman || e.hasBuildKit() {
		t.Errorf("product is %q, BuildKit %v", e.Product(), e.hasBuildKit())
	}
}

func TestConnectNegotiates(t *testing.T) {
	t.Setenv("DOCKER_API_VERSION", "1.45")
	e := connected(t)
	if got := e.api.ClientVersion(); got != fakeVersion {
		t.Errorf("DOCKER_API_VERSION pins the API to %s", got)
	}
}

func TestConnectErrors(t *testing.T) {
	socket := func(t *testing.T) string { return "unix://" + socketIn(t) }
	for name, tt := range map[string]struct {
		host func(*testing.T) string
		kind Kind
		text string
	}{
		"no socket": {socket, KindUnreachable, "no such file or directory"},
		"nobody listens": {func(t *testing.T) string {
			path := socketIn(t)
			l, err := net.Listen("unix", path)
			if err != nil {
				t.Fatal(err)
			}
			l.(*net.UnixListener).SetUnlinkOnClose(false)
			l.Close()
			return "unix://" + path
		}, KindUnreachable, "connection refused"},
		"not a socket": {func(t *testing.T) string {
			path := filepath.Join(t.TempDir(), "f")
			if err := os.WriteFile(path, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			return "unix://" + path
		}, KindUnreachable, ""},
		"nobody on the port": {func(t *testing.T) string {
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			defer l.Close()
			return "tcp://" + l.Addr().String()
		}, KindUnreachable, ""},
		"old engine": {func(t *testing.T) string {
			f := fake(t)
			f.header["Api-Version"] = "1.40"
			return f.endpoint().Host
		}, KindTooOld, "API 1.40"},
		"very old engine": {func(t *testing.T) string {
			f := fake(t)
			f.header["Api-Version"] = "1.12"
			return f.endpoint().Host
		}, KindTooOld, "API 1.12"},
		"no address": {func(*testing.T) string { return "strange" }, KindBadEndpoint, "strange"},
	} {
		t.Run(name, func(t *testing.T) {
			e, err := Connect(t.Context(), Endpoint{Host: tt.host(t)})
			if e != nil || !IsKind(err, tt.kind) || !strings.Contains(err.Error(), tt.text) {
				t.Errorf("got %v, %v", e, err)
			}
		})
	}
}

// TestConnectHangsUp has two right answers: whether the end of a connection is
// seen as that of an idle one or in mid-call is a matter of moments.
func TestConnectHangsUp(t *testing.T) {
	l := listen(t, socketIn(t))
	go func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	_, err := Connect(t.Context(), Endpoint{Host: "unix://" + l.Addr().String()})
	if !IsKind(err, KindConnectionLost) && !IsKind(err, KindUnreachable) {
		t.Errorf("error is %v", err)
	}
	if strings.Contains(err.Error(), "http://") {
		t.Errorf("the text shows the request: %v", err)
	}
}

func TestConnectCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Connect(ctx, fake(t).endpoint()); !IsKind(err, KindCancelled) {
		t.Errorf("error is %v", err)
	}
}

// TestDialErrors tries errors of the kernel that a test cannot provoke,
// through the client, which has texts of its own for them.
func TestDialErrors(t *testing.T) {
	for errno, kind := range map[syscall.Errno]Kind{
		syscall.EACCES: KindPermission, syscall.EPERM: KindPermission,
		syscall.ENOENT: KindUnreachable, syscall.ECONNREFUSED: KindUnreachable, syscall.EAGAIN: KindUnreachable,
	} {
		transport := &http.Transport{DialContext: func(context.Context, string, string) (net.Conn, error) {
			cause := &net.OpError{Op: "dial", Net: "unix", Err: os.NewSyscallError("connect", errno)}
			return nil, &dialError{cause: cause}
		}}
		e := connected(t)
		answer, err := (&http.Client{Transport: transport}).Get("http://engine/_ping")
		if err == nil {
			answer.Body.Close()
			t.Fatal("a call through a broken dialler succeeds")
		}
		got := e.fail(opConnect, "", fmt.Errorf("error during connect: %w", err))
		if !IsKind(got, kind) || !strings.HasSuffix(got.Error(), errno.Error()) {
			t.Errorf("%v: %v", errno, got)
		}
	}
	plain := &dialError{cause: errors.New("strange")}
	if got := plain.reason().Error(); got != "the socket does not answer" {
		t.Errorf("text is %q", got)
	}
}

// TestConnectTLSFiles gives the client an authority that is no certificate.
func TestConnectTLSFiles(t *testing.T) {
	h := newHome(t).withFile("ca.pem", "no certificate")
	ep, err := (&resolver{getenv: func(key string) string {
		return map[string]string{"DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": h.dir}[key]
	}}).fromHost("tcp://127.0.0.1:1", "--host")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Connect(t.Context(), ep); !IsKind(err, KindBadEndpoint) || !strings.Contains(err.Error(), "ca.pem") {
		t.Errorf("error is %v", err)
	}
}
