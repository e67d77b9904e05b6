package gitconfig

import (
	"slices"
	"strings"
	"testing"
)

func TestPrograms(t *testing.T) {
	found := Programs([]byte(`
[core]
	bare = false
	fsmonitor = "sh -c evil"
	hooksPath = /tmp/hooks
[filter "x"]
	clean = evil
	required = true
[diff "y"] textconv = evil
[alias]
	st = status
	go = "!evil"
[remote "origin"]
	url = https://example.com/x
	fetch = +refs/heads/*
[credential] helper = evil
[include] path = ../evil
[branch "main"]
	remote = origin
[submodule "s"]
	url = https://example.com/s
	update = !evil
`))
	var names []string
	for _, f := range found {
		name, hash, ok := strings.Cut(f, " ")
		if !ok || len(hash) != 8 {
			t.Errorf("%q has no hash", f)
		}
		names = append(names, name)
	}
	want := []string{"alias.go", "core.fsmonitor", "core.hookspath", "credential.helper", "diff.y.textconv", "filter.x.clean", "include.path", "submodule.s.update"}
	if !slices.Equal(names, want) {
		t.Errorf("got %q", names)
	}
	a, b := Programs([]byte("[core]\nfsmonitor=a\n")), Programs([]byte("[core]\nfsmonitor=b\n"))
	if slices.Equal(a, b) {
		t.Error("another value looks the same")
	}
	if got := Programs([]byte("[core\nfsmonitor=x\x00\xff")); len(got) > 0 {
		t.Errorf("nonsense: %q", got)
	}
}
