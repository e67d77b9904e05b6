package project

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestBadPaths(t *testing.T) {
	home, outside := tree(t, "p", ".ssh")
	t.Chdir(home)
	write := func(name string) {
		if err := os.WriteFile(name, []byte("x"), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("p/file")
	write(".ssh/id")
	symlink(t, "nowhere", "dangling")
	symlink(t, "loop", "loop")
	symlink(t, "p/file", "to-file")
	if err := syscall.Mkfifo(filepath.Join(outside, "fifo"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Chdir(outside) // a socket's name must be short
	l, err := net.Listen("unix", "socket")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	t.Chdir(home)

	for _, tt := range []struct {
		path       string
		want       Reason
		text, hint string
	}{
		{"missing", NotFound, "does not exist", "create"},
		{"missing/deep", NotFound, "does not exist", "create"},
		{"missing/..", NotFound, "does not exist", "create"},
		{"dangling", NotFound, `a link to "nowhere"`, "create"},
		{"loop", BadPath, "lead nowhere", ""},
		{"p/file", IsFile, "is a file", filepath.Join(home, "p")},
		{"to-file", IsFile, "p/file", filepath.Join(home, "p")},
		{"p/file/", IsFile, "is a file", "name a folder"},
		{"p/file/deep", IsFile, `/p/file" is a file`, "name a folder"},
		{".ssh/id", IsFile, "is a file", "name a folder"},
		{outside + "/fifo", NotFolder, "a named pipe", "name a folder"},
		{outside + "/socket", NotFolder, "a socket", "name a folder"},
		{"/dev/null", NotFolder, "a device", "name a folder"},
		{"nul\x00byte", BadPath, "NUL", ""},
		{strings.Repeat("x", 300), BadPath, "too long", ""},
	} {
		_, err := Resolve(tt.path, Options{Home: home})
		if reasonOf(err) != tt.want {
			t.Errorf("%q: %v (%s), want %s", tt.path, err, reasonOf(err), tt.want)
			continue
		}
		if !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%q: error %q lacks %q", tt.path, err, tt.text)
		}
		if hint := hintOf(err); !strings.Contains(hint, tt.hint) {
			t.Errorf("%q: hint %q lacks %q", tt.path, hint, tt.hint)
		}
	}
	if _, err := Resolve(".ssh/id", Options{Home: home}); strings.Contains(hintOf(err), ".ssh") {
		t.Error("the hint for a key proposes the folder of keys")
	}
}

func TestCurrentFolderIsGone(t *testing.T) {
	home, outside := tree(t)
	gone := filepath.Join(outside, "gone")
	mkdir(t, gone)
	t.Chdir(gone)
	if err := os.Remove(gone); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{"", ".", "sub"} {
		if _, err := Resolve(path, Options{Home: home}); reasonOf(err) != NotFound {
			t.Errorf("Resolve(%q): %v", path, err)
		}
	}
}

func TestFolderReplacedWhileJudged(t *testing.T) {
	_, outside := tree(t)
	a, b := filepath.Join(outside, "a"), filepath.Join(outside, "b")
	mkdir(t, a)
	mkdir(t, b)
	judged, err := os.Stat(b)
	if err != nil {
		t.Fatal(err)
	}
	if err := readable(a, judged); reasonOf(err) != BadPath || !strings.Contains(err.Error(), "replaced") {
		t.Errorf("another folder: %v", err)
	}
	link := filepath.Join(outside, "link")
	symlink(t, b, link)
	if err := readable(link, judged); err == nil {
		t.Error("a link in place of the folder was followed")
	}
}
