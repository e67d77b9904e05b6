package guest

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"dclaude/launcher/handoff"
)

// takeOverIn plays the second stage in this process: it gets a descriptor of
// its own, as it would in the container.
func takeOverIn(t *testing.T, f *os.File) (handoff.Handoff, *os.File, int) {
	t.Helper()
	fd, err := syscall.Dup(int(f.Fd()))
	must(t, err)
	t.Setenv(passEnv, strconv.Itoa(fd))
	h, pass, err := takeOver()
	must(t, err)
	return h, pass, fd
}

func TestHandoffReachesTheSecondStage(t *testing.T) {
	want := handoff.Handoff{UID: 501, GID: 20, Isolation: handoff.Direct, Credentials: "secret"}
	f, err := passOn(want)
	must(t, err)
	if strings.Contains(strings.Join(os.Environ(), "\n"), "secret") {
		t.Error("the secret is in the environment")
	}
	defer f.Close()
	got, pass, fd := takeOverIn(t, f)
	if got.UID != 501 || got.Credentials != "secret" {
		t.Errorf("got %+v", got)
	}
	if _, ok := os.LookupEnv(passEnv); ok {
		t.Error("the variable is left for the command")
	}
	if err := syscall.Fstat(fd, new(syscall.Stat_t)); err == nil || pass != nil {
		t.Error("the descriptor is left for the command")
	}
	if info, err := f.Stat(); err != nil || info.Size() != 0 {
		t.Errorf("the secret is left in memory: %v, %v", info, err)
	}
	if _, _, err := takeOver(); err == nil {
		t.Error("a second take-over found something")
	}
}

// A nested second stage keeps the file, wiped and for itself, to mark its end.
func TestEndMark(t *testing.T) {
	text, err := handoff.Handoff{UID: 501, GID: 20, Isolation: handoff.Nested, Credentials: "secret"}.Encode()
	must(t, err)
	f, err := memoryFile("handoff", text)
	must(t, err)
	defer f.Close()
	got, pass, fd := takeOverIn(t, f)
	if got.Credentials != "secret" || pass == nil {
		t.Fatalf("got %+v, %v", got, pass)
	}
	defer pass.Close()
	if flags, err := unix.FcntlInt(uintptr(fd), unix.F_GETFD, 0); err != nil || flags&unix.FD_CLOEXEC == 0 {
		t.Errorf("the command would inherit the descriptor: %v", err)
	}
	n := nestOf(layoutBelow(t.TempDir()))
	if code, err := outcome(f, n, 137, false); code != exitFailure || err == nil {
		t.Errorf("no mark: %d, %v", code, err)
	}
	leaveEnd(pass)
	if code, err := outcome(f, n, 42, true); code != 42 || err != nil {
		t.Errorf("marked: %d, %v", code, err)
	}
	leaveEnd(nil)
}

// Without a launcher the seed's contract holds.
func TestByHand(t *testing.T) {
	l := layoutBelow(t.TempDir())
	must(t, os.MkdirAll(l.etc, 0o755))
	if _, err := byHand(l); err == nil {
		t.Error("an image without passwd was taken")
	}
	write(t, somePasswd, l.etc, "passwd")
	t.Setenv("CLAUDE_CREDENTIALS", "secret")
	t.Setenv("FORCE_CREDENTIALS", "")
	h, err := byHand(l)
	must(t, err)
	if h.UID != 501 || h.GID != 20 || h.Credentials != "secret" || !h.KeepCredentials || !h.Firewall {
		t.Errorf("got %+v", h)
	}
	t.Setenv("FORCE_CREDENTIALS", "1")
	if h, err = byHand(l); err != nil || h.KeepCredentials {
		t.Errorf("FORCE_CREDENTIALS=1: %+v, %v", h, err)
	}
}

func TestSetEnvironmentTakesSecretsAway(t *testing.T) {
	l := layoutBelow(t.TempDir())
	must(t, os.MkdirAll(filepath.Join(l.runtime, "501"), 0o700))
	for _, name := range []string{"CLAUDE_CREDENTIALS", "FORCE_CREDENTIALS", "HOME", "USER", "LOGNAME", "SHELL", "XDG_RUNTIME_DIR", "IS_SANDBOX"} {
		t.Setenv(name, "before")
	}
	must(t, setEnvironment(l, 501))
	for name, want := range map[string]string{
		"CLAUDE_CREDENTIALS": "", "FORCE_CREDENTIALS": "",
		"HOME": l.home, "USER": "claude", "XDG_RUNTIME_DIR": filepath.Join(l.runtime, "501"), "IS_SANDBOX": "before",
	} {
		if got := os.Getenv(name); got != want {
			t.Errorf("%s = %q, want %q", name, got, want)
		}
	}
	must(t, setEnvironment(l, 0))
	if os.Getenv("IS_SANDBOX") != "1" || os.Getenv("USER") != "root" {
		t.Errorf("as root: IS_SANDBOX=%q USER=%q", os.Getenv("IS_SANDBOX"), os.Getenv("USER"))
	}
}
