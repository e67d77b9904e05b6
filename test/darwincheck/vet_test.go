package darwincheck

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// TestVetForMacOS vets the whole product as it is on macOS without cgo, which
// needs no SDK. Left out are the packages of Packages, and the main programs
// that link them: they have no form without cgo.
func TestVetForMacOS(t *testing.T) {
	if testing.Short() {
		t.Skip("-short leaves out what compiles everything anew")
	}
	for _, arch := range Arches() {
		t.Run(arch, func(t *testing.T) {
			packages := withoutCgo(t)
			cmd := exec.Command("go", append([]string{"vet"}, packages...)...)
			cmd.Env = append(os.Environ(), "GOOS=darwin", "GOARCH="+arch, "CGO_ENABLED=0")
			if out, err := cmd.CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
			if len(packages) < 20 {
				t.Errorf("only %d packages were vetted", len(packages))
			}
		})
	}
}

// cgoOnly are the packages of Packages that do not build without cgo.
func cgoOnly() []string { return []string{"dclaude/app/tray/native", "dclaude/cmd/dclaude-menubar"} }

// withoutCgo lists the product's packages that build for macOS without cgo.
func withoutCgo(t *testing.T) []string {
	t.Helper()
	cmd := exec.Command("go", "list", "dclaude/app/...", "dclaude/assets/...", "dclaude/cmd/...", "dclaude/creds/...", "dclaude/launcher/...")
	cmd.Env = append(os.Environ(), "GOOS=darwin", "CGO_ENABLED=0")
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	return slices.DeleteFunc(strings.Fields(string(out)), func(p string) bool {
		return slices.Contains(cgoOnly(), p) || p == "dclaude/cmd/dclaude-guest" // Linux only
	})
}
