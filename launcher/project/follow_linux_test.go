package project

import (
	"os"
	"path/filepath"
	"runtime"
	"syscall"
	"testing"
)

// File names on Linux are bytes; macOS refuses to make such a folder.
func TestResolveInvalidUTF8(t *testing.T) {
	home, _ := tree(t, "bad\xff\xfename")
	p, err := Resolve(filepath.Join(home, "bad\xff\xfename"), Options{Home: home})
	if err != nil || p.Path != home+"/bad\xff\xfename" || p.Slug != "bad-name" {
		t.Errorf("%+v, %v", p, err)
	}
	_, err = Resolve(home+"/no\xffne", Options{Home: home})
	if want := `folder "` + home + `/no\xffne" does not exist`; err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestNoPermission(t *testing.T) {
	home, _ := tree(t, "closed", "listed", "passed/inner", "open")
	// t.TempDir is ours alone, and another user has to come through.
	for dir := home; dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	for name, mode := range map[string]os.FileMode{"closed": 0, "listed": 0o444, "passed": 0o111} {
		path := filepath.Join(home, name)
		if err := os.Chmod(path, mode); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(path, 0o755) })
	}
	for path, want := range map[string]Reason{
		"closed": Unreadable, "closed/inner": Unreadable, "listed": Unreadable,
		"passed": Unreadable, "passed/inner": "", "open": "",
	} {
		err := unprivileged(func() error {
			_, err := Resolve(filepath.Join(home, path), Options{Home: home})
			return err
		})
		if reasonOf(err) != want || (err == nil) != (want == "") {
			t.Errorf("%s: %v, want reason %q", path, err, want)
		}
	}
}

// unprivileged runs f with the file permissions of nobody if the tests run as
// root, who may read everything.
func unprivileged(f func() error) error {
	if os.Geteuid() != 0 {
		return f()
	}
	done := make(chan error)
	go func() {
		// The thread is not unlocked, so that it ends with the goroutine.
		runtime.LockOSThread()
		const nobody = 65534
		if _, _, errno := syscall.RawSyscall(syscall.SYS_SETFSUID, nobody, 0, 0); errno != 0 {
			done <- errno
			return
		}
		done <- f()
	}()
	return <-done
}
