package config

import (
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
)

func TestUnreadableFile(t *testing.T) {
	path := settingsFile(t, "pids = 64\n")
	// t.TempDir is ours alone, and another user has to come to the file.
	for dir := filepath.Dir(path); dir != os.TempDir() && dir != "/"; dir = filepath.Dir(dir) {
		if err := os.Chmod(dir, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chmod(path, 0); err != nil {
		t.Fatal(err)
	}
	_, f := readAsOther(path)
	if f == nil || !strings.Contains(f.message, "permission denied") || !strings.Contains(f.advice, "chmod") {
		t.Errorf("%+v", f)
	}
}

// readAsOther reads the file with the permissions of nobody if the tests run as
// root, who may read everything.
func readAsOther(path string) ([]byte, *flaw) {
	if os.Geteuid() != 0 {
		return readFile(path, os.Geteuid())
	}
	type result struct {
		data []byte
		flaw *flaw
	}
	done := make(chan result)
	go func() {
		// The thread is not unlocked, so that it ends with the goroutine.
		runtime.LockOSThread()
		const nobody = 65534
		if _, _, errno := syscall.RawSyscall(syscall.SYS_SETFSUID, nobody, 0, 0); errno != 0 {
			done <- result{flaw: flawed("setfsuid: %v", errno)}
			return
		}
		data, f := readFile(path, nobody)
		done <- result{data, f}
	}()
	r := <-done
	return r.data, r.flaw
}
