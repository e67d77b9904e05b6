package lab

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func TestEngineRelease(t *testing.T) {
	about, _ := os.ReadFile("/etc/os-release") // none elsewhere than on Linux
	own := hostRelease(string(about))
	for set, want := range map[string]string{"": currentRelease, currentRelease: currentRelease, "potato": "potato", own: ""} {
		if want == own || set == "" && own == "" {
			want = ""
		}
		t.Setenv(ReleaseVariable, set)
		if got, err := engineRelease(); got != want || err != nil {
			t.Errorf("%q: %q, %v, want %q", set, got, err, want)
		}
	}
	for _, odd := range []string{"../x", "Forky", "12", "a b"} {
		t.Setenv(ReleaseVariable, odd)
		if got, err := engineRelease(); err == nil {
			t.Errorf("%q: %q", odd, got)
		}
	}
}

func TestEngineCommand(t *testing.T) {
	const config = "/c/daemon.json"
	l := &Lab{dir: t.TempDir()}
	program, args := l.engineCommand("", config)
	if filepath.Base(program) != "dockerd" || !slices.Equal(args, []string{"--config-file", config}) {
		t.Errorf("the machine's own: %s %q", program, args)
	}
	l.resolv = "/r"
	_, args = l.engineCommand("/root", config)
	text := strings.Join(args, " ")
	for _, want := range []string{"/r " + followed("/etc/resolv.conf") + " /usr/local /root/usr/local ", " /root/usr /usr -- /usr/sbin/dockerd --config-file " + config} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in %q", want, text)
		}
	}
	if i := slices.Index(args, "/usr"); i != slices.Index(args, "--")-1 {
		t.Errorf("/usr is covered before the last: %q", args) // mount itself lies there
	}
}

// Engines of different releases do not share what they keep.
func TestEnginesApart(t *testing.T) {
	dir := t.TempDir()
	seen := map[string]bool{}
	for _, l := range []*Lab{{dir: dir}, {dir: dir, release: "forky"}, {dir: dir, release: "forky", engine: "engine-abcdef"}} {
		f := l.engineFiles()
		for _, path := range []string{f.data, f.socket, f.bridge} {
			if seen[path] {
				t.Errorf("two engines have %s", path)
			}
			seen[path] = true
		}
	}
}
