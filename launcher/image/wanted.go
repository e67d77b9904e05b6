package image

import "fmt"

// The labels that an image is given when it is built.
const (
	// LabelContext holds the Digest of what the image was built from.
	LabelContext = "dev.dclaude.context"
	// LabelClaude holds the version of Claude Code that was asked for, which
	// may be a moving one; the installed one is in /etc/claude-code/version.
	LabelClaude = "dev.dclaude.claude-version"
	// LabelVersion holds the version of the dclaude that built the image. It
	// is for people, and never a reason to build again.
	LabelVersion = "dev.dclaude.version"
	// LabelGVisor holds the version of the gVisor in the image. It is for
	// people too: the digest covers the program itself.
	LabelGVisor = "dev.dclaude.gvisor-version"
)

// Wanted is what an image has to be for a session to run it.
type Wanted struct {
	// Digest is what Digest returns for the build context.
	Digest string
	// ClaudeVersion is a version or a tag of the npm package; empty means
	// DefaultClaude.
	ClaudeVersion string
	// Version is dclaude's own.
	Version string
	// GVisorVersion is that of the gVisor that goes into the image; empty if
	// there is none.
	GVisorVersion string
}

// Labels returns the labels for an image built as wanted.
func (w Wanted) Labels() map[string]string {
	labels := map[string]string{
		LabelContext: w.Digest,
		LabelClaude:  claudeOr(w.ClaudeVersion),
		LabelVersion: w.Version,
	}
	if w.GVisorVersion != "" {
		labels[LabelGVisor] = w.GVisorVersion
	}
	return labels
}

// State says how an image compares with the wanted one.
type State string

// The states of an image.
const (
	// Missing: there is no such image, or it is not one that dclaude built.
	Missing State = "missing"
	// UpToDate: the image is the wanted one.
	UpToDate State = "up to date"
	// ContextChanged: it was built from something else.
	ContextChanged State = "context changed"
	// VersionChanged: another version of Claude Code is wanted.
	VersionChanged State = "version changed"
)

// Decision is whether to build, and why.
type Decision struct {
	State State
	// Reason says in half a sentence why to build, as in "building the image:
	// <Reason>". It is empty when the image is up to date.
	Reason string
}

// UpToDate reports whether the image can be used as it is.
func (d Decision) UpToDate() bool { return d.State == UpToDate }

// Check compares the labels of the image that an engine has with the wanted
// ones; nil labels mean that there is none.
func Check(labels map[string]string, w Wanted) Decision {
	have, ok := labels[LabelContext]
	wanted := claudeOr(w.ClaudeVersion)
	switch {
	case !ok:
		return Decision{Missing, "there is none that dclaude built"}
	case have != w.Digest:
		return Decision{ContextChanged, "what it is built from has changed (dclaude, certificates or the base image)"}
	case labels[LabelClaude] != wanted:
		return Decision{VersionChanged, fmt.Sprintf("Claude Code %s is wanted and it was built for %s", wanted, claudeOr(labels[LabelClaude]))}
	}
	return Decision{State: UpToDate}
}

func claudeOr(version string) string {
	if version == "" {
		return DefaultClaude
	}
	return version
}
