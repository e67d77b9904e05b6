package project

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
)

// tree makes a home with the given folders in it, and returns it and a place
// outside of it, both without symbolic links in their paths.
func tree(t *testing.T, folders ...string) (home, outside string) {
	t.Helper()
	base, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	home, outside = filepath.Join(base, "home"), filepath.Join(base, "outside")
	mkdir(t, home)
	mkdir(t, outside)
	for _, f := range folders {
		mkdir(t, filepath.Join(home, f))
	}
	return home, outside
}

func mkdir(t *testing.T, path string) {
	t.Helper()
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
}

func symlink(t *testing.T, target, at string) {
	t.Helper()
	if err := os.Symlink(target, at); err != nil {
		t.Fatal(err)
	}
}

func reasonOf(err error) Reason {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

func hintOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Hint()
	}
	return ""
}

func TestResolveDescribes(t *testing.T) {
	home, _ := tree(t, "src/My App")
	path := filepath.Join(home, "src", "My App")
	p, err := Resolve(path+"/", Options{Home: home})
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	uid, gid := owner(info)
	want := Project{
		Path: path, Given: path + "/", Slug: "my-app", Hash: p.Hash,
		UID: uid, GID: gid, Device: identity(info).device, Inode: identity(info).inode,
	}
	if p != want {
		t.Errorf("got  %+v\nwant %+v", p, want)
	}
	if len(p.Hash) != 10 || p.Inode == 0 {
		t.Errorf("hash %q, inode %d", p.Hash, p.Inode)
	}
	if uid != os.Geteuid() {
		t.Errorf("owner %d of a folder of ours, want %d", uid, os.Geteuid())
	}
}

func TestHashIsStable(t *testing.T) {
	home, _ := tree(t, "a")
	info, err := os.Stat(home)
	if err != nil {
		t.Fatal(err)
	}
	// Volumes are named after the hash: it must never change.
	if got := describe("", "/home/u/p", info).Hash; got != "60ad706fe5" {
		t.Errorf("hash of /home/u/p is %s", got)
	}
}

func TestResolveOddNames(t *testing.T) {
	home, _ := tree(t)
	t.Chdir(home)
	for _, name := range []string{
		"with space", " lead", "trail ", `quo"te`, "quo'te", "new\nline", "tab\t", "日本語", "e\u0301", "-dash", "--rebuild",
		"co:lon", "co,mma", "a=b", "$HOME", "`id`", `back\slash`, "*", "~", "...", "%s", "\x1b[2J", "\u202egnp",
	} {
		mkdir(t, filepath.Join(home, name))
		p, err := Resolve(name, Options{Home: home})
		if err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		if p.Path != filepath.Join(home, name) || p.Given != name {
			t.Errorf("%q: Path %q, Given %q", name, p.Path, p.Given)
		}
	}
}

func TestResolveCurrentFolder(t *testing.T) {
	home, _ := tree(t, "src/p/sub")
	p := filepath.Join(home, "src/p")
	t.Chdir(p)
	for given, want := range map[string]string{
		"": p, ".": p, "./": p, "sub": p + "/sub", "sub/..": p, "../p/": p, "//" + p: p,
	} {
		got, err := Resolve(given, Options{Home: home})
		if err != nil || got.Path != want || got.Given != given {
			t.Errorf("Resolve(%q) = %q, %q, %v; want %q", given, got.Path, got.Given, err, want)
		}
	}
}

func TestResolveFollowsLinksAsTheKernelDoes(t *testing.T) {
	home, outside := tree(t, "src/p", "links")
	mkdir(t, filepath.Join(outside, "deep/folder"))
	symlink(t, "../src/p", filepath.Join(home, "links/p"))
	symlink(t, filepath.Join(outside, "deep/folder"), filepath.Join(home, "links/far"))
	for given, want := range map[string]string{
		"links/p":      filepath.Join(home, "src/p"),
		"links/far":    filepath.Join(outside, "deep/folder"),
		"links/far/..": filepath.Join(outside, "deep"),
	} {
		for _, path := range []string{given, home + "/" + given} {
			t.Chdir(home)
			got, err := Resolve(path, Options{Home: home})
			if err != nil || got.Path != want {
				t.Errorf("Resolve(%q) = %q, %v; want %q", path, got.Path, err, want)
			}
		}
	}
}

func TestAllowRefused(t *testing.T) {
	home, _ := tree(t, ".local/bin", ".ssh/keys")
	bin := filepath.Join(home, ".local/bin")
	_, err := Resolve(bin, Options{Home: home})
	if reasonOf(err) != Startup {
		t.Fatalf("without the override: %v", err)
	}
	if _, err := Resolve(bin, Options{Home: home, AllowRefused: true}); err != nil {
		t.Errorf("with the override: %v", err)
	}
	if _, err := Resolve(filepath.Join(home, ".ssh/keys"), Options{Home: home, AllowRefused: true}); reasonOf(err) != Credentials {
		t.Errorf("credentials with the override: %v", err)
	}
}

func BenchmarkResolve(b *testing.B) {
	home := b.TempDir()
	path := filepath.Join(home, "src/p")
	if err := os.MkdirAll(path, 0o755); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := Resolve(path, Options{Home: home}); err != nil {
			b.Fatal(err)
		}
	}
}
