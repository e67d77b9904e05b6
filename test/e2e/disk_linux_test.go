package e2e

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// The disk that dclaude's own files are on is full, or read-only: a launch
// says so and leaves nothing. The engine's full disk is a matter of unit tests
// of package engine: it cannot be filled here without harm to others.
func TestFullDiskForFilesOfOurs(t *testing.T) {
	w := plainWorld(t)
	p := w.project("p")
	w.ok(p, "--", "--version")
	disk := filepath.Join(w.home, "disk")
	if err := os.Mkdir(disk, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("tmpfs", disk, "tmpfs", 0, "size=16k"); err != nil {
		t.Skipf("needs to mount a file system: %v", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(disk, 0); err != nil {
			t.Error(err)
		}
	})
	err := os.WriteFile(filepath.Join(disk, "full"), make([]byte, 64<<10), 0o600)
	if !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("the disk is not full: %v", err)
	}
	w.set("XDG_STATE_HOME="+disk, "XDG_CACHE_HOME="+disk)
	// Which folders sessions have had is what later ones keep away from.
	s := w.start(p, "--", "--version")
	s.expect(125, "the list of folders that sessions have had", "no space left on device", "hint: there is no space left on this machine's disk")
	// That gVisor was proved has to be kept.
	s = w.start("--isolation", "runsc", p, "--", "--version")
	s.expect(125, "no space left on device", "hint: there is no space left on this machine's disk", disk)
	if err := syscall.Mount("tmpfs", disk, "tmpfs", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	s = w.start(p, "--", "--version")
	s.expect(125, "read-only file system", "XDG_STATE_HOME", disk)
}
