package image

import (
	"io/fs"
	"slices"
	"strings"

	"dclaude/assets"
)

// Tag is the name that the image has in an engine.
const Tag = "claude-sandbox"

// Candidate is the name of a new image until it has proved itself.
const Candidate = Tag + ":candidate"

// Options are what a build context depends on.
type Options struct {
	// Arch is the architecture of the engine's containers, in Go's words or
	// in the engine's: amd64 or x86_64, arm64 or aarch64.
	Arch string
	// Certificates are trusted in the image, at build and at run time.
	Certificates []Certificate
	// Guest is the program that becomes the image's entry point; nil means
	// the one that is built into dclaude for Arch.
	Guest *assets.Program
	// Runsc is gVisor's runtime for Arch (assets.Runsc); without one, the image
	// has none and cannot nest it.
	Runsc *assets.Program
	// Packages are Debian packages that the image has besides its own.
	Packages []string
}

// packagesPath is where the build context has the names of further packages.
const packagesPath = "packages/wanted"

// runscPath is where the build context has gVisor's runtime.
const runscPath = "gvisor/runsc"

// Context returns the build context, a read-only file system in memory. It
// holds the Dockerfile and all that the Dockerfile copies, with the modes that
// the files have in the image. It fails, with an error that has a hint, when
// dclaude was built without its guest programs.
func Context(o Options) (fs.FS, error) {
	if o.Guest == nil {
		guest, err := assets.Guest(goarch(o.Arch))
		if err != nil {
			return nil, err
		}
		o.Guest = guest
	}
	files := map[string]*node{
		"dclaude-guest": {mode: 0o755, program: o.Guest},
	}
	common := assets.Image()
	err := fs.WalkDir(common, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(common, path)
		files[path] = &node{mode: modeOf(path), data: b}
		return err
	})
	if err != nil {
		return nil, &Error{Op: "read the image's build context", Err: err}
	}
	if o.Runsc != nil {
		files[runscPath] = &node{mode: 0o755, program: o.Runsc}
	}
	if len(o.Packages) > 0 {
		names := slices.Sorted(slices.Values(o.Packages)) // their order means nothing
		files[packagesPath] = &node{mode: 0o644, data: []byte(strings.Join(names, "\n") + "\n")}
	}
	for _, c := range o.Certificates {
		files["certificates/"+c.fileName()] = &node{mode: 0o644, data: c.PEM()}
	}
	return newTree(files), nil
}

// modeOf returns the mode of an embedded file, which embedding has lost.
func modeOf(path string) fs.FileMode {
	if path == "init-firewall.sh" || path == "registries.sh" {
		return 0o755
	}
	return 0o644
}

// goarch turns an engine's word for an architecture into Go's.
func goarch(arch string) string {
	switch arch {
	case "x86_64":
		return "amd64"
	case "aarch64":
		return "arm64"
	}
	return arch
}
