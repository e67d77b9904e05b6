package cli

import (
	"context"
	"errors"
	"runtime"

	"dclaude/assets"
	"dclaude/launcher/config"
	"dclaude/launcher/engine"
	"dclaude/launcher/image"
	"dclaude/launcher/session"
)

// ensureImage brings the image to where the settings want it, and shows a
// build while it runs. A new Claude Code that fails its trial is not used; the
// launch goes on with the one before.
// before, if set, has to agree before anything is built for what info says.
func (a *app) ensureImage(ctx context.Context, e *engine.Engine, s config.Settings, info engine.Info, before func() error) (engine.Image, error) {
	r, err := a.imageRequest(ctx, e, s, info)
	if err != nil {
		return engine.Image{}, err
	}
	r.Before = before
	got, err := session.EnsureImage(ctx, e, r)
	var rejected *session.Rejected
	if errors.As(err, &rejected) && got.ID != "" {
		a.out.warn(rejected.Error(), rejected.Hint())
		return got, nil
	}
	return got, err
}

// imageRequest says which image the settings want.
func (a *app) imageRequest(ctx context.Context, e *engine.Engine, s config.Settings, info engine.Info) (session.ImageRequest, error) {
	certificates, left, err := image.HostCertificates(ctx, image.HostOptions{
		Files:    s.CACertificates,
		CacheDir: config.CacheDir(a.sys.Environ, a.home(), runtime.GOOS),
	})
	if err != nil {
		return session.ImageRequest{}, err
	}
	// Without gVisor the image still serves the other ways of isolation; the
	// choice among them says what is missing (tryNested).
	runsc, _ := assets.Runsc(info.Arch)
	files, err := image.Context(image.Options{Arch: info.Arch, Certificates: certificates, Runsc: runsc, Packages: s.AptPackages})
	if err != nil {
		return session.ImageRequest{}, err
	}
	digest, err := image.Digest(files, s.BaseImage)
	if err != nil {
		return session.ImageRequest{}, err
	}
	return session.ImageRequest{
		Wanted:  image.Wanted{Digest: digest, ClaudeVersion: s.ClaudeVersion, Version: version, GVisorVersion: versionOf(runsc)},
		Context: files,
		Args:    func() map[string]string { return a.buildArgs(e, s, left) },
		Rebuild: s.Rebuild,
		Gate:    &gate{app: a, engine: e, settings: s, info: info},
		Dir:     a.engineDir(e),
		Progress: engine.Progress{
			Out: a.sys.Err,
			TTY: isTerminal(a.sys.Err),
		},
		Say: a.out.say,
	}, nil
}

func versionOf(p *assets.Program) string {
	if p == nil {
		return ""
	}
	return p.Version
}

// buildArgs is called only when there is something to build, and so is the
// only one to say what was left out of the build.
func (a *app) buildArgs(e *engine.Engine, s config.Settings, left []string) map[string]string {
	proxies, unused := image.Proxies(func(name string) string { return lookup(a.sys.Environ, name) })
	for _, line := range append(left, unused...) {
		a.out.warn("left out of the image: "+line, "")
	}
	return image.BuildArgs(image.Args{
		Base:    s.BaseImage,
		UserID:  image.DefaultUser,
		GroupID: image.DefaultGroup,
		Claude:  s.ClaudeVersion,
		Refresh: a.fetched(e).load(),
		Proxies: proxies,
	})
}
