package lab

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestFindProgram(t *testing.T) {
	dir := t.TempDir()
	tool := filepath.Join(dir, "a-tool")
	write(t, tool, "#!/bin/sh\n")
	if err := os.Chmod(tool, 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", dir)
	if got := findProgram("a-tool"); got != tool {
		t.Errorf("got %q, want %q", got, tool)
	}
	if got := findProgram(tool); got != tool {
		t.Errorf("of a path: %q", got)
	}
	if got := findProgram("no-such-tool"); got != "no-such-tool" || hasProgram("no-such-tool") {
		t.Errorf("a missing tool was found: %q", got)
	}
	if !hasProgram("a-tool") {
		t.Error("the tool was not found")
	}
}

func TestWithSbin(t *testing.T) {
	got := withSbin([]string{"A=1", "PATH=/bin:/sbin", "B=2"})
	want := []string{"A=1", "B=2", "PATH=/bin:/sbin:/usr/local/sbin:/usr/sbin"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestWithout(t *testing.T) {
	got := without([]string{"A=1", "AB=2", "B=3=4"}, "A", "B")
	if want := []string{"AB=2"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestMissingPackages(t *testing.T) {
	// A docker client alone is no engine.
	has := func(program string) bool { return program == "docker" || program == "ip" }
	got := strings.Join(missing(engineNeeds(), has), " ")
	if want := "docker.io iptables ca-certificates"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := strings.Join(missing(toolNeed("apparmor_parser"), func(string) bool { return false }), " "); got != "apparmor" {
		t.Errorf("missing %q, want a package of two files once", got)
	}
	if got := missing(baseNeeds(), func(string) bool { return true }); got != nil {
		t.Errorf("nothing is missing, yet: %v", got)
	}
}

func TestInstalledLooksForFilesToo(t *testing.T) {
	path := filepath.Join(t.TempDir(), "bundle.crt")
	if installed(path) {
		t.Error("a missing file is installed")
	}
	write(t, path, "")
	if !installed(path) {
		t.Error("the file is not found")
	}
}

func TestPackagesNeedApt(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	if hasProgram("apt-get") {
		t.Skip("this machine has an apt-get among the administrators' programs")
	}
	err := canInstall([]string{"docker.io"})
	if !Unavailable(err) || hintOf(err) == "" {
		t.Errorf("error %v with hint %q: want one that says the lab cannot be had here, and what to do", err, hintOf(err))
	}
}
