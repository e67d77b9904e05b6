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
	"strings"
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
// architecture (one of Arches). Like Gateway and Runsc it reads no more than
// the checksum and the size; the error of each is an *Error, and fs.ErrNotExist
// when dclaude was built without that program.
func Guest(arch string) (*Program, error) {
	return find(built, "dclaude-guest", arch)
}

// Gateway returns the static Linux program of a gateway's container.
func Gateway(arch string) (*Program, error) {
	return find(built, "dclaude-gateway", arch)
}

// Runsc returns gVisor's runtime.
func Runsc(arch string) (*Program, error) {
	p, err := find(built, "runsc", arch)
	if err != nil {
		return nil, err
	}
	version, err := fs.ReadFile(built, "build/runsc-version")
	if err != nil {
		return nil, unusable("runsc", arch, err)
	}
	p.Version = strings.TrimSpace(string(version))
	return p, nil
}

func find(fsys fs.FS, name, arch string) (*Program, error) {
	if !slices.Contains(Arches(), arch) {
		return nil, &Error{
			Asset: fmt.Sprintf("the program for containers of the architecture %q", arch),
			Err:   errors.New("there is none"),
			hint:  "Use an engine that runs amd64 or arm64 containers.",
		}
	}
	p, err := packed(fsys, "build/"+name+"-linux-"+arch)
	if err != nil {
		return nil, unusable(name, arch, err)
	}
	return p, nil
}

// called is what people know a program as.
var called = map[string]string{
	"dclaude-guest":   "the program for containers",
	"dclaude-gateway": "the program for gateways",
	"runsc":           "gVisor",
}

func unusable(name, arch string, err error) error {
	e := &Error{
		Asset: fmt.Sprintf("%s (%s, linux/%s)", called[name], name, arch), Err: err,
		hint: "This dclaude is damaged: build or install it again.",
	}
	if errors.Is(err, fs.ErrNotExist) {
		e.Err = fs.ErrNotExist
		e.hint = fmt.Sprintf("This dclaude was built without %s: run `make build` and use bin/dclaude.", called[name])
	}
	return e
}
