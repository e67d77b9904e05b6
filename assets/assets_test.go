package assets

import (
	"errors"
	"io"
	"strings"
	"testing"
	"testing/fstest"
)

func TestImage(t *testing.T) {
	err := fstest.TestFS(Image(), "Dockerfile", "init-firewall.sh", "certificates/README")
	if err != nil {
		t.Error(err)
	}
}

func TestArchitecturesThatThereAreNot(t *testing.T) {
	for _, arch := range []string{"riscv64", "../README", "aarch64"} { // the last is an engine's name
		_, err := Guest(arch)
		var e *Error
		if !errors.As(err, &e) || !strings.Contains(err.Error(), `"`+arch+`": there is none`) || !strings.Contains(e.Hint(), "amd64 or arm64") {
			t.Errorf("%s: %v", arch, err)
		}
	}
}

// Whatever this build has is a program, or an error that says what to do.
func TestProgramsOfThisBuild(t *testing.T) {
	for name, find := range map[string]func(string) (*Program, error){"guest": Guest, "gateway": Gateway, "runsc": Runsc} {
		for _, arch := range Arches() {
			p, err := find(arch)
			var e *Error
			switch {
			case errors.As(err, &e) && e.Hint() != "":
				continue
			case err != nil:
				t.Errorf("%s for %s: %v", name, arch, err)
				continue
			}
			r, err := p.Open()
			if err != nil {
				t.Fatal(err)
			}
			content, err := io.ReadAll(r)
			if err != nil || int64(len(content)) != p.Size || !strings.HasPrefix(string(content[:4]), "\x7fELF") {
				t.Errorf("%s for %s: %d bytes of %d, %v", name, arch, len(content), p.Size, err)
			}
			if err := r.Close(); err != nil {
				t.Error(err)
			}
			if name == "runsc" && p.Version == "" {
				t.Errorf("gVisor for %s has no version", arch)
			}
		}
	}
}
