package image

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"dclaude/assets"
)

var someGuest = assets.NewProgram([]byte("\x7fELF"))

func TestContext(t *testing.T) {
	ca := certificate(t, newMaker(t).authority("Corp"))
	c, err := Context(Options{Guest: someGuest, Certificates: []Certificate{ca}})
	if err != nil {
		t.Fatal(err)
	}
	file := "certificates/" + ca.fileName()
	if err := fstest.TestFS(c, "Dockerfile", "init-firewall.sh", "dclaude-guest", "certificates/README", file); err != nil {
		t.Error(err)
	}
	// Neither builder changes modes, so these are the image's.
	for path, mode := range map[string]fs.FileMode{
		"Dockerfile": 0o644, "init-firewall.sh": 0o755, "dclaude-guest": 0o755, file: 0o644, "certificates": fs.ModeDir | 0o755,
	} {
		info, err := fs.Stat(c, path)
		if err != nil || info.Mode() != mode {
			t.Errorf("%s: mode %v, %v", path, info.Mode(), err)
		}
	}
	if b, err := fs.ReadFile(c, file); err != nil || !bytes.Equal(b, ca.PEM()) {
		t.Errorf("%s holds %q, %v", file, b, err)
	}
}

// Further packages change the digest, their order does not.
func TestContextWithPackages(t *testing.T) {
	digest := func(packages ...string) string {
		t.Helper()
		c, err := Context(Options{Guest: someGuest, Packages: packages})
		if err != nil {
			t.Fatal(err)
		}
		b, err := fs.ReadFile(c, packagesPath)
		if want := len(packages) > 0; (err == nil) != want || strings.Contains(string(b), "\n\n") {
			t.Errorf("%q: %q, %v", packages, b, err)
		}
		d, err := Digest(c, "")
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	if digest() == digest("make") || digest("make", "g++") != digest("g++", "make") {
		t.Error("the digest does not follow the packages")
	}
}

func TestContextOfArchitectures(t *testing.T) {
	for _, arch := range []string{"amd64", "x86_64", "arm64", "aarch64"} {
		c, err := Context(Options{Arch: arch})
		var missing *assets.Error
		if errors.As(err, &missing) && errors.Is(err, fs.ErrNotExist) {
			continue // built without make: the context says so
		}
		if err != nil {
			t.Errorf("%s: %v", arch, err)
			continue
		}
		want, err := assets.Guest(goarch(arch))
		if err != nil {
			t.Fatal(err)
		}
		info, err := fs.Stat(c, "dclaude-guest")
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := info.Sys().(*assets.Program); !ok || got.SHA256 != want.SHA256 || info.Size() != want.Size {
			t.Errorf("%s: another program: %+v", arch, got)
		}
	}
	_, err := Context(Options{Arch: "s390x"})
	var e interface{ Hint() string }
	if !errors.As(err, &e) || e.Hint() == "" {
		t.Errorf("s390x: %v", err)
	}
}

// gVisor goes into the context as it is unpacked, and into the digest by its
// checksum; without it there is a folder to copy all the same.
func TestContextWithGVisor(t *testing.T) {
	without, err := Context(Options{Guest: someGuest})
	if err != nil {
		t.Fatal(err)
	}
	if err := fstest.TestFS(without, "gvisor/README"); err != nil {
		t.Error(err)
	}
	if _, err := fs.Stat(without, runscPath); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("gVisor from nowhere: %v", err)
	}
	program, err := assets.Runsc("amd64")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("built without gVisor")
	}
	if err != nil {
		t.Fatal(err)
	}
	with, err := Context(Options{Guest: someGuest, Runsc: program})
	if err != nil {
		t.Fatal(err)
	}
	info, err := fs.Stat(with, runscPath)
	if err != nil || info.Mode() != 0o755 || info.Size() != program.Size {
		t.Errorf("mode %v, %d bytes, %v", info.Mode(), info.Size(), err)
	}
	f, err := with.Open(runscPath)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if n, err := io.Copy(io.Discard, f); err != nil || n != program.Size {
		t.Errorf("%d bytes of %d, %v", n, program.Size, err)
	}
	other := *program
	other.SHA256 = strings.Repeat("0", 64)
	changed, err := Context(Options{Guest: someGuest, Runsc: &other})
	if err != nil {
		t.Fatal(err)
	}
	if digest(t, with, "") == digest(t, without, "") || digest(t, with, "") == digest(t, changed, "") {
		t.Error("gVisor does not count in the digest")
	}
}
