package engine

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// builders are the two ways to build, by name.
var builders = map[string]bool{"buildkit": true, "classic": false}

func TestEngineBuild(t *testing.T) {
	ctx, e := lab(t)
	for name, buildKit := range builders {
		t.Run(name, func(t *testing.T) {
			tag := unique(t) + ":latest"
			t.Cleanup(func() { _ = e.RemoveImage(context.WithoutCancel(ctx), tag) })
			files := guestContext(t, guestDockerfile+"ARG COLOUR\nLABEL colour=$COLOUR\n")
			req := BuildRequest{
				Context: files, Tags: []string{tag},
				Args:    map[string]string{"COLOUR": "blue"},
				Labels:  map[string]string{"dclaude.test": "yes"},
				LogFile: filepath.Join(t.TempDir(), "build.log"),
			}
			var shown bytes.Buffer
			first, err := e.build(ctx, req, Progress{Out: &shown}, buildKit)
			if err != nil {
				t.Fatal(err)
			}
			image, err := e.Image(ctx, tag)
			if err != nil {
				t.Fatal(err)
			}
			if image.ID != first.ImageID {
				t.Errorf("tag leads to %s, build made %s", image.ID, first.ImageID)
			}
			if image.Labels["colour"] != "blue" || image.Labels["dclaude.test"] != "yes" {
				t.Errorf("labels are %v", image.Labels)
			}
			log, err := os.ReadFile(req.LogFile)
			if err != nil {
				t.Fatal(err)
			}
			for what, text := range map[string]string{"display": shown.String(), "log": string(log)} {
				if !strings.Contains(text, "COPY bin/guest /guest") {
					t.Errorf("the %s does not name the step:\n%s", what, text)
				}
			}

			second, err := e.build(ctx, req, Progress{}, buildKit)
			if err != nil {
				t.Fatal(err)
			}
			if second.ImageID != first.ImageID {
				t.Errorf("unchanged context: image %s became %s", first.ImageID, second.ImageID)
			}

			// Same size, same time: only the content tells.
			program := bytes.Clone(files["bin/guest"].Data)
			program[len(program)-1] ^= 1
			files["bin/guest"].Data = program
			third, err := e.build(ctx, req, Progress{}, buildKit)
			if err != nil {
				t.Fatal(err)
			}
			if third.ImageID == first.ImageID {
				t.Error("a changed file of the same size did not change the image")
			}
		})
	}
}

func TestEngineBuildFailure(t *testing.T) {
	ctx, e := lab(t)
	for name, buildKit := range builders {
		t.Run(name, func(t *testing.T) {
			before := containerIDs(ctx, t, e)
			req := BuildRequest{
				Context: guestContext(t, guestDockerfile+`RUN ["/guest", "noise", "5"]`+"\n"),
				Tags:    []string{unique(t)},
				LogFile: filepath.Join(t.TempDir(), "build.log"),
			}
			var shown bytes.Buffer
			_, err := e.build(ctx, req, Progress{Out: &shown}, buildKit)
			var failed *BuildError
			if !errors.As(err, &failed) {
				t.Fatalf("error is %T: %v", err, err)
			}
			t.Logf("%v\nhint: %s", err, failed.Hint())
			if !strings.Contains(failed.Step, "noise") {
				t.Errorf("step is %q", failed.Step)
			}
			if len(failed.Lines) != tailLines || !slices.Contains(failed.Lines, "line 39") || slices.Contains(failed.Lines, "line 19") {
				t.Errorf("lines are %q", failed.Lines)
			}
			if !strings.Contains(failed.Hint(), req.LogFile) {
				t.Errorf("hint %q does not name the log", failed.Hint())
			}
			log, err := os.ReadFile(req.LogFile)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(log), "line 0") {
				t.Errorf("the log lacks the first line:\n%s", log)
			}
			for what, text := range map[string]string{"display": shown.String(), "log": string(log)} {
				if strings.ContainsAny(text, "\x1b\x07\r") {
					t.Errorf("the %s has control characters: %q", what, text)
				}
			}
			if _, err := e.Image(ctx, req.Tags[0]); !IsKind(err, KindNoImage) {
				t.Errorf("after a failed build the image is there: %v", err)
			}
			noMoreContainersThan(ctx, t, e, before)
		})
	}
}

// notifier tells when a text was written.
type notifier struct {
	bytes.Buffer
	text string
	seen chan struct{}
}

func (n *notifier) Write(p []byte) (int, error) {
	n.Buffer.Write(p)
	if n.seen != nil && strings.Contains(n.String(), n.text) {
		close(n.seen)
		n.seen = nil
	}
	return len(p), nil
}

func TestEngineBuildCancel(t *testing.T) {
	ctx, e := lab(t)
	for name, buildKit := range builders {
		t.Run(name, func(t *testing.T) {
			before := containerIDs(ctx, t, e)
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			seen := make(chan struct{})
			out := &notifier{text: "ready", seen: seen}
			req := BuildRequest{Context: guestContext(t, guestDockerfile+`RUN ["/guest", "ignore"]`+"\n"), Tags: []string{unique(t)}}
			done := make(chan error)
			go func() {
				_, err := e.build(ctx, req, Progress{Out: out}, buildKit)
				done <- err
			}()
			select {
			case <-seen:
			case err := <-done:
				t.Fatalf("the build ended: %v", err)
			}
			began := time.Now()
			cancel()
			if err := <-done; !IsKind(err, KindCancelled) {
				t.Errorf("error is %v", err)
			}
			t.Logf("cancelled in %v", time.Since(began))
			ctx = context.WithoutCancel(ctx)
			if _, err := e.Image(ctx, req.Tags[0]); !IsKind(err, KindNoImage) {
				t.Errorf("after a cancelled build the image is there: %v", err)
			}
			noMoreContainersThan(ctx, t, e, before)
		})
	}
}

func containerIDs(ctx context.Context, t *testing.T, e *Engine) []string {
	t.Helper()
	list, err := e.Containers(ctx, nil)
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, c := range list {
		ids = append(ids, c.ID)
	}
	return ids
}

// noMoreContainersThan waits until no container of a build is left: the
// classic builder removes its own a moment after the end.
func noMoreContainersThan(ctx context.Context, t *testing.T, e *Engine, before []string) {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); ; {
		left := slices.DeleteFunc(containerIDs(ctx, t, e), func(id string) bool { return slices.Contains(before, id) })
		if len(left) == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("containers are left: %q", left)
		}
	}
}
