package project

import (
	"path/filepath"
	"strings"
	"testing"
)

func TestSpelledOnDisk(t *testing.T) {
	folders := map[string][]string{
		"/":                   {"Users"},
		"/Users":              {"u", "U2"},
		"/Users/u":            {"My Project", "Straße", "cafe\u0301"},
		"/Users/u/Straße":     {"x"},
		"/Users/u/cafe\u0301": {"Y"},
	}
	list := func(dir string) []string { return folders[dir] }
	same := func(a, b string) bool {
		fold := func(s string) string { return strings.ToLower(strings.ReplaceAll(s, "\u00e9", "e\u0301")) }
		return fold(a) == fold(b)
	}
	for path, want := range map[string]string{
		"/":                         "/",
		"/users":                    "/Users",
		"/USERS/U/my project":       "/Users/u/My Project",
		"/Users/u/My Project":       "/Users/u/My Project",
		"/users/u/stra\u00dfe/X":    "/Users/u/Straße/x",
		"/users/u/caf\u00e9/y":      "/Users/u/cafe\u0301/Y",
		"/Users/u/unlisted/Folder":  "/Users/u/unlisted/Folder",
		"/Users/u/My Project/Inner": "/Users/u/My Project/Inner",
	} {
		if got := spelledOnDisk(path, list, same); got != want {
			t.Errorf("%q spelled %q, want %q", path, got, want)
		}
	}
}

// On a file system that tells cases apart, two names stay two folders.
func TestCanonicalKeepsWhatExists(t *testing.T) {
	home, _ := tree(t, "src/p", "src/other")
	path := filepath.Join(home, "src/p")
	if got := canonical(path); got != path {
		t.Errorf("canonical(%q) = %q", path, got)
	}
	if got := canonical("/System/Volumes/Data/no/such"); got != "/System/Volumes/Data/no/such" {
		t.Errorf("a folder that is elsewhere became %q", got)
	}
}

// Under a Mac's rules the way from a path to a Project is the same.
func TestResolveUnderMacRules(t *testing.T) {
	home, _ := tree(t, "Projects/App", "Library/Keychains", "Library/x", ".ssh")
	p, err := resolve(filepath.Join(home, "Projects/App"), Options{Home: home}, "darwin")
	if err != nil || p.Slug != "app" || p.Path != filepath.Join(home, "Projects/App") {
		t.Errorf("%+v, %v", p, err)
	}
	for path, want := range map[string]Reason{"Library": Credentials, "Library/x": Library, ".ssh": Credentials} {
		if _, err := resolve(filepath.Join(home, path), Options{Home: home}, "darwin"); reasonOf(err) != want {
			t.Errorf("%s: %v, want %s", path, err, want)
		}
	}
}
