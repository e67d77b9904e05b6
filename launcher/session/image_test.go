package session

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"dclaude/launcher/engine"
	"dclaude/launcher/image"
)

var wanted = image.Wanted{Digest: "sha256:new", ClaudeVersion: "2.1.330", Version: "v1"}

// request asks for the wanted image; said collects what the user is told.
func request(t *testing.T, said *[]string) ImageRequest {
	return ImageRequest{
		Wanted:  wanted,
		Context: fstest.MapFS{},
		Args:    func() map[string]string { return map[string]string{"USER_ID": "501"} },
		Dir:     filepath.Join(t.TempDir(), "engine"),
		Say:     func(format string, args ...any) { *said = append(*said, fmt.Sprintf(format, args...)) },
	}
}

func TestImageThatIsUpToDateCostsOneCall(t *testing.T) {
	f := newFake(t, step{call: "image claude-sandbox"})
	f.image = engine.Image{ID: "sha256:1", Labels: wanted.Labels()}
	var said []string
	r := request(t, &said)
	r.Args = func() map[string]string { t.Error("build arguments without a build"); return nil }
	got, err := EnsureImage(t.Context(), f, r)
	if err != nil || got.ID != "sha256:1" || len(said) > 0 {
		t.Errorf("got %+v, %v; said %q", got, err, said)
	}
	if _, err := os.Stat(r.Dir); err == nil {
		t.Error("a lock was taken")
	}
}

// What was planned for an engine that has changed since is not built.
func TestImageIsNotBuiltUnconfirmed(t *testing.T) {
	f := newFake(t, step{call: "image claude-sandbox", err: failure(engine.KindNoImage)})
	var said []string
	r := request(t, &said)
	r.Before = func() error { return ErrChanged }
	if _, err := EnsureImage(t.Context(), f, r); !errors.Is(err, ErrChanged) || len(said) > 0 {
		t.Errorf("%v; said %q", err, said)
	}
}

func TestImageIsBuiltWhenItIsNotTheWantedOne(t *testing.T) {
	other := wanted
	other.ClaudeVersion = "2.0.0"
	old := wanted
	old.Digest = "sha256:old"
	for name, tt := range map[string]struct {
		have    map[string]string // nil: no image
		missing error
		rebuild bool
		say     string
	}{
		"missing":         {nil, failure(engine.KindNoImage), false, "building the image: there is none"},
		"not ours":        {map[string]string{"maintainer": "x"}, nil, false, "building the image: there is none that dclaude built"},
		"another context": {old.Labels(), nil, false, "building the image: what it is built from has changed"},
		"another Claude":  {other.Labels(), nil, false, "building the image: Claude Code 2.1.330 is wanted"},
		"asked for":       {wanted.Labels(), nil, true, "building the image anew"},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			f.image = engine.Image{ID: "sha256:1", Labels: tt.have}
			look := step{call: "image claude-sandbox", err: tt.missing}
			f.steps = []step{look, look,
				{call: "build claude-sandbox", do: func(context.Context) error { f.image.ID = "sha256:2"; return nil }},
				{call: "image claude-sandbox"}}
			var said []string
			r := request(t, &said)
			r.Rebuild = tt.rebuild
			got, err := EnsureImage(t.Context(), f, r)
			if err != nil || got.ID != "sha256:2" {
				t.Fatalf("got %+v, %v", got, err)
			}
			if len(said) != 1 || !strings.HasPrefix(said[0], tt.say) {
				t.Errorf("said %q", said)
			}
			if f.built.NoCache != tt.rebuild || f.built.Args["USER_ID"] != "501" || f.built.Labels[image.LabelContext] != wanted.Digest ||
				f.built.LogFile != filepath.Join(r.Dir, "build.log") {
				t.Errorf("built %+v", f.built)
			}
		})
	}
}

func TestImageFailures(t *testing.T) {
	look := step{call: "image claude-sandbox", err: failure(engine.KindNoImage)}
	broken := &engine.BuildError{Step: "RUN false", Err: errors.New("exit code 1")}
	for name, steps := range map[string][]step{
		"the first look":   {{call: "image claude-sandbox", err: failure(engine.KindConnectionLost)}},
		"the second look":  {look, {call: "image claude-sandbox", err: failure(engine.KindConnectionLost)}},
		"the build":        {look, look, {call: "build claude-sandbox", err: broken}},
		"the look at last": {look, look, {call: "build claude-sandbox"}, {call: "image claude-sandbox", err: failure(engine.KindConnectionLost)}},
	} {
		var said []string
		_, err := EnsureImage(t.Context(), newFake(t, steps...), request(t, &said))
		want := steps[len(steps)-1].err
		if !errors.Is(err, want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestImageWithoutAFolderForItsLock(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var said []string
	r := request(t, &said)
	r.Dir = filepath.Join(file, "engine")
	f := newFake(t, step{call: "image claude-sandbox", err: failure(engine.KindNoImage)})
	if _, err := EnsureImage(t.Context(), f, r); err == nil || !strings.Contains(err.Error(), file) {
		t.Errorf("got %v", err)
	}
}

// oneImage is an engine that several launches use at the same time.
type oneImage struct {
	mu     sync.Mutex
	have   engine.Image
	builds int
	// building is closed when the first build has begun, and the build ends
	// when finish is closed.
	building, finish chan struct{}
}

func (e *oneImage) Image(context.Context, string) (engine.Image, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.have.ID == "" {
		return engine.Image{}, failure(engine.KindNoImage)
	}
	return e.have, nil
}

func (e *oneImage) Tag(context.Context, string, string) error { panic("nothing is gated here") }

func (e *oneImage) RemoveImage(context.Context, string) error { panic("nothing is gated here") }

func (e *oneImage) Build(ctx context.Context, r engine.BuildRequest, _ engine.Progress) (engine.BuildResult, error) {
	e.mu.Lock()
	e.builds++
	if e.builds == 1 {
		close(e.building)
	}
	e.mu.Unlock()
	select {
	case <-e.finish:
	case <-ctx.Done():
		return engine.BuildResult{}, ctx.Err()
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.have = engine.Image{ID: fmt.Sprintf("sha256:%d", e.builds), Labels: r.Labels}
	return engine.BuildResult{}, nil
}

// A launch that finds another one building waits, and takes what comes of it;
// so does one that was asked to build anew.
func TestOneBuildForLaunchesAtTheSameTime(t *testing.T) {
	for _, rebuild := range []bool{false, true} {
		e := &oneImage{building: make(chan struct{}), finish: make(chan struct{})}
		dir := t.TempDir()
		results := make(chan error, 4)
		waiting := make(chan struct{}, 4)
		launch := func(say func(string, ...any)) {
			got, err := EnsureImage(t.Context(), e, ImageRequest{Wanted: wanted, Args: func() map[string]string { return nil }, Dir: dir, Rebuild: rebuild, Say: say})
			if err == nil && got.ID != "sha256:1" {
				err = fmt.Errorf("got %+v", got)
			}
			results <- err
		}
		go launch(func(string, ...any) {})
		<-e.building
		for range 3 {
			go launch(func(format string, args ...any) {
				if strings.Contains(format, "waiting for it") {
					waiting <- struct{}{}
				} else {
					t.Errorf("said %q", fmt.Sprintf(format, args...))
				}
			})
		}
		for range 3 {
			<-waiting
		}
		close(e.finish)
		for range 4 {
			if err := <-results; err != nil {
				t.Error(err)
			}
		}
		if e.builds != 1 {
			t.Errorf("rebuild %v: built %d times", rebuild, e.builds)
		}
	}
}

// The other build may fail or be interrupted: then this launch builds.
func TestBuildAfterOneThatFailed(t *testing.T) {
	e := &oneImage{building: make(chan struct{}), finish: make(chan struct{})}
	dir := t.TempDir()
	first, interrupt := context.WithCancel(t.Context())
	failed, done := make(chan error), make(chan error)
	waiting := make(chan struct{}, 1)
	ensure := func(ctx context.Context, say func(string, ...any)) error {
		_, err := EnsureImage(ctx, e, ImageRequest{Wanted: wanted, Args: func() map[string]string { return nil }, Dir: dir, Say: say})
		return err
	}
	go func() { failed <- ensure(first, func(string, ...any) {}) }()
	<-e.building
	go func() {
		done <- ensure(t.Context(), func(format string, _ ...any) {
			if strings.Contains(format, "waiting for it") {
				waiting <- struct{}{}
			}
		})
	}()
	<-waiting
	interrupt()
	if err := <-failed; !errors.Is(err, context.Canceled) {
		t.Errorf("the first: %v", err)
	}
	close(e.finish)
	if err := <-done; err != nil || e.builds != 2 {
		t.Errorf("the second: %v after %d builds", err, e.builds)
	}
}

func TestWaitingForABuildCanBeInterrupted(t *testing.T) {
	e := &oneImage{building: make(chan struct{}), finish: make(chan struct{})}
	dir := t.TempDir()
	done := make(chan error)
	go func() {
		_, err := EnsureImage(t.Context(), e, ImageRequest{Wanted: wanted, Args: func() map[string]string { return nil }, Dir: dir, Say: func(string, ...any) {}})
		done <- err
	}()
	<-e.building
	ctx, interrupt := context.WithCancel(t.Context())
	_, err := EnsureImage(ctx, e, ImageRequest{Wanted: wanted, Dir: dir, Say: func(string, ...any) { interrupt() }})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v", err)
	}
	close(e.finish)
	if err := <-done; err != nil {
		t.Error(err)
	}
}
