// Package linux holds what the packages for Linux are described by: desktop
// entries, and the .deb's control files. There is no code here but this test;
// test/e2e installs the packages.
package linux

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"dclaude/test/lab"
)

// The desktop's own checker has nothing to say of the entries.
func TestDesktopEntries(t *testing.T) {
	entries, err := filepath.Glob("*.desktop")
	if err != nil || len(entries) != 2 {
		t.Fatalf("%q, %v, want two", entries, err)
	}
	validate := lab.RequireTool(t, "desktop-file-validate")
	for _, entry := range entries {
		if out, err := exec.Command(validate, entry).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%v\n%s", err, out)
		}
	}
}

// made runs one of the Makefile's targets and returns what it printed.
func made(t *testing.T, args ...string) (out string, err error) {
	t.Helper()
	cmd := exec.Command("make", append([]string{"-s", "-C", filepath.Join("..", "..")}, args...)...)
	cmd.Env = append(os.Environ(), "MAKEFLAGS=", "MAINTAINER=")
	b, err := cmd.CombinedOutput()
	return string(b), err
}

// A package names somebody who answers for it, or is none that is released.
func TestMaintainer(t *testing.T) {
	const somebody = "MAINTAINER=Some Body <some.body@example.com>"
	for name, test := range map[string]struct {
		args []string
		want string // what it complains of
	}{
		"a release":                  {[]string{"VERSION=v1.2.3"}, "set MAINTAINER="},
		"a candidate":                {[]string{"VERSION=v1.2.3-rc.1"}, "set MAINTAINER="},
		"a release of somebody":      {[]string{"VERSION=v1.2.3", somebody}, ""},
		"after a release":            {[]string{"VERSION=v1.2.3-4-gabcdef0"}, ""},
		"a release that was changed": {[]string{"VERSION=v1.2.3-dirty"}, ""},
		"no release":                 {[]string{"VERSION=dev"}, ""},
		"a name without an address":  {[]string{"VERSION=dev", "MAINTAINER=Some Body"}, "not of the form"},
		"what is no name":            {[]string{"VERSION=dev", "MAINTAINER=a|b <x@example.com>"}, "not of the form"},
	} {
		t.Run(name, func(t *testing.T) {
			out, err := made(t, append([]string{"maintainer"}, test.args...)...)
			if (err == nil) != (test.want == "") || !strings.Contains(out, test.want) {
				t.Errorf("%v, %q, want %q", err, out, test.want)
			}
		})
	}
	// It is refused before anything is built.
	if out, err := made(t, "deb", "VERSION=v1.2.3", "DIST="+t.TempDir()); err == nil || !strings.Contains(out, "set MAINTAINER=") {
		t.Errorf("make deb: %v, %q", err, out)
	}
}

// Packages are newer than those that came before them.
func TestVersions(t *testing.T) {
	dpkg, err := exec.LookPath("dpkg")
	if err != nil {
		t.Skip("no dpkg here: packages are made on Debian and Ubuntu")
	}
	order := []string{"dev", "v0.9.0-rc.1", "v0.9.0", "v1.0.0-beta", "v1.0.0-rc.1", "v1.0.0-rc.1-3-gabcdef0", "v1.0.0-rc.2", "v1.0.0", "v1.0.0-3-gabcdef0", "v1.0.1"}
	last := "0~"
	for _, version := range order {
		out, err := made(t, "package-version", "VERSION="+version)
		if err != nil {
			t.Fatalf("%s: %v\n%s", version, err, out)
		}
		got := strings.TrimSpace(out)
		if out, err := exec.Command(dpkg, "--compare-versions", last, "lt", got).CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s is %s, and not after %s: %s", version, got, last, out)
		}
		last = got
	}
}
