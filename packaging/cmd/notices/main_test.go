package main

import (
	"bytes"
	"debug/buildinfo"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"dclaude/assets"
)

// top is the repository's.
var top = filepath.Join("..", "..", "..")

// written runs the command and returns its file.
func written(t *testing.T, targets string) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "doc", "NOTICES")
	if err := run(t.Context(), []string{"-out", out, "-targets", targets, "-version", "v1.2.3", "-top", top}, io.Discard); err != nil {
		t.Fatal(err)
	}
	b, err := os.ReadFile(out)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// built returns the programs as they are shipped, to be asked what is in them.
func built(t *testing.T) map[string]io.ReaderAt {
	t.Helper()
	programs := map[string]io.ReaderAt{}
	dir := t.TempDir()
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags", "-s -w", "-o", dir, "./cmd/dclaude", "./cmd/dclaude-menubar")
	cmd.Dir = top
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	for _, name := range []string{"dclaude", "dclaude-menubar"} {
		f, err := os.Open(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { f.Close() })
		programs[name] = f
	}
	for _, arch := range assets.Arches() {
		for name, read := range map[string]func(string) (*assets.Program, error){"dclaude-guest": assets.Guest, "dclaude-gateway": assets.Gateway, "runsc": assets.Runsc} {
			p, err := read(arch)
			if errors.Is(err, fs.ErrNotExist) {
				t.Skipf("built without %s", name)
			}
			if err != nil {
				t.Fatal(err)
			}
			r, err := p.Open()
			if err != nil {
				t.Fatal(err)
			}
			b, err := io.ReadAll(r)
			if err := errors.Join(err, r.Close()); err != nil {
				t.Fatal(err)
			}
			programs[name+" for "+arch] = bytes.NewReader(b)
		}
	}
	return programs
}

// What the programs say that they were linked from is in the notices, in that
// version, for that program.
func TestEveryLinkedModuleHasANotice(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what links the programs")
	}
	got := written(t, runtime.GOOS+"/"+runtime.GOARCH)
	for name, program := range built(t) {
		info, err := buildinfo.Read(program)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		short, _, _ := strings.Cut(name, " ")
		modules := info.Deps
		if short == "runsc" && len(modules) == 0 {
			t.Errorf("%s names no modules", name)
		}
		for _, m := range modules {
			_, entry, ok := strings.Cut(got, "\n"+m.Path+"@"+m.Version+"\n")
			entry, _, _ = strings.Cut(entry, "\n")
			_, in, _ := strings.Cut(entry, "; in ")
			if !ok || !strings.Contains(", "+in+",", ", "+short+",") {
				t.Errorf("%s links %s %s, of which the notices say %q", name, m.Path, m.Version, entry)
			}
			if !strings.Contains(got, "\n"+m.Path+"@"+m.Version+": ") {
				t.Errorf("no text of %s %s", m.Path, m.Version)
			}
		}
	}
}

// The app is linked from other modules, and has their notices.
func TestOnAMac(t *testing.T) {
	got := written(t, "darwin/arm64,darwin/amd64")
	for _, want := range []string{"github.com/ebitengine/purego@", "github.com/keybase/go-keychain@", "gvisor.dev/gvisor@"} {
		if !strings.Contains(got, "\n"+want) {
			t.Errorf("no %s", want)
		}
	}
	if a, b := written(t, "linux/amd64"), written(t, "linux/amd64"); a != b {
		t.Error("two runs differ")
	}
}

// Go's library is under the licence that the notices give for it.
func TestLicenceOfGo(t *testing.T) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	modules, err := linked(t.Context(), top, []string{"linux/amd64"})
	if err != nil || modules[0].Path != "std" {
		t.Fatalf("%+v, %v", modules, err)
	}
	for _, text := range modules[0].Texts {
		b, err := os.ReadFile(filepath.Join(strings.TrimSpace(string(root)), text.Name))
		if errors.Is(err, fs.ErrNotExist) {
			t.Logf("this Go came without %s", text.Name)
			continue
		}
		if err != nil || string(b) != text.Content {
			t.Errorf("%s of Go is another one: %v", text.Name, err)
		}
	}
}

func TestWrongUsage(t *testing.T) {
	out := filepath.Join(t.TempDir(), "n")
	for _, args := range [][]string{nil, {"-out", out}, {"-targets", "linux/amd64"}, {"-out", out, "-targets", "linux"}, {"-out", out, "-targets", "linux/amd64", "more"}} {
		if err := run(t.Context(), append(args, "-top", top), io.Discard); err == nil {
			t.Errorf("%q: no error", args)
		}
		if _, err := os.Stat(out); err == nil {
			t.Errorf("%q wrote a file", args)
		}
	}
}
