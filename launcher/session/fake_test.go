package session

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"dclaude/launcher/engine"
	"dclaude/launcher/plan"
)

// step is one call that a fake expects, and what comes of it.
type step struct {
	call string // the method and its object, as in "remove id-1"
	// do runs in the call and may look at the context, or block on it.
	do  func(ctx context.Context) error
	err error
}

// fake is an engine that expects exactly these calls in this order. It fails
// the test on any other call, and at the end on one that never came.
type fake struct {
	t     *testing.T
	mu    sync.Mutex
	steps []step

	image   engine.Image
	created plan.Container
	built   engine.BuildRequest
	stream  *engine.Stream
	exit    engine.Exit
	network engine.Network
	hangs   bool // the container never ends
}

func newFake(t *testing.T, steps ...step) *fake {
	t.Helper()
	f := &fake{t: t, steps: steps}
	t.Cleanup(func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		for _, s := range f.steps {
			t.Errorf("the call %q never came", s.call)
		}
	})
	return f
}

func (f *fake) take(ctx context.Context, format string, args ...any) error {
	call := fmt.Sprintf(format, args...)
	f.mu.Lock()
	if len(f.steps) == 0 || f.steps[0].call != call {
		defer f.mu.Unlock()
		f.t.Errorf("unexpected call %q; expected next: %+v", call, f.steps)
		return errors.New("unexpected call " + call)
	}
	s := f.steps[0]
	f.steps = f.steps[1:]
	f.mu.Unlock()
	if s.do != nil {
		if err := s.do(ctx); err != nil {
			return err
		}
	}
	return s.err
}

func (f *fake) Image(ctx context.Context, ref string) (engine.Image, error) {
	if err := f.take(ctx, "image %s", ref); err != nil {
		return engine.Image{}, err
	}
	return f.image, nil
}

func (f *fake) Build(ctx context.Context, r engine.BuildRequest, _ engine.Progress) (engine.BuildResult, error) {
	f.built = r
	return engine.BuildResult{}, f.take(ctx, "build %s", r.Tags[0])
}

func (f *fake) Tag(ctx context.Context, ref, tag string) error {
	return f.take(ctx, "tag %s %s", ref, tag)
}

func (f *fake) RemoveImage(ctx context.Context, ref string) error {
	if ctx.Err() != nil {
		f.t.Errorf("remove image %s with a context that has ended", ref)
	}
	return f.take(ctx, "remove image %s", ref)
}

const fakeID = "id-1"

func (f *fake) Create(ctx context.Context, c plan.Container) (string, error) {
	f.created = c
	if err := f.take(ctx, "create %s", c.Name); err != nil {
		return "", err
	}
	return fakeID, nil
}

func (f *fake) Attach(ctx context.Context, id string, o engine.AttachOptions) (*engine.Stream, error) {
	if err := f.take(ctx, "attach %s tty=%v", id, o.TTY); err != nil {
		return nil, err
	}
	return f.stream, nil
}

func (f *fake) Start(ctx context.Context, id string) error { return f.take(ctx, "start %s", id) }

func (f *fake) Wait(ctx context.Context, id string) <-chan engine.Exit {
	exit := make(chan engine.Exit, 1)
	err := f.take(ctx, "wait %s", id)
	switch {
	case err != nil:
		exit <- engine.Exit{Err: err}
	case f.hangs:
		context.AfterFunc(ctx, func() { exit <- engine.Exit{Err: ctx.Err()} })
	default:
		exit <- f.exit
	}
	return exit
}

func (f *fake) CreateNetwork(ctx context.Context, n engine.Network) (string, error) {
	f.network = n
	return "net-1", f.take(ctx, "create network %s", n.Name)
}

func (f *fake) ConnectNetwork(ctx context.Context, name, id string) error {
	return f.take(ctx, "connect %s %s", id, name)
}

func (f *fake) RemoveNetwork(ctx context.Context, id string) error {
	return f.take(ctx, "remove network %s", id)
}

func (f *fake) Remove(ctx context.Context, id string) error {
	if ctx.Err() != nil {
		f.t.Errorf("remove %s with a context that has ended", id)
	}
	if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > cleanupTime {
		f.t.Errorf("remove %s without a limit", id)
	}
	return f.take(ctx, "remove %s", id)
}

// failure is an error of the engine.
func failure(kind engine.Kind) error {
	return &engine.Error{Kind: kind, Op: "test", Product: "Engine", Err: errors.New(string(kind))}
}
