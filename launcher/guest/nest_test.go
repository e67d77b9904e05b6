package guest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

// ownNest is a nest in a folder of the test's, whose user stands for root and
// for the sandbox.
func ownNest(t *testing.T) (layout, nest, identity) {
	t.Helper()
	l := layoutBelow(t.TempDir())
	n := nestOf(l)
	n.owner, n.group = os.Getuid(), os.Getgid()
	return l, n, identity{UID: 501, GID: 20, UIDs: []idMap{{0, nobody}, {501, 501}}, GIDs: []idMap{{0, nobody}, {20, 20}}, sandbox: os.Getuid()}
}

func TestMarker(t *testing.T) {
	_, n, who := ownNest(t)
	if _, nested, err := n.findMarker(); nested || err != nil {
		t.Fatalf("without a marker: %v, %v", nested, err)
	}
	must(t, n.make(who))
	must(t, n.leaveMarker(who))
	got, nested, err := n.findMarker()
	if err != nil || !nested {
		t.Fatalf("with one: %v, %v", nested, err)
	}
	want := who
	want.sandbox = 0 // not needed by who comes later
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if info, err := os.Stat(n.marker); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

// Only root's word counts, in a plain file.
func TestMarkerOfSomebodyElse(t *testing.T) {
	_, n, who := ownNest(t)
	must(t, n.make(who))
	must(t, n.leaveMarker(who))
	n.owner++
	if _, _, err := n.findMarker(); err == nil {
		t.Error("a marker of somebody else was believed")
	}
	n.owner--
	must(t, os.WriteFile(n.marker, []byte("{"), 0o600))
	if _, _, err := n.findMarker(); err == nil {
		t.Error("a broken marker was believed")
	}
	must(t, os.Rename(n.marker, n.marker+"2"))
	must(t, os.Symlink(n.marker+"2", n.marker))
	if _, _, err := n.findMarker(); err == nil {
		t.Error("a link was followed")
	}
	must(t, os.Remove(n.marker))
	must(t, os.Mkdir(n.marker, 0o755))
	if _, _, err := n.findMarker(); err == nil {
		t.Error("a folder was believed")
	}
}

func TestRunscFlags(t *testing.T) {
	n := nestOf(container())
	flags := strings.Join(n.runscFlags(), " ")
	for _, want := range []string{
		"--root=/run/dclaude-nest/state", "--platform=systrap", "--ignore-cgroups", "--network=host",
		"--host-uds=none", "--host-fifo=none", "--overlay2=none",
	} {
		if !strings.Contains(flags, want) {
			t.Errorf("%s is missing", want)
		}
	}
	for _, bad := range []string{"debug", "TESTONLY", "net-raw", "allow-suid", "rootless"} {
		if strings.Contains(flags, bad) {
			t.Errorf("%q is in the flags", bad)
		}
	}
}

func TestLimits(t *testing.T) {
	tests := []struct {
		name      string
		files     map[string]string
		want      limits
		processes uint64
		tmpfs     uint64
	}{
		{"none", nil, limits{}, 0, 0},
		{"version 2", map[string]string{"memory.max": "1073741824\n", "pids.max": "512\n"}, limits{1 << 30, 512}, 176, 1 << 29},
		{"version 2, unlimited", map[string]string{"memory.max": "max\n", "pids.max": "max\n"}, limits{}, 0, 0},
		{"version 1", map[string]string{"memory/memory.limit_in_bytes": "536870912\n", "pids/pids.max": "64\n"}, limits{512 << 20, 64}, fewestThreads, 256 << 20},
		{"version 1, unlimited", map[string]string{"memory/memory.limit_in_bytes": "9223372036854771712\n", "pids/pids.max": "max\n"}, limits{}, 0, 0},
		{"nonsense", map[string]string{"memory.max": "-1\n", "pids.max": ""}, limits{}, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := readLimits(cgroupWith(t, tt.files))
			if got != tt.want || got.processes() != tt.processes || got.tmpfs() != tt.tmpfs {
				t.Errorf("got %+v, %d processes, %d bytes", got, got.processes(), got.tmpfs())
			}
		})
	}
}

func TestOOMKills(t *testing.T) {
	for want, files := range map[uint64]map[string]string{
		0: nil,
		3: {"memory.events": "low 0\nhigh 0\nmax 17\noom 4\noom_kill 3\noom_group_kill 0\n"},
		2: {"memory/memory.oom_control": "oom_kill_disable 0\nunder_oom 0\noom_kill 2\n"},
	} {
		if got := oomKills(cgroupWith(t, files)); got != want {
			t.Errorf("%v: %d, want %d", files, got, want)
		}
	}
	if got := oomKills(cgroupWith(t, map[string]string{"memory.events": "oom_kill many\n"})); got != 0 {
		t.Errorf("nonsense: %d", got)
	}
}

func cgroupWith(t *testing.T, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		path := filepath.Join(root, name)
		must(t, os.MkdirAll(filepath.Dir(path), 0o755))
		write(t, content, path)
	}
	return root
}

func TestLastWords(t *testing.T) {
	_, n, who := ownNest(t)
	if got := n.lastError() + n.panicked(); got != "" {
		t.Errorf("without logs: %q", got)
	}
	must(t, n.make(who))
	line := func(level, text string) string {
		b, err := json.Marshal(map[string]string{"level": level, "msg": text})
		must(t, err)
		return string(b)
	}
	write(t, line("error", "first")+line("error", "the cause")+line("info", "later")+`{"half`, n.errorLog())
	if got := n.lastError(); got != "the cause" {
		t.Errorf("last error %q", got)
	}
	write(t, "W0101 something\nE0101 x] panic: index out of range\n\ngoroutine 1:\n", n.panicLog())
	if got := n.panicked(); got != "panic: index out of range" {
		t.Errorf("panic %q", got)
	}
	write(t, "all is well\n", n.panicLog())
	if got := n.panicked(); got != "" {
		t.Errorf("no panic: %q", got)
	}
}
