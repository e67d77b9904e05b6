package lab

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
)

const (
	// baseRelease is the Debian release of the base image.
	baseRelease = "bookworm"
	// nodeMajor and npmMajor are the releases that the base image carries.
	nodeMajor = "22"
	npmMajor  = "10"
	// recipe is raised whenever the stand-in's content changes, so that no
	// machine keeps an old one.
	recipe = "1"
)

// rootfs makes the file system of the stand-in base image, once, and returns
// the path of its tar archive.
func (l *Lab) rootfs(ctx context.Context) (string, error) {
	path := l.path("rootfs", fmt.Sprintf("%s-node%s-%s-r%s.tar", baseRelease, nodeMajor, runtime.GOARCH, recipe))
	if exists(path) {
		return path, nil
	}
	if runtime.GOOS != "linux" || os.Geteuid() != 0 {
		return "", unavailable("make a stand-in for "+BaseName, "that takes root on Linux", "Let the engine pull "+BaseName+" from a registry.")
	}
	if err := l.packages(ctx, baseNeeds()); err != nil {
		return "", err
	}
	there := func() bool { return exists(path) }
	err := l.once(ctx, "rootfs", there, func(ctx context.Context) error { return l.makeRootfs(ctx, path) })
	return path, err
}

func (l *Lab) makeRootfs(ctx context.Context, path string) error {
	dir, remove, err := l.scratch("rootfs")
	if err != nil {
		return err
	}
	defer remove()
	root := filepath.Join(dir, "root")
	sources, err := debianSources(baseRelease)
	if err != nil {
		return fail("read apt's sources", err, "")
	}
	var certificates []string
	if strings.Contains(renderSources(sources), "https://") {
		certificates = []string{"ca-certificates"}
	}
	if err := l.debootstrap(ctx, baseRelease, root, sources, certificates...); err != nil {
		return err
	}
	if err := l.configure(ctx, root, sources); err != nil {
		return err
	}
	if err := l.addNode(ctx, dir, root); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fail("keep the base file system", err, "")
	}
	archive := filepath.Join(dir, "root.tar")
	err = l.run(ctx, command{
		step: "pack the base file system", nice: true,
		args: []string{"tar", "--numeric-owner", "--sort=name", "-C", root, "-cf", archive, "."},
	})
	if err != nil {
		return err
	}
	if err := os.Rename(archive, path); err != nil {
		return fail("keep the base file system", err, "")
	}
	return nil
}

// debianSources are the sources of a release's packages, none if this machine has
// no Debian ones: debootstrap then uses its own default.
func debianSources(release string) ([]source, error) {
	about, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return nil, err
	}
	sources, err := hostSources("/etc/apt")
	if err != nil {
		return nil, err
	}
	return forBase(sources, hostRelease(string(about)), release), nil
}
