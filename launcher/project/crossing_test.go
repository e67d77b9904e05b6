package project

import (
	"os"
	"path/filepath"
	"testing"
)

// tree makes folders, and links as "name -> target", below a new one.
func crossingTree(t *testing.T) string {
	t.Helper()
	root, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{"written/sub/deep", "secret/in", "mine"} {
		if err := os.MkdirAll(filepath.Join(root, dir), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for link, target := range map[string]string{
		"written/out":       "../secret",
		"written/sub/out":   filepath.Join(root, "secret"),
		"written/around":    "sub",
		"written/there":     root,
		"mine/to-written":   "../written",
		"mine/to-secret":    "../secret",
		"mine/through":      "../written/out/in",
		"secret/in/back":    root,
		"written/nowhere":   "/does/not/exist",
		"written/to-itself": "to-itself",
	} {
		if err := os.Symlink(target, filepath.Join(root, link)); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

func TestCrossing(t *testing.T) {
	root := crossingTree(t)
	at := func(name string) string { return root + "/" + name } // not cleaned: ".." counts
	touched := NewTouched([]string{at("gone"), at("written")})
	for name, want := range map[string]string{
		"written":                    "",
		"written/sub/deep":           "",
		"secret":                     "",
		"mine/to-written":            "",
		"mine/to-secret":             "",
		"written/around/deep":        "", // a session could write there anyway
		"written/out":                "written/out",
		"written/out/in":             "written/out",
		"written/sub/out":            "written/sub/out",
		"mine/to-written/sub/out/in": "written/sub/out",
		"mine/through":               "written/out",
		"written/out/../mine":        "written/out",
		"written/nowhere/x":          "written/nowhere",
		"secret/in/back/written/out": "written/out",
		"written/there/written/sub":  "", // it comes back
	} {
		got, found, err := touched.Crossing(at(name))
		if err != nil {
			t.Fatal(err)
		}
		if found != (want != "") || (found && (got.Link != at(want) || got.Folder != at("written"))) {
			t.Errorf("%s: %+v, want %s", name, got, want)
		}
	}
	if _, _, err := touched.Crossing("a\x00b"); err == nil {
		t.Error("a NUL byte")
	}
	if got, found, _ := touched.Crossing(at("written/to-itself")); found {
		t.Errorf("a loop leads out: %+v", got)
	}
}

// A folder is found by what it is, under another name too.
func TestCrossingByIdentity(t *testing.T) {
	root := crossingTree(t)
	touched := NewTouched([]string{filepath.Join(root, "mine/to-written")})
	if got, found, err := touched.Crossing(filepath.Join(root, "written/out")); err != nil || !found {
		t.Errorf("%+v, %v", got, err)
	}
}

func TestDecides(t *testing.T) {
	root := crossingTree(t)
	touched := NewTouched([]string{filepath.Join(root, "gone"), filepath.Join(root, "written")})
	for name, want := range map[string]bool{
		"written": true, "written/sub/new": true, "mine/to-written/sub": true, "written/out": true, "mine/through": true, "mine/to-secret": false, "secret": false, "written2": false, "gone/x": true,
	} {
		if _, got := touched.Decides(filepath.Join(root, name)); got != want {
			t.Errorf("%s: %v", name, got)
		}
	}
}
