package session

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/gofrs/flock"

	"dclaude/launcher/engine"
	"dclaude/launcher/image"
)

// Builder is what an image needs of an engine.
type Builder interface {
	Image(ctx context.Context, ref string) (engine.Image, error)
	Build(ctx context.Context, r engine.BuildRequest, p engine.Progress) (engine.BuildResult, error)
	Tag(ctx context.Context, ref, tag string) error
	RemoveImage(ctx context.Context, ref string) error
}

// Gate judges a new image before it takes the place of one that works.
type Gate interface {
	// Known returns why what is wanted was rejected before, "" if it was not.
	Known(ctx context.Context, w image.Wanted) (why string, err error)
	// Try returns why an image is rejected, "" if it is not. The error is about
	// the attempt, not the image.
	Try(ctx context.Context, ref string, w image.Wanted) (why string, err error)
}

// ImageRequest says which image is wanted and how to get it.
type ImageRequest struct {
	// Tag is the image's name; empty for that of sessions.
	Tag     string
	Wanted  image.Wanted
	Context fs.FS
	// Before is called before anything is done about an image that is not the
	// wanted one, and an error of it ends the matter; nil for none.
	Before func() error
	// Args is called only when there is something to build; nil for none.
	Args func() map[string]string
	// Rebuild builds anew, without the cache; Update does with it, for what
	// Args has changed in.
	Rebuild, Update bool
	// Claude is the version that is built, where it is not the wanted one by
	// name.
	Claude string
	// Gate, if set, judges a new Claude Code where an image works already.
	Gate Gate
	// Dir is where the lock and the build's log go.
	Dir string
	// Progress shows the build.
	Progress engine.Progress
	// Say tells the user what happens, one line a call.
	Say func(format string, args ...any)
}

func (r ImageRequest) tag() string {
	if r.Tag == "" {
		return image.Tag
	}
	return r.Tag
}

func (r ImageRequest) claude() string {
	return cmp.Or(r.Claude, r.Wanted.ClaudeVersion, image.DefaultClaude)
}

// EnsureImage returns the image that sessions run, or another by its tag, and builds it when there is
// none, when it is not the wanted one, or when the user asks. A second launch
// meanwhile waits for the first one's build and uses it. When the gate rejects
// the new image, EnsureImage returns the previous one with a *Rejected.
func EnsureImage(ctx context.Context, e Builder, r ImageRequest) (engine.Image, error) {
	have, decision, err := check(ctx, e, r)
	if err != nil {
		return engine.Image{}, err
	}
	if decision.UpToDate() && !r.Rebuild && !r.Update {
		return have, nil
	}
	if r.Before != nil {
		if err := r.Before(); err != nil {
			return engine.Image{}, err
		}
	}
	if r.Gate != nil && decision.State == image.VersionChanged && !r.Rebuild && !r.Update {
		why, err := r.Gate.Known(ctx, r.Wanted)
		if err != nil {
			return engine.Image{}, err
		}
		if why != "" {
			return have, &Rejected{Claude: r.claude(), Why: why}
		}
	}
	unlock, err := lockBuild(ctx, r)
	if err != nil {
		return engine.Image{}, err
	}
	defer unlock()
	// Until the lock was had, another launch may have built.
	before := have.ID
	if have, decision, err = check(ctx, e, r); err != nil {
		return engine.Image{}, err
	}
	if decision.UpToDate() && ((!r.Rebuild && !r.Update) || have.ID != before) {
		return have, nil
	}
	return build(ctx, e, r, have, decision)
}

func check(ctx context.Context, e Builder, r ImageRequest) (engine.Image, image.Decision, error) {
	have, err := e.Image(ctx, r.tag())
	if err != nil && !engine.IsKind(err, engine.KindNoImage) {
		return engine.Image{}, image.Decision{}, err
	}
	return have, image.Check(have.Labels, r.Wanted), nil
}

// lockBuild holds the lock of the image's builds. Locks of the operating
// system go with their process, however it ends.
func lockBuild(ctx context.Context, r ImageRequest) (unlock func(), err error) {
	if err := os.MkdirAll(r.Dir, 0o700); err != nil {
		return nil, fmt.Errorf("folder for the build lock: %w", err)
	}
	l := flock.New(filepath.Join(r.Dir, "build.lock"), flock.SetPermissions(0o600))
	got, err := l.TryLock()
	if err == nil && !got {
		r.Say("another dclaude is building the image; waiting for it")
		err = await(ctx, l)
	}
	if err != nil {
		return nil, fmt.Errorf("lock for building the image: %w", err)
	}
	return func() { _ = l.Unlock() }, nil
}

// await waits for a lock until ctx ends. One that comes too late is given back.
func await(ctx context.Context, l *flock.Flock) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	locked := make(chan error, 1)
	go func() { locked <- l.Lock() }()
	select {
	case err := <-locked:
		return err
	case <-ctx.Done():
		go func() {
			if <-locked == nil {
				_ = l.Unlock()
			}
		}()
		return ctx.Err()
	}
}

func build(ctx context.Context, e Builder, r ImageRequest, have engine.Image, d image.Decision) (engine.Image, error) {
	switch {
	case r.Rebuild:
		r.Say("building the image anew")
	case r.Update && d.UpToDate():
		r.Say("building the image with the Claude Code there is now")
	default:
		r.Say("building the image: %s", d.Reason)
	}
	var args map[string]string
	if r.Args != nil {
		args = r.Args()
	}
	// An image that was built from something else is no use to this dclaude.
	gated := r.Gate != nil && (d.State == image.UpToDate || d.State == image.VersionChanged)
	tag := r.tag()
	if gated {
		tag = image.Candidate
	}
	_, err := e.Build(ctx, engine.BuildRequest{
		Context: r.Context,
		Tags:    []string{tag},
		Args:    args,
		Labels:  r.Wanted.Labels(),
		NoCache: r.Rebuild,
		LogFile: filepath.Join(r.Dir, "build.log"),
	}, r.Progress)
	if err != nil {
		return engine.Image{}, err
	}
	if gated {
		return promote(ctx, e, r, have)
	}
	return e.Image(ctx, r.tag())
}

// promote puts a candidate in the place of the image in use, if the gate lets
// it. The candidate's own name goes in any case.
func promote(ctx context.Context, e Builder, r ImageRequest, have engine.Image) (_ engine.Image, err error) {
	defer func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cleanupTime)
		defer cancel()
		if gone := e.RemoveImage(ctx, image.Candidate); gone != nil {
			err = errors.Join(err, gone)
		}
	}()
	why, err := r.Gate.Try(ctx, image.Candidate, r.Wanted)
	if err != nil {
		return engine.Image{}, err
	}
	if why != "" {
		return have, &Rejected{Claude: r.claude(), Why: why}
	}
	if err := e.Tag(ctx, image.Candidate, image.Tag); err != nil {
		return engine.Image{}, err
	}
	return e.Image(ctx, image.Tag)
}
