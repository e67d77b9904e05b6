// Package darwincheck type-checks packages for macOS on any system, without a
// Mac, its SDK or a C compiler. It is for the packages that use cgo there,
// which `go vet` with GOOS=darwin and CGO_ENABLED=0 does not see.
//
// It finds what go/types finds: a method that does not exist, an argument of a
// wrong type, an unused import. Whatever C declares is taken as given
// (types.Config.FakeImportC), so it says nothing about C, Objective-C or the
// names of selectors. The build on a Mac remains the proof.
package darwincheck

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// Packages are the packages of this module that use cgo on macOS. A package
// that starts to do so belongs in this list.
func Packages() []string {
	return []string{"dclaude/creds/keychain", "dclaude/app/tray/native", "dclaude/cmd/dclaude-menubar"}
}

// Arches are the architectures that Macs have.
func Arches() []string { return []string{"arm64", "amd64"} }

// listed is what `go list` tells of a package.
type listed struct {
	ImportPath string
	Dir        string
	GoFiles    []string
	CgoFiles   []string
	ImportMap  map[string]string // import path in the source to that of the package
	DepOnly    bool
	Error      *struct{ Err string }
}

// Check type-checks the packages that match patterns as they are on macOS with
// cgo. Patterns are those of `go list`, from the current folder. The error
// joins all that was found; dependencies are taken to be right.
func Check(arch string, patterns ...string) error {
	packages, err := list(arch, patterns)
	if err != nil {
		return err
	}
	c := checker{
		sizes: types.SizesFor("gc", arch),
		fset:  token.NewFileSet(),
		done:  map[string]*types.Package{"unsafe": types.Unsafe},
	}
	var found []error
	for _, p := range packages { // dependencies first
		errs := c.check(p)
		if !p.DepOnly {
			found = append(found, errs...)
		}
	}
	return errors.Join(found...)
}

func list(arch string, patterns []string) ([]listed, error) {
	cmd := exec.Command("go", append([]string{"list", "-e", "-deps", "-json=ImportPath,Dir,GoFiles,CgoFiles,ImportMap,DepOnly,Error", "--"}, patterns...)...)
	cmd.Env = append(os.Environ(), "GOOS=darwin", "GOARCH="+arch, "CGO_ENABLED=1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list: %w\n%s", err, stderr.Bytes())
	}
	var packages []listed
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p listed
		switch err := dec.Decode(&p); {
		case errors.Is(err, io.EOF):
			return packages, nil
		case err != nil:
			return nil, fmt.Errorf("go list: %w", err)
		case p.Error != nil:
			return nil, fmt.Errorf("%s: %s", p.ImportPath, p.Error.Err)
		}
		packages = append(packages, p)
	}
}

// checker checks packages in the order of their dependencies.
type checker struct {
	sizes types.Sizes
	fset  *token.FileSet
	done  map[string]*types.Package
}

func (c *checker) check(p listed) (found []error) {
	if p.ImportPath == "unsafe" {
		return nil
	}
	var files []*ast.File
	for _, name := range append(p.GoFiles, p.CgoFiles...) {
		f, err := parser.ParseFile(c.fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution)
		if err != nil {
			found = append(found, err)
			continue
		}
		files = append(files, f)
	}
	conf := types.Config{
		Importer:         importer{c.done, p.ImportMap},
		Sizes:            c.sizes,
		FakeImportC:      true,
		IgnoreFuncBodies: p.DepOnly, // of a dependency only the declarations count
		Error:            func(err error) { found = append(found, err) },
	}
	c.done[p.ImportPath], _ = conf.Check(p.ImportPath, c.fset, files, nil) // its error is the first of those found
	return found
}

// importer finds the packages that were checked before.
type importer struct {
	done map[string]*types.Package
	as   map[string]string
}

func (i importer) Import(path string) (*types.Package, error) {
	if mapped, ok := i.as[path]; ok {
		path = mapped
	}
	if p := i.done[path]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("package %s was not listed", path)
}
