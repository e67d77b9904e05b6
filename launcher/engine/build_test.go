package engine

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	buildkit "github.com/moby/buildkit/client"
	"github.com/opencontainers/go-digest"
)

// noBuildKit is how an engine without BuildKit answers.
func noBuildKit() call { return refuse("POST /grpc", 404, "page not found") }

const classicLog = `{"stream":"Step 1/2 : FROM scratch\n"}
{"stream":" ---\u003e \n"}
{"status":"Pulling fs layer","progressDetail":{},"id":"abc"}
{"status":"Downloading","progressDetail":{"current":1,"total":2},"id":"abc"}
{"status":"Downloading","progressDetail":{"current":2,"total":2},"id":"abc"}
{"stream":"Step 2/2 : RUN \u001b[2Jx\n"}
{"stream":"\u001b]52;c;aGk=\u0007out"}
{"stream":"put\r\n"}
{"aux":{"ID":"sha256:1"}}
{"stream":"Successfully built 1\n"}
`

const classicShown = "Step 1/2 : FROM scratch\n ---> \nabc: Pulling fs layer\nabc: Downloading\nStep 2/2 : RUN x\noutput\nSuccessfully built 1\n"

func TestBuildFallsBack(t *testing.T) {
	f := fake(t, noBuildKit(), call{want: "POST /build", body: classicLog, check: func(t *testing.T, r *http.Request) {
		query(map[string]string{
			"version": "1", "t": "a:b", "dockerfile": "Dockerfile", "nocache": "1", "forcerm": "1", "rm": "",
			"buildargs": `{"A":"1"}`, "labels": `{"k":"v"}`, "extrahosts": "h:127.0.0.1",
		})(t, r)
		_, _ = io.Copy(io.Discard, r.Body)
	}})
	var shown bytes.Buffer
	logFile := filepath.Join(t.TempDir(), "log")
	got, err := f.engine().Build(t.Context(), BuildRequest{
		Context: sampleContext(), Tags: []string{"a:b"}, Args: map[string]string{"A": "1"}, Labels: map[string]string{"k": "v"},
		NoCache: true, ExtraHosts: []string{"h:127.0.0.1"}, LogFile: logFile,
	}, Progress{Out: &shown})
	if err != nil || got.ImageID != "sha256:1" {
		t.Errorf("got %+v, %v", got, err)
	}
	log, err := os.ReadFile(logFile)
	if err != nil || shown.String() != classicShown || string(log) != classicShown {
		t.Errorf("shown %q\nlog %q, %v", shown.String(), log, err)
	}
	info, err := os.Stat(logFile)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode of the log is %v, %v", info.Mode(), err)
	}
}

func TestBuildPodmanIsNotAskedForBuildKit(t *testing.T) {
	f := fake(t, call{want: "POST /build", body: `{"stream":"STEP 1/1: FROM scratch\n"}{"aux":{"ID":"sha256:1"}}`})
	f.header["Server"] = "Libpod/5.1.0 (linux)"
	if got, err := f.engine().Build(t.Context(), BuildRequest{Context: sampleContext()}, Progress{}); err != nil || got.ImageID != "sha256:1" {
		t.Errorf("got %+v, %v", got, err)
	}
}

func TestBuildFails(t *testing.T) {
	for name, tt := range map[string]struct {
		answer call
		step   string
		lines  string
		text   string
		kind   Kind
	}{
		"step": {
			call{want: "POST /build", body: `{"stream":"Step 2/2 : RUN x\n"}{"stream":"one\ntwo\n"}{"errorDetail":{"code":7,"message":"The command returned a non-zero code: 7"}}`},
			"Step 2/2 : RUN x", "one|two", "the image build failed at Step 2/2 : RUN x: The command returned a non-zero code: 7", KindOther,
		},
		"before any step": {
			refuse("POST /build", 400, "dockerfile parse error line 3: unknown instruction: RUNN"),
			"", "", "the image build failed: dockerfile parse error line 3: unknown instruction: RUNN", KindInvalid,
		},
		"base image": {
			call{want: "POST /build", body: `{"stream":"Step 1/2 : FROM node:22 AS base\n"}{"errorDetail":{"message":"Get \"https://registry.example.com/v2/\": no such host"}}`},
			"Step 1/2 : FROM node:22 AS base", "", "no such host", KindOther,
		},
		"disk full": {
			call{want: "POST /build", body: `{"stream":"Step 1/1 : COPY a b\n"}{"errorDetail":{"message":"write /b: no space left on device"}}`},
			"Step 1/1 : COPY a b", "", "no space left on device", KindDiskFull,
		},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := connected(t, noBuildKit(), tt.answer).Build(t.Context(),
				BuildRequest{Context: sampleContext(), LogFile: filepath.Join(t.TempDir(), "log")}, Progress{})
			var failed *BuildError
			if !errors.As(err, &failed) {
				t.Fatalf("error is %T: %v", err, err)
			}
			if failed.Step != tt.step || strings.Join(failed.Lines, "|") != tt.lines || !strings.Contains(err.Error(), tt.text) || !IsKind(err, tt.kind) {
				t.Errorf("step %q, lines %q: %v", failed.Step, failed.Lines, err)
			}
			hint := failed.Hint()
			if !strings.Contains(hint, "the whole log is in "+failed.LogFile) || strings.Contains(hint, "docker system") != (tt.kind == KindDiskFull) ||
				strings.Contains(hint, "`docker pull node:22`") != (name == "base image") {
				t.Errorf("hint is %q", hint)
			}
		})
	}
}

func TestBuildErrorText(t *testing.T) {
	cause := errors.New("failed to solve with frontend dockerfile.v0: failed to create LLB definition: dockerfile parse error line 2: unknown instruction: RUNN")
	err := &BuildError{Err: &Error{Kind: KindOther, Op: opBuild, Object: "i", Err: cause}}
	if got := err.Error(); got != "the image build failed: dockerfile parse error line 2: unknown instruction: RUNN" {
		t.Errorf("got %q", got)
	}
	if hint := err.Hint(); hint != "" {
		t.Errorf("hint is %q", hint)
	}
	for step, want := range map[string]string{
		"[internal] load metadata for docker.io/library/node:22-bookworm-slim": "docker.io/library/node:22-bookworm-slim",
		"Step 1/5 : FROM node:22":   "node:22",
		"STEP 1/5 : FROM node:22 a": "node:22",
		"[2/3] RUN x":               "",
		"":                          "",
	} {
		if got := baseImage(step); got != want {
			t.Errorf("%q: %q", step, got)
		}
	}
}

func TestBuildEnds(t *testing.T) {
	cut := call{want: "POST /build", handle: func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `{"stream":"Step 1/2 : FROM scratch\n"}`)
	}}
	if _, err := connected(t, noBuildKit(), cut).Build(t.Context(), BuildRequest{Context: sampleContext()}, Progress{}); !IsKind(err, KindConnectionLost) || isBuildError(err) {
		t.Errorf("the engine went away: %v", err)
	}

	ctx, cancel := context.WithCancel(t.Context())
	hang := call{want: "POST /build", handle: func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.WriteString(w, `{"stream":"Step 1/2 : FROM scratch\n"}`)
		w.(http.Flusher).Flush()
		cancel()
		<-r.Context().Done()
	}}
	if _, err := connected(t, noBuildKit(), hang).Build(ctx, BuildRequest{Context: sampleContext()}, Progress{}); !IsKind(err, KindCancelled) || isBuildError(err) {
		t.Errorf("cancelled: %v", err)
	}

	unwritable := BuildRequest{Context: sampleContext(), LogFile: filepath.Join(t.TempDir(), "none", "log")}
	if _, err := connected(t).Build(t.Context(), unwritable, Progress{}); err == nil || !strings.Contains(err.Error(), "build log") {
		t.Errorf("no log: %v", err)
	}
}

func isBuildError(err error) bool {
	var failed *BuildError
	return errors.As(err, &failed)
}

// TestBuildKitGoesAway has an engine that has BuildKit and hangs up on it.
func TestBuildKitGoesAway(t *testing.T) {
	// gRPC may dial once more before it gives up.
	f := fake(t)
	gone := upgrade("POST /grpc", func(net.Conn, *bufio.Reader) {})
	f.server.Config.Handler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/_ping":
			f.serve(w, r)
		default:
			gone.handle(w, r)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	if _, err := f.engine().Build(ctx, BuildRequest{Context: sampleContext()}, Progress{}); !IsKind(err, KindConnectionLost) {
		t.Errorf("error is %v", err)
	}
}

func TestSolveOptions(t *testing.T) {
	opt, err := connected(t).solveOptions(BuildRequest{
		Context: sampleContext(), Tags: []string{"a:b", "c:d"}, Args: map[string]string{"A": "1"}, Labels: map[string]string{"k": "v"},
		NoCache: true, ExtraHosts: []string{"h:1", "i:2"},
	})
	if err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]string{
		"filename": "Dockerfile", "image-resolve-mode": "local", "build-arg:A": "1", "label:k": "v", "no-cache": "", "add-hosts": "h:1,i:2",
	} {
		if got, ok := opt.FrontendAttrs[key]; !ok || got != want {
			t.Errorf("%s is %q", key, got)
		}
	}
	if opt.SharedKey == "" || opt.Exports[0].Attrs["name"] != "a:b,c:d" || len(opt.Session) != 1 {
		t.Errorf("options are %+v", opt)
	}
}

func TestShowStatuses(t *testing.T) {
	began := time.Now()
	done := began.Add(time.Second)
	const vertex = digest.Digest("sha256:1")
	statuses := make(chan *buildkit.SolveStatus)
	var shown, log bytes.Buffer
	tail := newTail()
	wait := showStatuses(statuses, Progress{Out: &shown, TTY: true}, &log, tail)
	statuses <- &buildkit.SolveStatus{Vertexes: []*buildkit.Vertex{{Digest: vertex, Name: "[1/1] RUN \x1b[2Jx", Started: &began}}}
	statuses <- &buildkit.SolveStatus{
		Logs: []*buildkit.VertexLog{
			{Vertex: vertex, Stream: 1, Data: []byte("one\x1b["), Timestamp: began},
			{Vertex: vertex, Stream: 2, Data: []byte("warning\a\n"), Timestamp: began},
			{Vertex: vertex, Stream: 1, Data: []byte("31m red\n"), Timestamp: began},
		},
		Statuses: []*buildkit.VertexStatus{{ID: "layer\x1b[m", Vertex: vertex, Started: &began, Completed: &done, Timestamp: done, Total: 2, Current: 2}},
		Warnings: []*buildkit.VertexWarning{{Vertex: vertex, Short: []byte("careful\x1b[m"), Detail: [][]byte{[]byte("\x1b[mdetail")}}},
	}
	statuses <- &buildkit.SolveStatus{Vertexes: []*buildkit.Vertex{{Digest: vertex, Name: "[1/1] RUN x", Started: &began, Completed: &done, Error: "exit code: \x1b[m1"}}}
	close(statuses)
	wait()
	for what, text := range map[string]string{"display": shown.String(), "log": log.String()} {
		for _, want := range []string{"[1/1] RUN x", "warning", "layer", "careful", "exit code: 1"} {
			if !strings.Contains(text, want) {
				t.Errorf("the %s lacks %q:\n%s", what, want, text)
			}
		}
		if strings.ContainsAny(text, "\x1b\a\r") {
			t.Errorf("the %s has control characters: %q", what, text)
		}
	}
	step, lines, _ := tail.failed()
	if step != "[1/1] RUN x" || strings.Join(lines, "|") != "onewarning| red" {
		t.Errorf("failed: %q, %q", step, lines)
	}
}

func TestObserveCancelled(t *testing.T) {
	tail := newTail()
	tail.observe(&buildkit.SolveStatus{Vertexes: []*buildkit.Vertex{{Digest: "sha256:1", Name: "a", Error: "process ended: context canceled"}}})
	if step, _, _ := tail.failed(); step != "" {
		t.Errorf("a cancelled step counts as failed: %q", step)
	}
}

func TestRegistryLogins(t *testing.T) {
	f := fake(t)
	dir := filepath.Dir(f.socket)
	config := `{"auths":{"registry.example.com":{"auth":"bWU6c2VjcmV0"}}}`
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
	logins := f.engine().registryLogins()
	if got := logins["registry.example.com"]; got.Username != "me" || got.Password != "secret" {
		t.Errorf("logins are %+v", logins)
	}
	if err := os.WriteFile(filepath.Join(dir, "config.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	if logins := f.engine().registryLogins(); len(logins) != 0 {
		t.Errorf("a broken configuration gives %+v", logins)
	}
}
