package terminal

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// hostile are names that have broken scripts of others.
func hostile() []string {
	return []string{
		"plain", "with space", " lead and trail ", "it's", `"quoted"`, "$(touch pwned)", "`touch pwned`", "${IFS}", "$HOME", "~", "-rf", "--", "-",
		"a\nb", "a\nrm -rf x\n", "\n", "\t", "a;touch pwned", "a&&touch pwned", "a|touch pwned", "a>pwned", "*", "?", "[a]", "{a,b}", `\`, `a\`, `'\''`, `'"'"'`,
		"#comment", "!history", "%s%n", "ünïcode", "日本", "\u202egnp", "\x1b[2J", "\xff\xfe", "\x01\x02", "=x", "a=b", "..x", strings.Repeat("long", 50),
	}
}

// special are bytes that mean something to a shell.
const special = "'\"$()\\;&|<>*?[]{}~#! `\n-=%"

// random makes names of any bytes that a file name can have, mostly of those
// that mean something.
func random(n int) []string {
	r := rand.New(rand.NewPCG(7, 7))
	var names []string
	for range n {
		name := make([]byte, 1+r.IntN(20))
		for i := range name {
			name[i] = special[r.IntN(len(special))]
			if b := byte(r.IntN(256)); r.IntN(3) == 0 && b != 0 && b != '/' {
				name[i] = b
			}
		}
		if s := string(name); s != "." && s != ".." {
			names = append(names, s)
		}
	}
	return names
}

// recorder is a program that writes down its folder and its arguments.
func recorder(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "dclaude's $recorder")
	content := "#!/bin/sh\nexec >\"$RECORD\"\nfor a in \"$PWD\" \"$@\"; do printf '%s\\0' \"$a\"; done\nexit \"$RESULT\"\n"
	if err := os.WriteFile(path, []byte(content), 0o700); err != nil {
		t.Fatal(err)
	}
	return path
}

// windowOf is the job as a command.
func windowOf(t *testing.T, job Job) *exec.Cmd {
	t.Helper()
	file, err := Opener{Dir: t.TempDir()}.script(job)
	if err != nil {
		t.Fatal(err)
	}
	return exec.Command(file)
}

// Whatever a folder is called, the generated script runs exactly the program, with exactly that argument, in that folder, and nothing else.
func TestNothingOfANameIsRun(t *testing.T) {
	program := recorder(t)
	record := filepath.Join(t.TempDir(), "record")
	parent := t.TempDir()
	scripts := t.TempDir()
	names := append(hostile(), random(80)...)
	for _, name := range names {
		dir := filepath.Join(parent, name)
		if err := os.Mkdir(dir, 0o700); err != nil {
			if !errors.Is(err, os.ErrExist) {
				t.Fatalf("%q: %v", name, err)
			}
		}
		job := Job{Argv: []string{program, "run", dir, name}, Dir: dir}
		file, err := Opener{Dir: scripts}.script(job)
		if err != nil {
			t.Fatal(err)
		}
		os.Remove(record)
		cmd := exec.Command(file)
		cmd.Dir = parent
		cmd.Env = []string{"RECORD=" + record, "RESULT=0", "PATH=" + os.Getenv("PATH"), "CDPATH=/"}
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Fatalf("%q: %v, %q", name, err, out)
		}
		got, err := os.ReadFile(record)
		if err != nil {
			t.Fatalf("%q: %v", name, err)
		}
		want := strings.Join([]string{dir, "run", dir, name}, "\x00") + "\x00"
		if string(got) != want {
			t.Errorf("%q: the program saw %q", name, got)
		}
		if _, err := os.Lstat(file); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%q: the script has not deleted itself", name)
		}
		if left, _ := filepath.Glob(filepath.Join(parent, "pwned")); len(left) > 0 {
			t.Fatalf("%q was run", name)
		}
	}
	if left, _ := os.ReadDir(scripts); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

func TestWindowStaysOpen(t *testing.T) {
	program := recorder(t)
	for _, tc := range []struct {
		hold   Hold
		result string
		held   bool
	}{{HoldOnFailure, "0", false}, {HoldOnFailure, "125", true}, {HoldAlways, "0", true}, {HoldAlways, "1", true}} {
		job := Job{Argv: []string{program}, Dir: "/", Hold: tc.hold}
		cmd := windowOf(t, job)
		cmd.Env = []string{"RECORD=" + filepath.Join(t.TempDir(), "r"), "RESULT=" + tc.result}
		cmd.Stdin = strings.NewReader("\n")
		var out bytes.Buffer
		cmd.Stdout = &out
		err := cmd.Run()
		if code := fmt.Sprint(cmd.ProcessState.ExitCode()); code != tc.result {
			t.Errorf("%+v: code %s, %v", tc, code, err)
		}
		if held := strings.Contains(out.String(), "Press Enter"); held != tc.held {
			t.Errorf("%+v: %q", tc, out.String())
		}
	}
}

func TestFolderThatHasGone(t *testing.T) {
	program := recorder(t)
	record := filepath.Join(t.TempDir(), "r")
	for _, dir := range []string{"/no/such/folder", "relative", "-", ""} {
		job := Job{Argv: []string{program, "x"}, Dir: dir}
		cmd := windowOf(t, job)
		cmd.Env = []string{"RECORD=" + record, "RESULT=0", "OLDPWD=/tmp"}
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%q: %v %q", dir, err, out)
		}
		if got, _ := os.ReadFile(record); string(got) != "/\x00x\x00" {
			t.Errorf("%q: %q", dir, got)
		}
	}
}

func TestChoiceOnLinux(t *testing.T) {
	const file = "/run/user/501/window.command"
	path := func(have ...string) func(string) (string, error) {
		return func(name string) (string, error) {
			if slices.Contains(have, filepath.Base(name)) {
				return "/usr/bin/" + filepath.Base(name), nil
			}
			return "", exec.ErrNotFound
		}
	}
	for _, tc := range []struct {
		setting, variable string
		have              []string
		want              string // what comes before the file
	}{
		{"", "", []string{"xterm", "konsole"}, "/usr/bin/konsole -e"},
		{"auto", "", []string{"xterm", "xdg-terminal-exec"}, "/usr/bin/xdg-terminal-exec"},
		{"", "xterm", []string{"xterm", "konsole"}, "/usr/bin/xterm -e"},
		{"", "gone", []string{"xterm"}, "/usr/bin/xterm -e"},
		{"", "/opt/kitty", []string{"kitty"}, "/usr/bin/kitty"},
		{"wezterm", "xterm", []string{"xterm", "wezterm"}, "/usr/bin/wezterm start --"},
		{"my-own", "", []string{"my-own"}, "/usr/bin/my-own -e"},
		{"gnome-terminal", "", []string{"gnome-terminal"}, "/usr/bin/gnome-terminal --"},
	} {
		got, err := Linux(tc.setting, tc.variable, path(tc.have...), file)
		want := append(strings.Fields(tc.want), file)
		if err != nil || !slices.Equal(got, want) {
			t.Errorf("%+v: %q, %v", tc, got, err)
		}
	}
	for _, setting := range []string{"", "gone"} {
		_, err := Linux(setting, "", path(), file)
		var e *Error
		if !errors.As(err, &e) || e.Hint() == "" {
			t.Errorf("%q: %v", setting, err)
		}
	}
}

func TestChoiceOnMac(t *testing.T) {
	for _, app := range MacApps() {
		argv, err := Mac(app, "/private/x.command")
		if err != nil || argv[0] != "/usr/bin/open" || argv[len(argv)-1] != "/private/x.command" {
			t.Errorf("%s: %q, %v", app, argv, err)
		}
	}
	if _, err := Mac("no such", "/x"); err == nil {
		t.Error("an unknown terminal is no error")
	}
}

func TestScriptsArePrivateAndSwept(t *testing.T) {
	o := Opener{Dir: filepath.Join(t.TempDir(), "windows")}
	file, err := o.script(Job{Argv: []string{"/bin/true"}})
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range []string{file, o.Dir} {
		if info, err := os.Stat(p); err != nil || info.Mode().Perm() != 0o700 {
			t.Errorf("%s: %v, %v", p, info.Mode(), err)
		}
	}
	o.sweep(time.Now())
	if _, err := os.Stat(file); err != nil {
		t.Error("a fresh script was swept away")
	}
	o.sweep(time.Now().Add(2 * staleAfter))
	if _, err := os.Stat(file); err == nil {
		t.Error("an old script stays")
	}
}
