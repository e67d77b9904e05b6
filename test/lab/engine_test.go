package lab

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestEngineFilesFitTheirLimits(t *testing.T) {
	l := &Lab{dir: "/" + strings.Repeat("a long folder/", 30)}
	f := l.engineFiles()
	// 108 bytes with the final zero; containerd's is the longest below exec.
	for _, socket := range []string{f.socket, filepath.Join(f.run, "exec", "containerd", "containerd-debug.sock.ttrpc")} {
		if len(socket) > 107 {
			t.Errorf("%s has %d bytes, over the limit of socket paths", socket, len(socket))
		}
	}
	if len(f.bridge) > 15 {
		t.Errorf("%s has %d bytes, over the limit of interface names", f.bridge, len(f.bridge))
	}
	other := (&Lab{dir: "/another"}).engineFiles()
	if other.run == f.run || other.bridge == f.bridge {
		t.Error("two labs share a place")
	}
	if again := l.engineFiles(); again != f {
		t.Error("the places change from call to call")
	}
	if host := l.EngineHost(); host != "unix://"+f.socket {
		t.Errorf("host = %s", host)
	}
}

func TestEngineConfig(t *testing.T) {
	l := &Lab{dir: "/lab"}
	f := l.engineFiles()
	b, err := l.engineConfig(f, Network{Gateway: "10.213.0.1/24", Pool: "10.213.128.0/17"}, "overlay2")
	if err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	for key, want := range map[string]any{
		"data-root": "/lab/engine/data", "pidfile": f.pid, "bridge": f.bridge, "iptables": true,
		"storage-driver": "overlay2", "hosts": []any{"unix://" + f.socket},
		"exec-opts":             []any{"native.cgroupdriver=cgroupfs"},
		"default-address-pools": []any{map[string]any{"base": "10.213.128.0/17", "size": float64(26)}},
	} {
		if !reflect.DeepEqual(got[key], want) {
			t.Errorf("%s = %v, want %v", key, got[key], want)
		}
	}
	runtimes, ok := got["runtimes"].(map[string]any)
	if !ok || !reflect.DeepEqual(runtimes[RuntimeGVisor], map[string]any{"path": "/lab/bin/runsc"}) {
		t.Errorf("runtimes = %v", got["runtimes"])
	}
	if got["containerd-namespace"] == "moby" || got["containerd-namespace"] == nil {
		t.Error("the engine shares a containerd namespace with another")
	}
}

func TestStorageDriverIsKept(t *testing.T) {
	f := engineFiles{driver: filepath.Join(t.TempDir(), "driver")}
	if got := storageDrivers(f); len(got) < 2 || got[0] != "overlay2" || got[len(got)-1] != "vfs" {
		t.Errorf("at first: %v", got)
	}
	write(t, f.driver, "vfs")
	if got := storageDrivers(f); !reflect.DeepEqual(got, []string{"vfs"}) {
		t.Errorf("once vfs had worked: %v", got)
	}
}

func TestOpen(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "a", "lab")
	t.Setenv(DirVariable, dir)
	l, err := Open(nil)
	if err != nil || l.Dir() != dir || !exists(dir) {
		t.Errorf("got %v, %v", l, err)
	}
	t.Setenv(DirVariable, "")
	t.Setenv("XDG_CACHE_HOME", t.TempDir())
	t.Setenv("HOME", t.TempDir())
	if l, err = Open(nil); err != nil || filepath.Base(l.Dir()) != "dclaude-lab" {
		t.Errorf("by default: %v, %v", l, err)
	}
	file := filepath.Join(t.TempDir(), "file")
	write(t, file, "")
	t.Setenv(DirVariable, filepath.Join(file, "lab"))
	if _, err := Open(nil); err == nil || hintOf(err) == "" {
		t.Errorf("below a file: error %v, hint %q", err, hintOf(err))
	}
}

func TestSayfWritesOneLineAtOnce(t *testing.T) {
	var w countingWriter
	(&Lab{log: &w}).sayf("engine: %d\n", 7)
	if len(w) != 1 || w[0] != "lab: engine: 7\n" {
		t.Errorf("writes: %q", w)
	}
}

type countingWriter []string

func (w *countingWriter) Write(b []byte) (int, error) {
	*w = append(*w, string(b))
	return len(b), nil
}

func TestGVisorIsTheOneThatIsPinned(t *testing.T) {
	dir, version, err := pinnedRunsc()
	if err != nil || !exists(filepath.Join(dir, "build.sh")) || !strings.HasPrefix(version, "v0.0.0-") {
		t.Errorf("in %s: %q, %v", dir, version, err)
	}
	if _, err := pinOf("module x\n\nrequire example.com/gvisor v1\n"); err == nil {
		t.Error("no error where no gVisor is required")
	}
	t.Chdir(t.TempDir())
	if _, _, err := pinnedRunsc(); err == nil || hintOf(err) == "" {
		t.Errorf("outside of the repository: %v", err)
	}
}

func TestRunscLinkIsReplaced(t *testing.T) {
	path := filepath.Join(t.TempDir(), "link")
	for _, target := range []string{"one", "two"} {
		if err := linkTo(target, path); err != nil {
			t.Fatal(err)
		}
		if got, err := os.Readlink(path); err != nil || got != target {
			t.Errorf("points to %q, %v", got, err)
		}
	}
	if err := linkTo("x", filepath.Join(path, "no", "folder")); err == nil {
		t.Error("no error for a missing folder")
	}
}
