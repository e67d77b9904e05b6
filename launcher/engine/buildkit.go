package engine

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"

	buildkit "github.com/moby/buildkit/client"
	"github.com/moby/buildkit/session"
	"github.com/moby/buildkit/session/auth/authprovider"
	"github.com/moby/buildkit/util/progress/progressui"
	"github.com/tonistiigi/fsutil"
)

// exporterMoby stores a build's result among the engine's images.
const exporterMoby = "moby"

// imageIDKey is where that exporter reports the image's id.
const imageIDKey = "containerimage.digest"

// buildWithBuildKit builds with the BuildKit inside the engine. It returns
// errNoBuildKit, before anything was done, if there is none.
func (e *Engine) buildWithBuildKit(ctx context.Context, req BuildRequest, progress Progress, log io.Writer, tail *tail) (BuildResult, error) {
	opt, err := e.solveOptions(req)
	if err != nil {
		return BuildResult{}, err
	}
	bk, err := e.dialBuildKit(ctx)
	if err != nil {
		return BuildResult{}, err
	}
	defer bk.Close()
	statuses := make(chan *buildkit.SolveStatus)
	shown := showStatuses(statuses, progress, log, tail)
	response, err := bk.Solve(ctx, nil, opt, statuses)
	shown()
	if err != nil {
		return BuildResult{}, err
	}
	return BuildResult{ImageID: response.ExporterResponse[imageIDKey]}, nil
}

// dialBuildKit connects to BuildKit through the engine's own socket. The first
// connection shows whether it is there at all.
func (e *Engine) dialBuildKit(ctx context.Context) (*buildkit.Client, error) {
	dial := func(ctx context.Context) (net.Conn, error) { return e.api.DialHijack(ctx, "/grpc", "h2c", nil) }
	first, err := dial(ctx)
	if err != nil {
		if strings.Contains(err.Error(), "unable to upgrade to h2c") {
			return nil, errNoBuildKit
		}
		return nil, err
	}
	var once sync.Once
	bk, err := buildkit.New(ctx, "",
		buildkit.WithContextDialer(func(ctx context.Context, _ string) (conn net.Conn, err error) {
			once.Do(func() { conn = first })
			if conn == nil {
				conn, err = dial(ctx)
			}
			return conn, err
		}),
		buildkit.WithSessionDialer(func(ctx context.Context, proto string, meta map[string][]string) (net.Conn, error) {
			return e.api.DialHijack(ctx, "/session", proto, meta)
		}))
	if err != nil {
		first.Close()
		return nil, fmt.Errorf("connect to BuildKit: %w", err)
	}
	return bk, nil
}

// solveOptions says what to build in BuildKit's words.
func (e *Engine) solveOptions(req BuildRequest) (buildkit.SolveOpt, error) {
	key, err := contextKey(req.Context)
	if err != nil {
		return buildkit.SolveOpt{}, err
	}
	attrs := map[string]string{
		"filename": "Dockerfile",
		// A base image that the engine has is used as it is, and not looked
		// up at its registry.
		"image-resolve-mode": "local",
	}
	for name, value := range req.Args {
		attrs["build-arg:"+name] = value
	}
	for name, value := range req.Labels {
		attrs["label:"+name] = value
	}
	if req.NoCache {
		attrs["no-cache"] = ""
	}
	if len(req.ExtraHosts) > 0 {
		attrs["add-hosts"] = strings.Join(req.ExtraHosts, ",")
	}
	files := contextFS{req.Context}
	return buildkit.SolveOpt{
		Frontend:      "dockerfile.v0",
		FrontendAttrs: attrs,
		LocalMounts:   map[string]fsutil.FS{"context": files, "dockerfile": files},
		SharedKey:     key,
		Exports:       []buildkit.ExportEntry{{Type: exporterMoby, Attrs: map[string]string{"name": strings.Join(req.Tags, ",")}}},
		Session: []session.Attachable{authprovider.NewDockerAuthProvider(authprovider.DockerAuthProviderConfig{
			AuthConfigProvider: authprovider.LoadAuthConfig(e.dockerConfig()),
		})},
	}, nil
}

// showStatuses feeds the display and the log from a build's reports until the
// channel is closed. The function it returns waits for them.
func showStatuses(from <-chan *buildkit.SolveStatus, progress Progress, log io.Writer, tail *tail) (wait func()) {
	var displays []chan *buildkit.SolveStatus
	var wg sync.WaitGroup
	for _, d := range []progressui.Display{displayOn(progress), plainDisplay(log)} {
		ch := make(chan *buildkit.SolveStatus)
		displays = append(displays, ch)
		wg.Go(func() {
			// Not the build's context: a display that stops reading would
			// hold up the end of a cancelled build.
			_, _ = d.UpdateFrom(context.Background(), ch)
		})
	}
	wg.Go(func() {
		cleaner := newStatusCleaner()
		for status := range from {
			cleaner.clean(status)
			tail.observe(status)
			for _, ch := range displays {
				ch <- copyStatus(status)
			}
		}
		for _, ch := range displays {
			close(ch)
		}
	})
	return wg.Wait
}

// displayOn returns the redrawing display where that works, else the plain one.
func displayOn(p Progress) progressui.Display {
	if p.TTY {
		if d, err := progressui.NewDisplay(p.Out, progressui.TtyMode); err == nil {
			return d
		}
	}
	return plainDisplay(p.Out)
}

func plainDisplay(w io.Writer) progressui.Display {
	d, err := progressui.NewDisplay(w, progressui.PlainMode)
	if err != nil {
		panic(err) // the mode is one of the library's own
	}
	return d
}
