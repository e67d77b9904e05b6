package lab

import (
	"context"
	"errors"
	"fmt"
	"time"
)

const (
	// BaseName is the image that the sandbox's image is built on.
	BaseName = "node:22-bookworm-slim"
	// StandInLabel is set on a stand-in for it, to the number of its recipe.
	StandInLabel = "dev.dclaude.lab.stand-in"
	// pullTime is how long an ordinary pull may take. A machine that reaches
	// a registry has the image by then or gets it with `docker pull`.
	pullTime = 20 * time.Second
)

// BaseImage makes sure that the engine at host has the base image: pulled, or
// else a stand-in made from Debian's and npm's packages, which says so.
func (l *Lab) BaseImage(ctx context.Context, host string) error {
	there := func() bool { return l.hasBase(ctx, host) }
	if there() {
		return nil
	}
	return l.once(ctx, "base image", there, func(ctx context.Context) error {
		pullErr := l.pullBase(ctx, host)
		if pullErr == nil {
			return nil
		}
		l.sayf("base image: %s cannot be pulled here; making a stand-in from Debian %s and npm packages", BaseName, baseRelease)
		archive, err := l.rootfs(ctx)
		if err != nil {
			return fail("get "+BaseName, errors.Join(pullErr, err), hintOf(err))
		}
		if err := l.importBase(ctx, host, archive); err != nil {
			return err
		}
		l.sayf("base image: %s is a STAND-IN (label %s), not the published image", BaseName, StandInLabel)
		return nil
	})
}

// hasBase tells whether the engine has the base image, the published one or a
// stand-in of the present recipe.
func (l *Lab) hasBase(ctx context.Context, host string) bool {
	if !l.hasImage(ctx, host, BaseName) {
		return false
	}
	format := fmt.Sprintf("{{index .Config.Labels %q}}", StandInLabel)
	label, err := l.docker(host, "image", "inspect", "--format", format, BaseName).output(ctx)
	return err == nil && (label == "" || label == recipe)
}

func (l *Lab) pullBase(ctx context.Context, host string) error {
	ctx, cancel := context.WithTimeoutCause(ctx, pullTime, fmt.Errorf("no end within %s", pullTime))
	defer cancel()
	return l.run(ctx, l.docker(host, "pull", "--quiet", BaseName))
}

// importBase makes an image of the archive. It gets its name only when it is
// whole.
func (l *Lab) importBase(ctx context.Context, host, archive string) error {
	return l.run(ctx, l.docker(host, "import",
		"--change", "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"--change", `ENTRYPOINT ["docker-entrypoint.sh"]`,
		"--change", `CMD ["node"]`,
		"--change", fmt.Sprintf("LABEL %s=%s", StandInLabel, recipe),
		"--message", "stand-in for "+BaseName,
		archive, BaseName))
}
