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

// ReleaseVariable names the environment variable that chooses the Debian release
// whose Docker Engine the private engine is. On a machine of that release it is
// the machine's own.
const ReleaseVariable = "DCLAUDE_LAB_RELEASE"

// currentRelease has an engine of the generation that users have: 28.5. Debian 12
// has 20.10, which is the oldest that dclaude knows.
const currentRelease = "forky"

// engineRecipe is raised whenever the engine's file system changes, so that no
// machine keeps an old one.
const engineRecipe = "1"

// engineRelease is the release whose engine this lab runs, "" for the machine's
// own: what is not Debian has that, unless another is asked for.
func engineRelease() (string, error) {
	about, _ := os.ReadFile("/etc/os-release") // a machine without one is not Debian
	own := hostRelease(string(about))
	release := os.Getenv(ReleaseVariable)
	switch {
	case release == "" && own == "":
		return "", nil
	case release == "":
		release = currentRelease
	}
	if !regexp.MustCompile(`^[a-z]+$`).MatchString(release) {
		return "", fail("choose an engine", fmt.Errorf("%s=%q is no code name of a Debian release", ReleaseVariable, release), "It is a word such as bookworm.")
	}
	if release == own {
		return "", nil
	}
	return release, nil
}

// engineRoot makes the file system that the engine of another release runs in,
// once, and returns its path; "" for the machine's own.
func (l *Lab) engineRoot(ctx context.Context) (string, error) {
	if l.release == "" {
		return "", nil
	}
	root := l.path("roots", fmt.Sprintf("%s-%s-r%s", l.release, runtime.GOARCH, engineRecipe))
	if exists(root) {
		return root, nil
	}
	if err := l.packages(ctx, baseNeeds()); err != nil {
		return "", err
	}
	there := func() bool { return exists(root) }
	err := l.once(ctx, "engine of "+l.release, there, func(ctx context.Context) error { return l.makeEngineRoot(ctx, root) })
	return root, err
}

func (l *Lab) makeEngineRoot(ctx context.Context, path string) error {
	dir, remove, err := l.scratch("engine")
	if err != nil {
		return err
	}
	defer remove()
	sources, err := debianSources(l.release)
	if err != nil {
		return fail("read apt's sources", err, "")
	}
	root := filepath.Join(dir, "root")
	err = l.debootstrap(ctx, l.release, root, sources, "docker.io", "iptables", "ca-certificates", "procps") // the last for docker top
	if err != nil {
		return fail("get the engine of "+l.release, err, "Set "+ReleaseVariable+" to this machine's own release for the engine that it has.")
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return fail("keep the engine's file system", err, "")
	}
	return os.Rename(root, path)
}

// debootstrapScripts are what debootstrap knows releases by. One that is younger
// than this machine's debootstrap is made as unstable is.
const debootstrapScripts = "/usr/share/debootstrap/scripts"

// debootstrap makes the file system of a release in root.
func (l *Lab) debootstrap(ctx context.Context, release, root string, sources []source, packages ...string) error {
	args := []string{"debootstrap", "--variant=minbase"}
	if len(packages) > 0 {
		args = append(args, "--include="+strings.Join(packages, ","))
	}
	args = append(args, release, root)
	if from := mirror(sources, release); from != "" {
		args = append(args, from)
		if !exists(filepath.Join(debootstrapScripts, release)) {
			args = append(args, filepath.Join(debootstrapScripts, "sid"))
		}
	}
	return l.run(ctx, command{step: "debootstrap " + release, nice: true, args: args})
}

// overlaid are the parts of an engine's file system that cover the machine's own.
// All else stays as it is: what containers mount, the engine's data, its socket.
func overlaid() []string { return []string{"/etc/ld.so.cache", "/etc/alternatives", "/usr"} }

// engineCommand is what starts dockerd. An engine of another release, or with a
// resolver of its own, has a mount namespace of its own, in which what is its own
// covers what is the machine's.
func (l *Lab) engineCommand(root, config string) (program string, args []string) {
	program, args = findProgram("dockerd"), []string{"--config-file", config}
	var covers []string
	if l.resolv != "" {
		covers = append(covers, l.resolv, followed("/etc/resolv.conf"))
	}
	if root != "" {
		program = "/usr/sbin/dockerd"
		// What the machine's administrator has put there is mounted into containers.
		covers = append(covers, "/usr/local", filepath.Join(root, "usr/local"))
		for _, path := range overlaid() {
			covers = append(covers, filepath.Join(root, path), path)
		}
	}
	if covers == nil {
		return program, args
	}
	const script = `set -e; while [ "$1" != -- ]; do mount --rbind "$1" "$2"; shift 2; done; shift; exec "$@"`
	all := append([]string{"--mount", "--propagation", "slave", "sh", "-c", script, "sh"}, covers...)
	return findProgram("unshare"), append(append(all, "--", program), args...)
}

// followed is where a path leads to: a mount on a link covers nothing.
func followed(path string) string {
	if to, err := filepath.EvalSymlinks(path); err == nil {
		return to
	}
	return path
}
