package image

import (
	"bytes"
	"errors"
	"io/fs"
	"testing"
	"testing/fstest"

	"dclaude/assets"
)

func TestContext(t *testing.T) {
	ca := certificate(t, newMaker(t).authority("Corp"))
	c, err := Context(Options{Guest: []byte("\x7fELF"), Certificates: []Certificate{ca}})
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
		if got, err := fs.ReadFile(c, "dclaude-guest"); err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: another program, %v", arch, err)
		}
	}
	_, err := Context(Options{Arch: "s390x"})
	var e interface{ Hint() string }
	if !errors.As(err, &e) || e.Hint() == "" {
		t.Errorf("s390x: %v", err)
	}
}
