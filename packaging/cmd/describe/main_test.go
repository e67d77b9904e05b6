package main

import (
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"dclaude/launcher/cli"
	"dclaude/launcher/config"
	"dclaude/test/lab"
)

func made(t *testing.T) (dir string, files map[string]string) {
	t.Helper()
	dir = t.TempDir()
	if err := run([]string{"-out", dir, "-version", "1.2.3", "-date", "86400"}, io.Discard); err != nil {
		t.Fatal(err)
	}
	files = map[string]string{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		rel, _ := filepath.Rel(dir, path)
		files[rel] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return dir, files
}

func TestEveryCommandAndSettingIsDescribed(t *testing.T) {
	_, files := made(t)
	root := files["share/man/man1/dclaude.1"]
	for _, want := range []string{`"1970-01-02" "dclaude 1.2.3"`, ".SH SETTINGS", ".SH EXIT STATUS"} {
		if !strings.Contains(root, want) {
			t.Errorf("dclaude.1 has no %q", want)
		}
	}
	for _, k := range config.Keys() {
		if !strings.Contains(root, k.Env+"\n") {
			t.Errorf("dclaude.1 does not name %s", k.Env)
		}
	}
	for _, c := range cli.Commands().Commands() {
		if _, ok := files["share/man/man1/dclaude-"+c.Name()+".1"]; ok != c.IsAvailableCommand() {
			t.Errorf("page of dclaude %s: %v", c.Name(), ok)
		}
	}
}

func TestTwoRunsAreTheSame(t *testing.T) {
	_, a := made(t)
	_, b := made(t)
	if len(a) == 0 || len(a) != len(b) {
		t.Fatalf("%d files, then %d", len(a), len(b))
	}
	for name := range a {
		if a[name] != b[name] {
			t.Errorf("%s differs", name)
		}
	}
}

// Each shell reads its file without a complaint.
func TestCompletions(t *testing.T) {
	dir, files := made(t)
	for shell, name := range map[string]string{
		"bash": "share/bash-completion/completions/dclaude",
		"zsh":  "share/zsh/site-functions/_dclaude",
		"fish": "share/fish/vendor_completions.d/dclaude.fish",
	} {
		if !strings.Contains(files[name], "__complete") {
			t.Errorf("%s does not ask dclaude", name)
		}
		t.Run(shell, func(t *testing.T) {
			path := shell // the tests run under bash as it is
			if shell != "bash" {
				path = lab.RequireTool(t, shell)
			}
			if out, err := exec.Command(path, "-n", filepath.Join(dir, name)).CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

func TestWrongUsage(t *testing.T) {
	for _, args := range [][]string{nil, {"-out", "x", "more"}, {"-sideways"}, {"-out", "x", "-date", "today"}} {
		if err := run(args, io.Discard); err == nil {
			t.Errorf("%q: no error", args)
		}
	}
}
