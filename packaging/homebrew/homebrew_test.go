// Package homebrew holds what Homebrew installs dclaude by: a formula for the
// command line program and a cask for the app. `make homebrew` puts a release's
// version and checksums into them. There is no code here but this test.
package homebrew

import (
	"crypto/sha256"
	"encoding/hex"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"dclaude/test/lab"
)

const homepage = "https://example.com/dclaude"

// rendered makes the files of a release with some archive and image.
func rendered(t *testing.T, version string) (formula, cask, dir string) {
	t.Helper()
	dir = t.TempDir()
	for _, name := range []string{"source", "image"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	cmd := exec.Command("make", "-s", "-C", filepath.Join("..", ".."), "homebrew", "VERSION=v"+version, "HOMEPAGE="+homepage,
		"DIST="+dir, "SOURCE="+filepath.Join(dir, "source"), "DMG="+filepath.Join(dir, "image"))
	cmd.Env = append(os.Environ(), "MAKEFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("make homebrew: %v\n%s", err, out)
	}
	read := func(name string) string {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	return read("formula.rb"), read("cask.rb"), dir
}

func sum(content string) string {
	s := sha256.Sum256([]byte(content))
	return hex.EncodeToString(s[:])
}

func TestRelease(t *testing.T) {
	formula, cask, _ := rendered(t, "1.2.3")
	for _, want := range []string{
		`url "` + homepage + `/archive/refs/tags/v1.2.3.tar.gz"`, `sha256 "` + sum("source") + `"`, `homepage "` + homepage + `"`,
	} {
		if !strings.Contains(formula, want) {
			t.Errorf("the formula has no %s:\n%s", want, formula)
		}
	}
	for _, want := range []string{`version "1.2.3"`, `sha256 "` + sum("image") + `"`, `url "` + homepage + `/releases/download/v#{version}/DClaude-#{version}.dmg"`} {
		if !strings.Contains(cask, want) {
			t.Errorf("the cask has no %s:\n%s", want, cask)
		}
	}
	for name, text := range map[string]string{"formula": formula, "cask": cask} {
		if strings.Contains(text, "@") {
			t.Errorf("%s: something is not filled in:\n%s", name, text)
		}
		// What `brew audit` says of a description.
		desc := regexp.MustCompile(`desc "(.*)"`).FindStringSubmatch(text)[1]
		if len(desc) >= 80 || strings.HasSuffix(desc, ".") || regexp.MustCompile(`(?i)^(an?|the|dclaude)\b`).MatchString(desc) {
			t.Errorf("%s: description %q", name, desc)
		}
	}
}

// Ruby, which Homebrew is written in, can read the files.
func TestSyntax(t *testing.T) {
	_, _, dir := rendered(t, "1.2.3")
	ruby := lab.RequireTool(t, "ruby")
	for _, name := range []string{"formula.rb", "cask.rb"} {
		if out, err := exec.Command(ruby, "-wc", filepath.Join(dir, name)).CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != "Syntax OK" {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
	}
}

// A candidate's files are found under the name of its tag.
func TestCandidate(t *testing.T) {
	formula, cask, _ := rendered(t, "1.2.3-rc.1")
	if want := "/archive/refs/tags/v1.2.3-rc.1.tar.gz"; !strings.Contains(formula, want) {
		t.Errorf("the formula has no %s:\n%s", want, formula)
	}
	if want := `version "1.2.3-rc.1"`; !strings.Contains(cask, want) {
		t.Errorf("the cask has no %s:\n%s", want, cask)
	}
}

// What the cask links is what the bundle has.
func TestCaskPathsAreInTheBundle(t *testing.T) {
	_, cask, _ := rendered(t, "1.2.3")
	share := t.TempDir()
	cmd := exec.Command("go", "run", "../cmd/describe", "-out", share)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	paths := regexp.MustCompile(`/DClaude\.app/Contents/Resources/(share/[^"]*)"`).FindAllStringSubmatch(cask, -1)
	if len(paths) != 3 {
		t.Errorf("%d paths in the cask, want those of three shells", len(paths))
	}
	for _, p := range paths {
		if _, err := os.Stat(filepath.Join(share, p[1])); err != nil {
			t.Error(err)
		}
	}
}
