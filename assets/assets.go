// Package assets holds the files that are built into dclaude: the context of
// the sandbox image, and the programs that run inside containers. The latter
// are made by `make`; a build without them compiles, and says what is missing
// when it is asked for one.
package assets

import (
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
)

//go:embed image
var image embed.FS

// built holds what `make` put there, and a README that is always there.
//
//go:embed build
var built embed.FS

// Arches returns the architectures that containers can have, in Go's names.
func Arches() []string { return []string{"amd64", "arm64"} }

// Image returns the files of the image's build context that are the same
// everywhere. The guest program and certificates are to be added.
func Image() fs.FS {
	sub, err := fs.Sub(image, "image")
	if err != nil {
		panic(err) // the name is a valid path
	}
	return sub
}

// Guest returns the static Linux program that runs inside containers of an
// architecture (one of Arches). The error is an *Error.
func Guest(arch string) ([]byte, error) {
	return program(built, "dclaude-guest", arch)
}

// Gateway returns the static Linux program of a gateway's container, as Guest
// does that of a session's.
func Gateway(arch string) ([]byte, error) {
	return program(built, "dclaude-gateway", arch)
}

func program(fsys fs.FS, name, arch string) ([]byte, error) {
	if !slices.Contains(Arches(), arch) {
		return nil, &Error{
			Asset: fmt.Sprintf("the program for containers of the architecture %q", arch),
			Err:   errors.New("there is none"),
			hint:  "Use an engine that runs amd64 or arm64 containers.",
		}
	}
	b, err := fs.ReadFile(fsys, "build/"+name+"-linux-"+arch)
	if err == nil && len(b) == 0 {
		err = errors.New("it is empty")
	}
	if errors.Is(err, fs.ErrNotExist) {
		err = fs.ErrNotExist
	}
	if err != nil {
		return nil, &Error{
			Asset: "the program for containers (" + name + ", linux/" + arch + ")",
			Err:   err,
			hint:  "This dclaude was built without `make`: run `make build` and use bin/dclaude.",
		}
	}
	return b, nil
}
