package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"

	"github.com/docker/cli/cli/config"
	"github.com/docker/cli/cli/config/configfile"
)

// BuildRequest is an image to build.
type BuildRequest struct {
	// Context holds the Dockerfile, by that name, and what it copies: regular
	// files and folders. Modes are kept; everything is owned by root.
	Context fs.FS
	Tags    []string
	Args    map[string]string
	Labels  map[string]string
	// NoCache runs every step again.
	NoCache bool
	// ExtraHosts holds more lines for /etc/hosts during the build, each as
	// "name:address".
	ExtraHosts []string
	// LogFile is where the whole log goes, readable for the user alone; empty
	// for nowhere.
	LogFile string
}

// Progress is where a build shows how far it is.
type Progress struct {
	// Out gets the progress; nil for nowhere.
	Out io.Writer
	// TTY asks for a display that redraws itself, which needs an Out that is
	// a terminal.
	TTY bool
}

// BuildResult is a finished build.
type BuildResult struct {
	ImageID string
}

// BuildError is a build that failed by itself: a step of the Dockerfile, or
// the engine carrying it out. A build that was cancelled or lost its engine is
// an [*Error] alone.
type BuildError struct {
	// Step is the step that failed, as the engine names it; empty if the build
	// did not come that far.
	Step string
	// Lines holds the last lines of that step's output.
	Lines []string
	// LogFile is the request's.
	LogFile string
	Err     error

	cause   buildCause
	product string
}

// Error names the step and the reason, on one line.
func (e *BuildError) Error() string {
	cause := e.Err
	var inner *Error
	if errors.As(cause, &inner) {
		cause = inner.Err // its operation and object say "build" once more
	}
	if e.Step == "" {
		return "the image build failed: " + textOf(cause)
	}
	return fmt.Sprintf("the image build failed at %s: %s", shortStep(e.Step), shortCause(textOf(cause)))
}

// Unwrap returns the cause.
func (e *BuildError) Unwrap() error { return e.Err }

// Hint says where the whole log is and what helps against the cause.
func (e *BuildError) Hint() string {
	var hints []string
	var cause *Error
	if errors.As(e.Err, &cause) && cause.Hint() != "" {
		hints = append(hints, cause.Hint())
	} else if hint := e.cause.hint(e.product); hint != "" {
		hints = append(hints, hint)
	} else if image := baseImage(e.Step); image != "" {
		hints = append(hints, fmt.Sprintf("the engine could not get the base image: `docker pull %s` should work; look at the engine's network and proxy settings", image))
	}
	if e.LogFile != "" {
		hints = append(hints, "the whole log is in "+e.LogFile)
	}
	return strings.Join(hints, "; ")
}

// baseImage returns the image that a step gets from its registry, as both
// builders name such a step; "" for other steps.
func baseImage(step string) string {
	for _, before := range []string{"[internal] load metadata for ", " : FROM "} {
		if _, after, ok := strings.Cut(step, before); ok {
			image, _, _ := strings.Cut(after, " ")
			return image
		}
	}
	return ""
}

// errNoBuildKit is why a build goes to the classic builder instead.
var errNoBuildKit = errors.New("the engine has no BuildKit")

// Build builds an image with the engine's BuildKit or, where there is none,
// with its classic builder. Cancelling ctx ends the build in the engine too.
func (e *Engine) Build(ctx context.Context, req BuildRequest, progress Progress) (BuildResult, error) {
	return e.build(ctx, req, progress, true)
}

func (e *Engine) build(ctx context.Context, req BuildRequest, progress Progress, buildKit bool) (_ BuildResult, err error) {
	if progress.Out == nil {
		progress = Progress{Out: io.Discard}
	}
	log := io.WriteCloser(nopCloser{io.Discard})
	if req.LogFile != "" {
		if log, err = os.OpenFile(req.LogFile, os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600); err != nil {
			return BuildResult{}, e.failLog(req, err)
		}
	}
	defer func() {
		if closeErr := log.Close(); err == nil && closeErr != nil {
			err = e.failLog(req, closeErr)
		}
	}()
	tail := newTail()
	var result BuildResult
	err = errNoBuildKit
	if buildKit && e.hasBuildKit() {
		result, err = e.buildWithBuildKit(ctx, req, progress, log, tail)
	}
	if errors.Is(err, errNoBuildKit) {
		result, err = e.buildClassic(ctx, req, progress, log, tail)
	}
	return result, e.failBuild(ctx, req, tail, err)
}

// failLog is a build whose log cannot be written. That is no failure of the
// engine, so its rules for texts do not apply.
func (e *Engine) failLog(req BuildRequest, err error) error {
	return &Error{Kind: KindOther, Op: opBuild, Object: strings.Join(req.Tags, ", "), Product: e.product, Endpoint: e.endpoint.Host,
		Err: fmt.Errorf("write the build log: %w", err)}
}

// failBuild turns the end of a build into our errors.
func (e *Engine) failBuild(ctx context.Context, req BuildRequest, tail *tail, err error) error {
	if err == nil {
		return nil
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	err = e.fail(opBuild, strings.Join(req.Tags, ", "), err)
	for _, kind := range []Kind{KindCancelled, KindTimeout, KindConnectionLost, KindUnreachable, KindPermission} {
		if IsKind(err, kind) {
			return err
		}
	}
	step, lines, cause := tail.failed()
	return &BuildError{Step: step, Lines: lines, LogFile: req.LogFile, Err: err, cause: cause, product: e.product}
}

// dockerConfig reads the docker CLI's configuration for the logins to
// registries in it. A build that needs none works without.
func (e *Engine) dockerConfig() *configfile.ConfigFile {
	cfg, err := config.Load(e.endpoint.configDir)
	if err != nil || cfg == nil {
		return configfile.New("")
	}
	return cfg
}

type nopCloser struct{ io.Writer }

func (nopCloser) Close() error { return nil }
