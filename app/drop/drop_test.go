package drop

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"syscall"
	"testing"
)

func TestPath(t *testing.T) {
	for given, want := range map[string]string{
		"/a/b":                        "/a/b",
		"b":                           "/work/b",
		".":                           "/work",
		"../x":                        "/x",
		"/a//b/../c/":                 "/a/c",
		"file:///a/b%20c":             "/a/b c",
		"file://localhost/a":          "/a",
		"FILE:///a":                   "/a",
		"file:///a/%23%3F%0A":         "/a/#?\n",
		"file:///%E6%97%A5":           "/日",
		"file":                        "/work/file",
		"-rf":                         "/work/-rf",
		"http://x/y":                  "/work/http:/x/y",
		"":                            "",
		"file://other/a":              "",
		"file:///a%00b":               "",
		"a\x00b":                      "",
		"file:///%zz":                 "",
		"file://localhost":            "",
		"file:///.file/id=6571367.12": "/.file/id=6571367.12",
	} {
		got, err := Path(given, "/work")
		var e *Error
		if got != want || (err != nil) != (want == "") || err != nil && (!errors.As(err, &e) || e.Hint() == "") {
			t.Errorf("%q: %q, %v", given, got, err)
		}
	}
}

func FuzzPath(f *testing.F) {
	for _, s := range []string{"/a", "file:///a%20b", "file://x", "", "\x00", "file:///%"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, given string) {
		got, err := Path(given, "/work")
		if err != nil {
			return
		}
		if !filepath.IsAbs(got) || filepath.Clean(got) != got || slices.Contains([]byte(got), 0) {
			t.Errorf("%q: %q", given, got)
		}
		if back, err := Path((&url.URL{Scheme: "file", Path: got}).String(), "/"); err != nil || back != got {
			t.Errorf("%q: %q comes back as %q, %v", given, got, back, err)
		}
	})
}

func TestFolders(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "file")
	fifo := filepath.Join(dir, "fifo")
	if err := errors.Join(os.WriteFile(file, nil, 0o600), syscall.Mkfifo(fifo, 0o600)); err != nil {
		t.Fatal(err)
	}
	folders, errs := Folders([]string{dir, file, fifo, filepath.Join(dir, "gone"), filepath.Join(file, "x"), "/", dir})
	if !slices.Equal(folders, []string{dir, "/"}) || len(errs) != 3 {
		t.Errorf("%q, %v", folders, errs)
	}
}
