package project

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
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
		link, folder, _ := touched.crossing(at(name))
		if (link != "") != (want != "") || (link != "" && (link != at(want) || folder != at("written"))) {
			t.Errorf("%s: %q in %q, want %s", name, link, folder, want)
		}
	}
	if link, _, _ := touched.crossing(at("written/to-itself")); link != "" {
		t.Errorf("a loop leads out: %q", link)
	}
}

// A folder is found by what it is, under another name too.
func TestCrossingByIdentity(t *testing.T) {
	root := crossingTree(t)
	touched := NewTouched([]string{filepath.Join(root, "mine/to-written")})
	if link, _, _ := touched.crossing(filepath.Join(root, "written/out")); link == "" {
		t.Error("not found")
	}
}

// What a crossing refuses, and what it lets pass.
func TestResolveAcrossALink(t *testing.T) {
	root := crossingTree(t)
	opts := Options{Home: filepath.Join(root, "home")}
	out := filepath.Join(root, "written/out")
	touched := func() *Touched { return NewTouched([]string{filepath.Join(root, "written")}) }
	var refusal *Error
	if p, err := touched().Resolve(out, opts); !errors.As(err, &refusal) || refusal.Reason != Crossing || !strings.Contains(refusal.Hint(), root+"/secret") {
		t.Errorf("%+v, %v", p, err)
	}
	if _, err := touched().Resolve("a\x00b", opts); err == nil {
		t.Error("a NUL byte")
	}
	for name, want := range map[string]string{"written/around": "written/sub", "mine/to-secret": "secret", "mine/../written": "written"} {
		if p, err := touched().Resolve(root+"/"+name, opts); err != nil || p.Path != filepath.Join(root, want) {
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
	opts.AllowRefused = true
	if p, err := touched().Resolve(out, opts); err != nil || p.Path != filepath.Join(root, "secret") {
		t.Errorf("insisted: %+v, %v", p, err)
	}
}

// A session swaps a folder for a link between the two walks of a path.
func TestSwapBetweenTheWalks(t *testing.T) {
	root := crossingTree(t)
	opts := Options{Home: filepath.Join(root, "home")}
	sub := filepath.Join(root, "written/sub")
	touched := NewTouched([]string{filepath.Join(root, "written")})
	if _, err := touched.Resolve(sub, opts); err != nil { // it looks once, so this is the first walk
		t.Fatal(err)
	}
	swap(t, sub, "../secret")
	var refusal *Error
	if p, err := touched.Resolve(sub, opts); !errors.As(err, &refusal) || refusal.Reason != BadPath {
		t.Errorf("%+v, %v", p, err)
	}
}

// Right before the start the folder is no longer what was judged.
func TestAgain(t *testing.T) {
	for name, replace := range map[string]func(t *testing.T, root string){
		"a link":              func(t *testing.T, root string) { swap(t, filepath.Join(root, "written/sub/deep"), "../../secret") },
		"a link above":        func(t *testing.T, root string) { swap(t, filepath.Join(root, "written/sub"), "../secret/like-sub") },
		"a link in its place": func(t *testing.T, root string) { swap(t, filepath.Join(root, "written/sub/deep"), "deep.old") },
		"another folder": func(t *testing.T, root string) {
			deep := filepath.Join(root, "written/sub/deep")
			if err := errors.Join(os.Rename(deep, deep+".old"), os.Mkdir(deep, 0o755)); err != nil {
				t.Fatal(err)
			}
		},
		"nothing": func(t *testing.T, root string) {
			if err := os.Remove(filepath.Join(root, "written/sub/deep")); err != nil {
				t.Fatal(err)
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			root := crossingTree(t)
			if err := os.MkdirAll(filepath.Join(root, "secret/like-sub/deep"), 0o755); err != nil {
				t.Fatal(err)
			}
			written := []string{filepath.Join(root, "written")}
			opts := Options{Home: filepath.Join(root, "home")}
			p, err := NewTouched(written).Resolve(filepath.Join(root, "written/sub/deep"), opts)
			if err != nil {
				t.Fatal(err)
			}
			if err := NewTouched(written).Again(p, opts); err != nil {
				t.Errorf("the same: %v", err)
			}
			replace(t, root)
			for range 2 { // who insisted did so on the folder that it was
				if err := NewTouched(written).Again(p, opts); err == nil {
					t.Errorf("accepted, insisted: %v", opts.AllowRefused)
				}
				opts.AllowRefused = true
			}
		})
	}
}

// swap moves a folder aside and puts a link in its place.
func swap(t *testing.T, path, target string) {
	t.Helper()
	if err := errors.Join(os.Rename(path, path+".old"), os.Symlink(target, path)); err != nil {
		t.Fatal(err)
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
