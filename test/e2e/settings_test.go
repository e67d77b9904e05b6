package e2e

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func (w *world) inProject(p, name, content string) {
	w.t.Helper()
	if err := os.WriteFile(filepath.Join(p, name), []byte(content), 0o644); err != nil {
		w.t.Fatal(err)
	}
}

// setting looks a value up as dclaude config shows it.
func (w *world) setting(key string, args ...string) (value any, origin string) {
	w.t.Helper()
	var rows []struct {
		Key, Origin string
		Value       any
	}
	if err := json.Unmarshal([]byte(w.ok(append([]string{"config", "--json"}, args...)...).stdout), &rows); err != nil {
		w.t.Fatal(err)
	}
	for _, r := range rows {
		if r.Key == key {
			return r.Value, r.Origin
		}
	}
	w.t.Fatalf("no setting %s", key)
	return nil, ""
}

func TestConfigShowsOrigins(t *testing.T) {
	w := newWorld(t)
	p := w.project("p")
	w.write(".config/dclaude/config.toml", "isolation = \"runc\"\npids = 200\n")
	w.inProject(p, ".dclaude.toml", "pids = 100\n")
	w.set("DCLAUDE_MEMORY=2g")
	for _, tt := range []struct{ key, args, value, origin string }{
		{"isolation", "", `"runc"`, "file"},
		{"isolation", "--isolation gvisor", `"gvisor"`, "flag"},
		{"memory", "", "2147483648", "environment"},
		{"pids", "", "200", "file"},
		{"pids", "--folder " + p, "100", "project"},
		{"state", "", `"project"`, "default"},
		{"mounts", "", "[]", "default"},
	} {
		value, origin := w.setting(tt.key, strings.Fields(tt.args)...)
		if b, _ := json.Marshal(value); string(b) != tt.value || origin != tt.origin {
			t.Errorf("%s %s: %s from %s", tt.key, tt.args, b, origin)
		}
	}
	table := w.ok("config", "--folder", p).stdout
	for _, want := range []string{"config.toml:1", ".dclaude.toml:1", "DCLAUDE_MEMORY", "default"} {
		if !strings.Contains(table, want) {
			t.Errorf("no %s in\n%s", want, table)
		}
	}
	w.write(".config/dclaude/config.toml", "isolation = \"runk\"\nmemory = true\n")
	r := w.run("config")
	if r.code != 125 || !strings.Contains(r.stderr, "config.toml:1:13: isolation: \"runk\" is not one of") || !strings.Contains(r.stderr, "config.toml:2:10: memory") {
		t.Errorf("all that is wrong: %v", r)
	}
	if err := os.RemoveAll(filepath.Join(w.home, ".config/dclaude/config.toml")); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(w.home, ".config/dclaude/config.toml"), 0o700); err != nil {
		t.Fatal(err)
	}
	if r := w.run("config"); r.code != 125 || !strings.Contains(r.stderr, "is a folder, not a file") {
		t.Errorf("a folder: %v", r)
	}
}

// What is odd about the settings is said once, whatever a command needs them
// for.
func TestWarningsAreSaidOnce(t *testing.T) {
	w := newWorld(t).set("DCLAUDE_NO_SUCH_SETTING=1")
	p := w.project("p")
	name := strings.TrimSpace(w.ok("--isolation", "runc", "--detach", p).stdout)
	term := w.terminal("attach", name)
	prompt(t, term.AwaitFunc)
	term.Send("\x1d\x1d")
	term.Exit()
	if n := bytes.Count(term.Raw(), []byte("DCLAUDE_NO_SUCH_SETTING")); n != 1 {
		t.Errorf("attach: %d times", n)
	}
	for _, args := range [][]string{{"ls"}, {"shell", name, "--", "true"}, {"net", "policy", name}, {"stop", name}, {"reset", "--yes", p}, {"trust", p}, {p, "--", "-p", "hi"}} {
		if r := w.run(args...); r.code != 0 || strings.Count(r.stderr, "DCLAUDE_NO_SUCH_SETTING") != 1 {
			t.Errorf("%q: %v", args, r)
		}
	}
}

func TestConfigEdit(t *testing.T) {
	w := newWorld(t)
	editor := filepath.Join(w.home, "editor")
	if err := os.WriteFile(editor, []byte("#!/bin/sh\necho 'pids = 77' >> \"$2\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	w.set("EDITOR=" + editor + " --flag")
	// Below the last table, which the template ends with, the key is unknown.
	if r := w.run("config", "edit"); r.code != 125 || !strings.Contains(r.stderr, "did you mean pids, above the first [table]?") {
		t.Errorf("%v", r)
	}
	w.write(".config/dclaude/config.toml", "")
	w.ok("config", "edit")
	if v, _ := w.setting("pids"); v != 77.0 {
		t.Errorf("edited: %v", v)
	}
	if path := strings.TrimSpace(w.ok("config", "path").stdout); path != filepath.Join(w.home, ".config/dclaude/config.toml") {
		t.Errorf("path: %s", path)
	}
	if r := w.set("EDITOR=/nowhere").run("config", "edit"); r.code != 125 || !strings.Contains(r.stderr, "EDITOR") {
		t.Errorf("no editor: %v", r)
	}
}

// A project's file that a session wrote gets it nothing: what would loosen is
// ignored and shown, until the user approves exactly that content.
func TestAHostileProjectFile(t *testing.T) {
	w := newWorld(t)
	p := w.project("p")
	hostile := "isolation = \"runc\"\nenv = [\"EVIL=\\u001b[31m\"]\nclaude_args = [\"--version\"]\nhost = \"unix:///tmp/evil.sock\"\npids = 123\n"
	w.inProject(p, ".dclaude.toml", hostile)
	r := w.ok(p, "--", "-p", "hi")
	if r.stdout != "You said: hi\n" || strings.Contains(r.stderr, "\x1b") {
		t.Errorf("%v", r)
	}
	for _, want := range []string{`isolation = "runc"`, `env = ["EVIL=`, `claude_args = ["--version"]`, "dclaude trust shows the file", `host = "unix:///tmp/evil.sock"`} {
		if !strings.Contains(r.stderr, want) {
			t.Errorf("not told: %s\n%s", want, r.stderr)
		}
	}
	name := strings.TrimSpace(w.ok("--detach", p).stdout)
	if limit := w.lab.Docker("inspect", "--format", "{{.HostConfig.PidsLimit}} {{.Config.Env}}", "dclaude-"+name); !strings.HasPrefix(limit, "123 ") || strings.Contains(limit, "EVIL") {
		t.Errorf("what only takes away: %s", limit)
	}
	w.ok("stop", name)

	if r := w.run("trust", p); r.code != 125 || !strings.Contains(r.stderr, "--yes") || !strings.Contains(r.stdout, "+isolation = \"runc\"") {
		t.Errorf("nobody to ask: %v", r)
	}
	term := w.terminal("trust", p)
	term.Await("go ahead?")
	term.Send("y\r")
	if code := term.Exit(); code != 0 {
		t.Errorf("trust: exit code %d", code)
	}
	if v, origin := w.setting("isolation", "--folder", p); v != "runc" || origin != "project" {
		t.Errorf("approved: %v from %s", v, origin)
	}
	if v, _ := w.setting("host", "--folder", p); v != "" {
		t.Errorf("approved, and yet the user's alone: %v", v)
	}
	w.inProject(p, ".dclaude.toml", hostile+"# more\n")
	if v, _ := w.setting("isolation", "--folder", p); v != "auto" {
		t.Errorf("changed since: %v", v)
	}
	if r := w.ok("trust", "--yes", p); !strings.Contains(r.stdout, "+# more") || !strings.Contains(r.stdout, " pids = 123") {
		t.Errorf("the diff: %v", r)
	}
	w.ok("trust", "--revoke", p)
	if v, _ := w.setting("isolation", "--folder", p); v != "auto" {
		t.Errorf("revoked: %v", v)
	}
}

// Nothing that can stand in the file's place holds a launch up or leads it
// away.
func TestProjectFilesThatAreNone(t *testing.T) {
	w := newWorld(t)
	p := w.project("p")
	path := filepath.Join(p, ".dclaude.toml")
	w.write("secret", "network = \"none\"\n")
	for what, plant := range map[string]func() error{
		"a symbolic link":       func() error { return os.Symlink(filepath.Join(w.home, "secret"), path) },
		"is not a regular file": func() error { return syscall.Mkfifo(path, 0o644) },
		"too large":             func() error { return os.WriteFile(path, make([]byte, 1<<20), 0o644) },
		"not valid TOML":        func() error { return os.WriteFile(path, []byte("\x1b]52;c;x\x07"), 0o644) },
	} {
		if err := plant(); err != nil {
			t.Fatal(err)
		}
		if r := w.run(p, "--", "-p", "hi"); r.code != 125 || !strings.Contains(r.stderr, what) || strings.Contains(r.stderr, "\x1b") {
			t.Errorf("%s: %v", what, r)
		}
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
	}
}

func TestMountsAndPackages(t *testing.T) {
	w := newWorld(t)
	p := w.project("p")
	w.write("sets/numbers", "1 2 3\n")
	if err := os.Chmod(filepath.Join(w.home, "sets", "numbers"), 0o644); err != nil {
		t.Fatal(err)
	}
	w.write(".ssh/id", "key")
	for _, isolation := range []string{"runsc", "nested", "runc"} {
		name := strings.TrimSpace(w.ok("--isolation", isolation, "--mounts", "~/sets:data", "--detach", p).stdout)
		r := w.run("shell", name, "--", "sh", "-c", "cat /mnt/data/numbers; touch /mnt/data/x && echo written; ls /mnt")
		if r.stdout != "1 2 3\ndata\n" {
			t.Errorf("%s: %v", isolation, r)
		}
		w.ok("stop", name)
	}
	for _, mount := range []string{"~/.ssh:x", "~/sets/numbers:x", "~/missing", "/:root", "/etc/ssh"} {
		if r := w.run("--mounts", mount, p, "--", "-p", "hi"); r.code != 125 || !strings.Contains(r.stderr, "mounts: folder") {
			t.Errorf("%s: %v", mount, r)
		}
	}
}

// reset says what goes before it asks, and without an answer nothing does.
func TestResetSaysWhatGoes(t *testing.T) {
	w := newWorld(t)
	p := w.project("p")
	w.inProject(p, ".dclaude.toml", "isolation = \"runc\"\n")
	w.ok("trust", "--yes", p)
	r := w.run("reset", "--all")
	for _, want := range []string{"the images claude-sandbox and claude-sandbox-gateway", "what you approved", "what you allowed and forbade", "what dclaude has learned"} {
		if r.code != 125 || !strings.Contains(r.stderr, want) {
			t.Errorf("no %q: %v", want, r)
		}
	}
	if v, _ := w.setting("isolation", "--folder", p); v != "runc" {
		t.Errorf("nobody was asked, and yet it is gone: %v", v)
	}
	for _, args := range [][]string{{"--all", p}, {"--image", p}, {"--all", "--image"}, {"--history", "--all"}, {"--history", "--image"}} {
		if r := w.run(append([]string{"reset"}, args...)...); r.code != 2 {
			t.Errorf("%q: %v", args, r)
		}
	}
}
