package lab

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

// The module that runsc is built from.
const (
	// RunscPackage is the Go package of gVisor's runtime.
	RunscPackage = "gvisor.dev/gvisor/runsc"
	// RunscVersion is its pinned version.
	RunscVersion = "v0.0.0-20260905035102-160fafc42237"
)

// runscLink is the path that the engine has registered. It is a link, so that
// a new version needs no new engine.
func (l *Lab) runscLink() string { return l.path("bin", "runsc") }

// Runsc builds gVisor's runtime from the pinned module, once, and returns the
// path of the static binary. A first build takes one to two minutes.
func (l *Lab) Runsc(ctx context.Context) (path string, err error) {
	name := fmt.Sprintf("runsc-%s-%s", RunscVersion, runtime.GOARCH)
	path = l.path("bin", name)
	there := func() bool {
		target, err := os.Readlink(l.runscLink())
		return err == nil && target == name && exists(path)
	}
	err = l.once(ctx, "runsc", there, func(ctx context.Context) error {
		if !exists(path) {
			if err := l.buildRunsc(ctx, path); err != nil {
				return err
			}
		}
		return linkTo(name, l.runscLink())
	})
	return path, err
}

func (l *Lab) buildRunsc(ctx context.Context, path string) error {
	if runtime.GOOS != "linux" {
		return unavailable("build runsc", "it runs on Linux only", "")
	}
	if !hasProgram("go") {
		return unavailable("build runsc", "go is not on PATH", "Put the Go tool chain on PATH; under sudo it often is not.")
	}
	dir, remove, err := l.scratch("runsc")
	if err != nil {
		return err
	}
	defer remove()
	err = l.run(ctx, command{
		step: "build runsc",
		// With cgo the binary is dynamic and does not find itself in a sandbox.
		env:  []string{"CGO_ENABLED=0", "GOBIN=" + dir, "GOWORK=off"},
		dir:  dir,
		nice: true,
		args: []string{"go", "install", "-trimpath", "-ldflags", "-s -w", RunscPackage + "@" + RunscVersion},
	})
	if err != nil {
		return err
	}
	built := filepath.Join(dir, "runsc")
	version, err := command{args: []string{built, "--version"}}.output(ctx)
	if err != nil {
		return fail("try the new runsc", err, "")
	}
	if !strings.Contains(version, "runsc") {
		return fail("try the new runsc", fmt.Errorf("it calls itself %q", version), "")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fail("keep runsc", err, "")
	}
	if err := os.Rename(built, path); err != nil {
		return fail("keep runsc", err, "")
	}
	return nil
}

// linkTo makes path a link to target, replacing what is there.
func linkTo(target, path string) error {
	next := path + ".new"
	if err := os.RemoveAll(next); err != nil {
		return fail("link "+path, err, "")
	}
	if err := os.Symlink(target, next); err != nil {
		return fail("link "+path, err, "")
	}
	if err := os.Rename(next, path); err != nil {
		return fail("link "+path, err, "")
	}
	return nil
}
