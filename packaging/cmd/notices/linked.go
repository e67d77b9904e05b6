package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"

	"dclaude/packaging/notices"
)

// program is one of dclaude's, and where its package is built.
type program struct {
	name, dir, pkg string
	targets        []string
}

// programs lists those of a package: the two that users start, for the
// package's targets, and those embedded in dclaude, for every machine that a
// container runs on.
func programs(targets []string) []program {
	containers := []string{"linux/amd64", "linux/arm64"}
	return []program{
		{"dclaude", ".", "./cmd/dclaude", targets},
		{"dclaude-menubar", ".", "./cmd/dclaude-menubar", targets},
		{"dclaude-guest", ".", "./cmd/dclaude-guest", containers},
		{"dclaude-gateway", ".", "./cmd/dclaude-gateway", containers},
		{"runsc", filepath.Join("assets", "runsc"), "gvisor.dev/gvisor/runsc", containers},
	}
}

// listed is what `go list` tells of a package that is linked.
type listed struct {
	Dir    string
	Module *struct {
		Path, Version, Dir string
		Main               bool
		Replace            *struct{ Path string }
	}
}

// linked returns the modules that the programs of a package for the targets
// link, sorted by path and version, Go's own library first.
func linked(ctx context.Context, top string, targets []string) ([]notices.Module, error) {
	found := map[string]*notices.Module{}
	var names []string
	for _, p := range programs(targets) {
		names = append(names, p.name)
		for _, target := range p.targets {
			packages, err := deps(ctx, filepath.Join(top, p.dir), p.pkg, target)
			if err != nil {
				return nil, err
			}
			for _, l := range packages {
				if err := add(found, p.name, l); err != nil {
					return nil, err
				}
			}
		}
	}
	std, err := standardLibrary(ctx, found)
	if err != nil {
		return nil, err
	}
	std.Programs = names
	modules := []notices.Module{std}
	for _, m := range found {
		modules = append(modules, *m)
	}
	slices.SortFunc(modules[1:], func(a, b notices.Module) int {
		return cmp.Or(strings.Compare(a.Path, b.Path), strings.Compare(a.Version, b.Version))
	})
	return modules, nil
}

// deps lists the packages that a program for a target is linked from. On a Mac
// programs are built with cgo, which changes what that is; nothing is compiled
// here, so no compiler of that system is needed.
func deps(ctx context.Context, dir, pkg, target string) ([]listed, error) {
	goos, goarch, ok := strings.Cut(target, "/")
	if !ok {
		return nil, fmt.Errorf("%q is not GOOS/GOARCH", target)
	}
	cgo := "0"
	if goos == "darwin" {
		cgo = "1"
	}
	cmd := exec.CommandContext(ctx, "go", "list", "-deps", "-json=Dir,Module", pkg)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GOWORK=off", "GOOS="+goos, "GOARCH="+goarch, "CGO_ENABLED="+cgo)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s for %s: %w", pkg, target, err)
	}
	var packages []listed
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var l listed
		err := d.Decode(&l)
		if errors.Is(err, io.EOF) {
			return packages, nil
		}
		if err != nil {
			return nil, fmt.Errorf("go list %s: %w", pkg, err)
		}
		packages = append(packages, l)
	}
}

// add notes that a program links a package of a module, with the texts in the
// package's folder and those above it.
func add(found map[string]*notices.Module, program string, l listed) error {
	if l.Module == nil || l.Module.Main { // Go's own library, or ours
		return nil
	}
	if l.Module.Replace != nil {
		return fmt.Errorf("%s is replaced by %s: the notices say that nothing was changed", l.Module.Path, l.Module.Replace.Path)
	}
	key := l.Module.Path + "@" + l.Module.Version
	m := found[key]
	if m == nil {
		m = &notices.Module{Path: l.Module.Path, Version: l.Module.Version}
		found[key] = m
	}
	if !slices.Contains(m.Programs, program) {
		m.Programs = append(m.Programs, program)
	}
	for dir := l.Dir; ; dir = filepath.Dir(dir) {
		if err := texts(m, l.Module.Dir, dir); err != nil {
			return err
		}
		if len(dir) <= len(l.Module.Dir) {
			break
		}
	}
	slices.SortFunc(m.Texts, func(a, b notices.Text) int { return strings.Compare(a.Name, b.Name) })
	return nil
}

// texts adds those of one folder of a module that are not there yet.
func texts(m *notices.Module, root, dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || !notices.IsText(e.Name()) {
			continue
		}
		name, err := filepath.Rel(root, filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if slices.ContainsFunc(m.Texts, func(t notices.Text) bool { return t.Name == name }) {
			continue
		}
		content, err := os.ReadFile(filepath.Join(dir, e.Name()))
		if err != nil {
			return err
		}
		m.Texts = append(m.Texts, notices.Text{Name: name, Content: string(content)})
	}
	return nil
}

// standardLibrary is what every Go program links. Distributions put its licence
// in places of their own; golang.org/x/sys has the same one, word for word, and
// is linked in any case.
func standardLibrary(ctx context.Context, found map[string]*notices.Module) (notices.Module, error) {
	version, err := exec.CommandContext(ctx, "go", "env", "GOVERSION").Output()
	if err != nil {
		return notices.Module{}, fmt.Errorf("go env GOVERSION: %w", err)
	}
	for _, m := range found {
		if m.Path == "golang.org/x/sys" {
			return notices.Module{Path: "std", Version: strings.TrimSpace(string(version)), Texts: m.Texts}, nil
		}
	}
	return notices.Module{}, errors.New("golang.org/x/sys, which has the licence of Go's library, is not linked")
}
