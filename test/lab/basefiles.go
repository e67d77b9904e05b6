package lab

import (
	"context"
	"os"
	"path/filepath"
)

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
		if err := replaceFile(filepath.Join(root, f.path), []byte(f.text), f.mode); err != nil {
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
