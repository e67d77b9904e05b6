package lab

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
)

// runscModule is the folder of the module, in this repository, that pins gVisor,
// and of the script that builds it. dclaude's own gVisor comes from there too.
const runscModule = "assets/runsc"

// pinnedRunsc finds that folder from the current one upwards, and the version
// that it pins.
func pinnedRunsc() (dir, version string, err error) {
	at, err := os.Getwd()
	if err != nil {
		return "", "", fail("find gVisor's module", err, "")
	}
	for ; ; at = filepath.Dir(at) {
		dir = filepath.Join(at, runscModule)
		text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
		if err == nil {
			version, err = pinOf(string(text))
			return dir, version, err
		}
		if at == filepath.Dir(at) {
			return "", "", fail("find gVisor's module", fmt.Errorf("no folder above has %s", runscModule), "Run this inside the repository.")
		}
	}
}

// pinOf reads the version from the module's go.mod.
func pinOf(text string) (string, error) {
	m := regexp.MustCompile(`(?m)^require gvisor\.dev/gvisor (\S+)$`).FindStringSubmatch(text)
	if m == nil {
		return "", fail("find gVisor's module", fmt.Errorf("%s/go.mod requires no gVisor", runscModule), "")
	}
	return m[1], nil
}

// runscLink is the path that the engine has registered. It is a link, so that
// a new version needs no new engine.
func (l *Lab) runscLink() string { return l.path("bin", "runsc") }

// Runsc builds gVisor's runtime from the pinned module, once, and returns the
// path of the static binary. A first build takes one to two minutes, and after
// `make build`, which leaves the same packages in Go's cache, a second.
func (l *Lab) Runsc(ctx context.Context) (path string, err error) {
	module, version, err := pinnedRunsc()
	if err != nil {
		return "", err
	}
	name := fmt.Sprintf("runsc-%s-%s", version, runtime.GOARCH)
	path = l.path("bin", name)
	there := func() bool {
		target, err := os.Readlink(l.runscLink())
		return err == nil && target == name && exists(path)
	}
	err = l.once(ctx, "runsc", there, func(ctx context.Context) error {
		if !exists(path) {
			if err := l.buildRunsc(ctx, module, path); err != nil {
				return err
			}
		}
		return linkTo(name, l.runscLink())
	})
	return path, err
}

func (l *Lab) buildRunsc(ctx context.Context, module, path string) error {
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
	built := filepath.Join(dir, "runsc")
	err = l.run(ctx, command{
		step: "build runsc",
		nice: true,
		args: []string{filepath.Join(module, "build.sh"), runtime.GOARCH, built},
	})
	if err != nil {
		return err
	}
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
