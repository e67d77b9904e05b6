package nested

import (
	"bytes"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"dclaude/assets"
	"dclaude/test/lab"
)

// emulator runs a program for arm64 on another processor, system calls and all.
func emulator(t *testing.T) string {
	t.Helper()
	if testing.Short() {
		t.Skip("-short leaves out what is emulated")
	}
	return lab.RequireTool(t, "qemu-aarch64")
}

// emulate runs a program of the image for arm64 under the emulator, with a
// Linux kernel for another processor below it: it shows that the program is
// whole and runs, and no more.
func emulate(t *testing.T, program []byte, args ...string) result {
	t.Helper()
	path := filepath.Join(openDir(t), "program")
	must(t, os.WriteFile(path, program, 0o755))
	cmd := exec.CommandContext(t.Context(), emulator(t), append([]string{path}, args...)...)
	var out, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &stderr
	if os.Getuid() == 0 {
		// Root's first act is to execute itself anew, which the emulator leaves
		// to the kernel.
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	}
	err := cmd.Run()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	return result{out.String(), stderr.String(), cmd.ProcessState.ExitCode()}
}

// openDir is a folder that every user can reach and write in.
func openDir(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	must(t, errors.Join(os.Chmod(filepath.Dir(dir), 0o755), os.Chmod(dir, 0o777)))
	return dir
}

// unpacked is an embedded program for arm64.
func unpacked(t *testing.T, find func(arch string) (*assets.Program, error)) []byte {
	t.Helper()
	program, err := find("arm64")
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("built without it")
	}
	must(t, err)
	r, err := program.Open()
	must(t, err)
	defer r.Close()
	content, err := io.ReadAll(r)
	must(t, err)
	return content
}

func TestGuestForArm64(t *testing.T) {
	guest := unpacked(t, assets.Guest)
	if r := emulate(t, guest, "kernel"); r.code != 0 || !strings.HasPrefix(r.out, "Linux version ") {
		t.Errorf("kernel: %+v", r)
	}
	if r := emulate(t, guest, "exec", "sh", "-c", "echo ran; grep NoNewPrivs /proc/self/status; exit 7"); r.code != 7 || !strings.Contains(r.out, "ran\n") {
		t.Errorf("exec: %+v", r)
	}
	if r := emulate(t, guest, "no-such-command"); r.code != 125 || !strings.Contains(r.err, "unknown command") {
		t.Errorf("an unknown command: %+v", r)
	}
}

func TestRunscForArm64(t *testing.T) {
	runsc := unpacked(t, assets.Runsc)
	program, err := assets.Runsc("arm64")
	must(t, err)
	if r := emulate(t, runsc, "--version"); r.code != 0 || !strings.Contains(r.out, "runsc version "+program.Version) {
		t.Errorf("version: %+v", r)
	}
	// It writes what an OCI runtime writes.
	dir := openDir(t)
	if r := emulate(t, runsc, "spec", "--bundle", dir, "--", "true"); r.code != 0 {
		t.Errorf("spec: %+v", r)
	}
	if b, err := os.ReadFile(filepath.Join(dir, "config.json")); err != nil || !strings.Contains(string(b), `"ociVersion"`) {
		t.Errorf("its bundle: %.200s, %v", b, err)
	}
}
