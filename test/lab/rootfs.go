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
	sources, err := baseSources()
	if err != nil {
		return fail("read apt's sources", err, "")
	}
	if err := l.debootstrap(ctx, root, sources); err != nil {
		return err
	}
	if err := l.configure(ctx, root, sources); err != nil {
		return err
	}
	if err := l.addNode(ctx, dir, root); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
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

// baseSources are the sources of packages for the stand-in, none if this
// machine has no Debian ones: debootstrap then uses its own default.
func baseSources() ([]source, error) {
	release, err := os.ReadFile("/etc/os-release")
	if err != nil {
		return nil, err
	}
	sources, err := hostSources("/etc/apt")
	if err != nil {
		return nil, err
	}
	return forBase(sources, hostRelease(string(release)), baseRelease), nil
}

func (l *Lab) debootstrap(ctx context.Context, root string, sources []source) error {
	args := []string{"debootstrap", "--variant=minbase"}
	if strings.Contains(renderSources(sources), "https://") {
		args = append(args, "--include=ca-certificates")
	}
	args = append(args, baseRelease, root)
	if from := mirror(sources, baseRelease); from != "" {
		args = append(args, from)
	}
	return l.run(ctx, command{step: "debootstrap", nice: true, args: args})
}

// file is one that the stand-in gets on top of Debian's own.
type file struct {
	path string
	mode os.FileMode
	text string
}

// baseFiles are what images of Debian have and debootstrap does not make.
func baseFiles(sources []source, options string) []file {
	files := []file{
		{"usr/sbin/policy-rc.d", 0o755, "#!/bin/sh\n# No services start in a container.\nexit 101\n"},
		{"etc/apt/apt.conf.d/50image", 0o644, "// An image keeps no archives.\n" +
			"DPkg::Post-Invoke { \"rm -f /var/cache/apt/archives/*.deb /var/cache/apt/*.bin || true\"; };\n" +
			"Dir::Cache::pkgcache \"\";\nDir::Cache::srcpkgcache \"\";\nAcquire::Languages \"none\";\n"},
		{"etc/dpkg/dpkg.cfg.d/50image", 0o644, "path-exclude /usr/share/doc/*\npath-include /usr/share/doc/*/copyright\n" +
			"path-exclude /usr/share/man/*\npath-exclude /usr/share/locale/*\npath-exclude /usr/share/info/*\n"},
		{"usr/local/bin/docker-entrypoint.sh", 0o755, entrypoint},
	}
	if len(sources) > 0 {
		files = append(files, file{"etc/apt/sources.list", 0o644, renderSources(sources)})
	}
	if options != "" {
		files = append(files, file{"etc/apt/apt.conf.d/90machine", 0o644, options})
	}
	return files
}

// entrypoint hands the command to node unless it is a program of its own, as
// that of the real image does.
const entrypoint = `#!/bin/sh
set -e
case "$1" in
-*) exec node "$@" ;;
esac
if ! command -v "$1" >/dev/null 2>&1; then
	exec node "$@"
fi
exec "$@"
`

// configure gives the file system what the real image has besides node.
func (l *Lab) configure(ctx context.Context, root string, sources []source) error {
	dump, err := command{args: []string{"apt-config", "dump"}}.output(ctx)
	if err != nil {
		return fail("read apt's configuration", err, "")
	}
	for _, f := range baseFiles(sources, aptOptions(dump)) {
		if err := os.WriteFile(filepath.Join(root, f.path), []byte(f.text), f.mode); err != nil {
			return fail("configure the base file system", err, "")
		}
	}
	for _, args := range [][]string{
		{"groupadd", "--gid", "1000", "node"},
		{"useradd", "--uid", "1000", "--gid", "node", "--shell", "/bin/bash", "--create-home", "node"},
	} {
		err := l.run(ctx, command{step: "add the user node", args: append([]string{"chroot", root}, args...)})
		if err != nil {
			return err
		}
	}
	return prune(root)
}

// prune removes what the build left and what slim images leave out.
func prune(root string) error {
	for _, dir := range []string{
		"var/cache/apt/archives", "var/lib/apt/lists", "var/log",
		"usr/share/man", "usr/share/locale", "usr/share/info",
	} {
		if err := emptyFolder(filepath.Join(root, dir)); err != nil {
			return fail("prune the base file system", err, "")
		}
	}
	for _, name := range []string{"etc/resolv.conf", "etc/hostname"} {
		if err := os.RemoveAll(filepath.Join(root, name)); err != nil {
			return fail("prune the base file system", err, "")
		}
	}
	docs, err := filepath.Glob(filepath.Join(root, "usr/share/doc/*/*"))
	if err != nil {
		return fail("prune the base file system", err, "")
	}
	for _, path := range docs {
		if filepath.Base(path) == "copyright" {
			continue
		}
		if err := os.RemoveAll(path); err != nil {
			return fail("prune the base file system", err, "")
		}
	}
	return nil
}

// emptyFolder removes what is in dir and leaves dir, which may be missing.
func emptyFolder(dir string) error {
	entries, err := os.ReadDir(dir)
	if os.IsNotExist(err) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, e := range entries {
		if err := os.RemoveAll(filepath.Join(dir, e.Name())); err != nil {
			return err
		}
	}
	return nil
}
