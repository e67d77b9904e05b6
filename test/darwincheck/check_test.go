package darwincheck

import (
	"strings"
	"testing"
)

func TestPackagesForMacOS(t *testing.T) {
	for _, arch := range Arches() {
		t.Run(arch, func(t *testing.T) {
			t.Parallel()
			if err := Check(arch, Packages()...); err != nil {
				t.Error(err)
			}
		})
	}
}

// TestWrongUseIsNoticed shows that the test above can fail.
func TestWrongUseIsNoticed(t *testing.T) {
	err := Check("arm64", "./testdata/wrong")
	if err == nil {
		t.Fatal("nothing found")
	}
	for _, want := range []string{"item.SetNoSuchThing undefined", "cannot use 42", "cannot use results[0].ModificationDate"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not among what was found:\n%v", want, err)
		}
	}
	if n := strings.Count(err.Error(), "wrong.go:"); n != 3 {
		t.Errorf("%d things found, want 3:\n%v", n, err)
	}
}

func TestPatternThatMatchesNothing(t *testing.T) {
	for _, pattern := range []string{"dclaude/no/such/package", "./testdata/none"} {
		if err := Check("arm64", pattern); err == nil || !strings.Contains(err.Error(), pattern[2:]) {
			t.Errorf("%s: %v", pattern, err)
		}
	}
}

// TestTheListSeesCgo guards against checking the variant without cgo, which
// would pass and prove nothing.
func TestTheListSeesCgo(t *testing.T) {
	packages, err := list("arm64", Packages())
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, p := range packages {
		files[p.ImportPath] = strings.Join(append(p.GoFiles, p.CgoFiles...), " ")
	}
	for path, want := range map[string]string{
		"dclaude/creds/keychain":         "items_darwin.go",
		"github.com/keybase/go-keychain": "macos.go",
		"dclaude/app/tray/native":        "native_darwin.go",
		"fyne.io/systray":                "systray_darwin.go",
	} {
		if !strings.Contains(files[path], want) {
			t.Errorf("%s: %s is not among %q", path, want, files[path])
		}
	}
}
