package guest

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"dclaude/launcher/handoff"
)

// imageBelow is as much of an image as the first stage looks at.
func imageBelow(t *testing.T, l layout) {
	t.Helper()
	for _, dir := range []string{l.etc, filepath.Dir(l.managed), l.state, l.workspace} {
		must(t, os.MkdirAll(dir, 0o755))
	}
	write(t, somePasswd, l.etc, "passwd")
	write(t, "root:x:0:\n", l.etc, "group")
	write(t, "2.1.330\n", filepath.Dir(l.managed), "version")
}

func TestPrepareNest(t *testing.T) {
	l, n, who := ownNest(t)
	imageBelow(t, l)
	write(t, "planted", l.state, "settings.json")
	before, err := os.Stat(filepath.Join(l.state, "settings.json"))
	must(t, err)
	h := handoff.Handoff{
		UID: os.Getuid(), GID: os.Getgid(), Isolation: handoff.Nested,
		Gitconfig: "[user]\n", ManagedSettings: []byte(`{"a":1}`), Credentials: "secret",
	}
	must(t, prepareNest(l, n, h, who))
	if got := read(t, n.etc, "passwd"); !strings.HasPrefix(got, "claude:x:501:20:") {
		t.Errorf("passwd: %q", got)
	}
	if got := read(t, n.etc, "group"); !strings.Contains(got, "claude:x:20:") {
		t.Errorf("group: %q", got)
	}
	if read(t, l.etc, "passwd") != somePasswd {
		t.Error("the image's own passwd was changed")
	}
	if read(t, n.hostGit) != "[user]\n" || read(t, n.managed, "managed-settings.json") != `{"a":1}` || read(t, n.managed, "version") != "2.1.330\n" {
		t.Error("not everything is there")
	}
	if after, err := os.Stat(filepath.Join(l.state, "settings.json")); err != nil || !after.ModTime().Equal(before.ModTime()) {
		t.Errorf("the state volume was touched: %v", err)
	}
	err = filepath.WalkDir(n.dir, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() && strings.Contains(read(t, path), "secret") {
			t.Errorf("a secret in %s", path)
		}
		return err
	})
	must(t, err)
}

func TestPrepareNestSaysWhatIsMissing(t *testing.T) {
	l, n, who := ownNest(t)
	h := handoff.Handoff{UID: os.Getuid(), GID: os.Getgid(), Isolation: handoff.Nested}
	if err := prepareNest(l, n, h, who); err == nil || !strings.Contains(err.Error(), "prepare the user") {
		t.Errorf("an image without passwd: %v", err)
	}
	imageBelow(t, l)
	must(t, os.RemoveAll(filepath.Dir(l.managed)))
	h.ManagedSettings = []byte(`{}`)
	if err := prepareNest(l, n, h, who); err == nil || !strings.Contains(err.Error(), "--rebuild") {
		t.Errorf("an image without the folder for settings: %v", err)
	}
	if code, err := startSandbox(l, n, who, h, false); code != exitFailure || err == nil || !strings.Contains(err.Error(), "no gVisor") {
		t.Errorf("an image without runsc: %d, %v", code, err)
	}
}

func TestSessionEnv(t *testing.T) {
	got := sessionEnv([]string{"A=1", "CLAUDE_CREDENTIALS=secret", "FORCE_CREDENTIALS=1", passEnv + "=9", handoff.NestedEnv + "=1", "PATH=/bin"})
	if want := []string{"A=1", "PATH=/bin"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestWorkingDir(t *testing.T) {
	l, _, _ := ownNest(t)
	sub := filepath.Join(l.workspace, "sub")
	must(t, os.MkdirAll(sub, 0o755))
	for dir, want := range map[string]string{l.workspace: l.workspace, sub: sub, l.root: l.workspace} {
		t.Chdir(dir)
		if got := workingDir(l); got != want {
			t.Errorf("in %s: %s, want %s", dir, got, want)
		}
	}
}

func TestOutcome(t *testing.T) {
	_, n, who := ownNest(t)
	must(t, n.make(who))
	tests := []struct {
		name, mark, panicked, failed string
		code                         int
		oom                          bool
		want                         int
		says                         string
	}{
		{"the session's own end", endMark, "", "", 0, false, 0, ""},
		{"its exit code", endMark, "", "", 42, false, 42, ""},
		{"its command was killed", endMark, "", "", 137, false, 137, ""},
		{"its command was killed for memory", endMark, "", "", 137, true, 137, "--memory"},
		{"something else was killed for memory", endMark, "", "", 0, true, 0, ""},
		{"killed", "", "", "", 137, false, exitFailure, "exit code 137"},
		{"killed for memory", "", "", "", 137, true, exitFailure, "--memory"},
		{"panic", "", "panic: at the disco\n", "", 2, false, exitFailure, "at the disco"},
		{"never started", "", "", `{"level":"error","msg":"creating container: no"}`, 128, false, exitFailure, "creating container: no"},
		{"half a mark", endMark[:3], "", "", 0, false, exitFailure, "ended unexpectedly"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			write(t, tt.panicked, n.panicLog())
			write(t, tt.failed, n.errorLog())
			pass, err := memoryFile("handoff", []byte(tt.mark))
			must(t, err)
			defer pass.Close()
			code, err := outcome(pass, n, tt.code, tt.oom)
			if code != tt.want || (err == nil) != (tt.says == "") || (err != nil && !strings.Contains(err.Error(), tt.says)) {
				t.Errorf("%d, %v; want %d and %q", code, err, tt.want, tt.says)
			}
		})
	}
}

func TestCannotStart(t *testing.T) {
	root := identity{UIDs: []idMap{{0, nobody}, {501, 0}}}
	user := identity{UIDs: []idMap{{0, nobody}, {501, 501}}}
	for _, tt := range []struct {
		who  identity
		err  error
		says string
	}{
		{root, syscall.EPERM, "SETFCAP"},
		{user, syscall.EPERM, "user namespaces"},
		{user, syscall.ENOSPC, "user namespaces"},
		{user, syscall.ENOEXEC, "--rebuild"},
		{user, syscall.EIO, "input/output error"},
	} {
		err := cannotStart(tt.who, tt.err)
		if !strings.Contains(err.Error(), tt.says) || !errors.Is(err, tt.err) {
			t.Errorf("%v: %v", tt.err, err)
		}
	}
}

func TestInNamespace(t *testing.T) {
	attr := inNamespace(identity{UIDs: []idMap{{0, nobody}, {501, 0}}, GIDs: []idMap{{0, nobody}, {20, 20}}})
	if attr.Cloneflags != syscall.CLONE_NEWUSER || attr.Credential.Uid != 0 || len(attr.UidMappings) != 2 {
		t.Fatalf("got %+v", attr)
	}
	if m := attr.UidMappings[1]; m.ContainerID != 501 || m.HostID != 0 || m.Size != 1 {
		t.Errorf("uid map %+v", m)
	}
	if m := attr.GidMappings[0]; m.ContainerID != 0 || m.HostID != nobody || m.Size != 1 {
		t.Errorf("gid map %+v", m)
	}
}

// A signal that ends sessions and cannot be delivered ends the sandbox; any
// other that cannot is dropped.
func TestUndeliverableSignal(t *testing.T) {
	for s, ends := range map[syscall.Signal]bool{syscall.SIGTERM: true, syscall.SIGHUP: true, syscall.SIGUSR1: false} {
		var w watched
		c := command{
			path: "/bin/sh", args: []string{"sh", "-c", `kill -USR2 $PPID; read -r x; exit 3`},
			attr:    &syscall.SysProcAttr{Setpgid: true},
			forward: func(int, syscall.Signal) {},
		}
		in, release, err := os.Pipe()
		must(t, err)
		c.files = []uintptr{in.Fd(), 1, 2}
		c.forward = func(pid int, got syscall.Signal) {
			if got != syscall.SIGUSR2 {
				return
			}
			w.pid, w.helpers = pid, map[int]syscall.Signal{7: s}
			w.helperEnded(7, syscall.WaitStatus(1<<8))
			release.Close()
		}
		code, err := c.run()
		must(t, err)
		in.Close()
		if gaveUp := w.gaveUp != 0; gaveUp != ends || (code == 137) != ends {
			t.Errorf("%v: gave up %v, exit code %d", s, gaveUp, code)
		}
		if len(w.helpers) != 0 {
			t.Errorf("%v: %v left", s, w.helpers)
		}
	}
}

// A command that comes before the session waits for it; it is never run beside
// the sandbox.
func TestEarlyCommandWaits(t *testing.T) {
	l, n, who := ownNest(t)
	must(t, n.make(who))
	if _, nested, err := insideOf(l); nested || err != nil {
		t.Errorf("in a session that is not nested: %v, %v", nested, err)
	}
	ready, theirs, err := os.Pipe()
	must(t, err)
	defer ready.Close()
	type answer struct {
		who identity
		err error
	}
	answers := make(chan answer)
	go func() {
		got, err := n.awaitMarker(startTime)
		answers <- answer{got, err}
	}()
	// Something else that appears there is not the marker.
	write(t, "x", l.root, "run", "new")
	must(t, os.Rename(filepath.Join(l.root, "run", "new"), filepath.Join(l.root, "run", "other")))
	select {
	case a := <-answers:
		t.Fatalf("an answer before the session runs: %+v", a)
	default:
	}
	go n.markReady(ready, who)
	_, err = theirs.Write([]byte{1})
	must(t, err)
	if a := <-answers; a.err != nil || a.who.UID != who.UID {
		t.Errorf("got %+v", a)
	}
	if _, err := n.awaitMarker(startTime); err != nil {
		t.Errorf("a later command: %v", err)
	}
	must(t, os.Remove(n.marker))
	must(t, theirs.Close())
	n.markReady(ready, who) // the session ended before it was ready
	if _, err := n.awaitMarker(1); err == nil || !strings.Contains(err.Error(), "not started") {
		t.Errorf("a session that never starts: %v", err)
	}
	t.Setenv(handoff.NestedEnv, "1")
	must(t, n.leaveMarker(who))
	if n.owner == 0 { // the real first stage is root
		if got, nested, err := insideOf(l); !nested || err != nil || got.UID != who.UID {
			t.Errorf("with the variable: %+v, %v, %v", got, nested, err)
		}
	}
}
