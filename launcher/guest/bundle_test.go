package guest

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/opencontainers/runtime-spec/specs-go"
)

func someBundle() bundle {
	l := container()
	return bundle{
		layout: l, nest: nestOf(l),
		who:      identity{UID: 501, GID: 20, sandbox: nobody},
		args:     []string{l.self, "enter", "claude"},
		env:      []string{"A=b"},
		dir:      "/workspace/sub",
		hostname: "demo",
		terminal: true,
		image:    []imageEntry{{"/etc", "/etc"}, {"/usr", "/usr"}},
		managed:  true,
		hostGit:  true,
		limits:   limits{memory: 2 << 30, pids: 512},
	}
}

func mountAt(t *testing.T, s *specs.Spec, target string) specs.Mount {
	t.Helper()
	for _, m := range slices.Backward(s.Mounts) { // the last one is on top
		if m.Destination == target {
			return m
		}
	}
	t.Fatalf("no mount at %s", target)
	return specs.Mount{}
}

func TestSpecGivesNoPrivileges(t *testing.T) {
	p := someBundle().spec().Process
	if p.User.UID != 501 || p.User.GID != 20 || len(p.User.AdditionalGids) != 0 {
		t.Errorf("user %+v", p.User)
	}
	if c := p.Capabilities; c == nil || len(c.Bounding)+len(c.Effective)+len(c.Permitted)+len(c.Inheritable)+len(c.Ambient) != 0 {
		t.Errorf("capabilities %+v", c)
	}
	if !p.NoNewPrivileges || !p.Terminal || p.Cwd != "/workspace/sub" {
		t.Errorf("process %+v", p)
	}
	if len(p.Rlimits) != 1 || p.Rlimits[0].Hard != 176 || p.Rlimits[0].Soft != 176 {
		t.Errorf("limits %+v", p.Rlimits)
	}
	unlimited := someBundle()
	unlimited.limits = limits{}
	if got := unlimited.spec().Process.Rlimits; got != nil {
		t.Errorf("limits where the engine sets none: %+v", got)
	}
}

// What others write to is looked up anew each time, and nothing else.
func TestSpecMarksWhatChanges(t *testing.T) {
	s := someBundle().spec()
	shared := map[string]bool{}
	for key, source := range s.Annotations {
		if stem, ok := strings.CutSuffix(key, ".source"); ok {
			if s.Annotations[stem+".share"] != "shared" || s.Annotations[stem+".type"] != "bind" {
				t.Errorf("%s: %v", source, s.Annotations)
			}
			shared[source] = true
		}
	}
	for _, want := range []string{"/workspace", "/home/claude/.claude", "/etc"} {
		if !shared[want] {
			t.Errorf("%s is not marked", want)
		}
	}
	if len(shared) != 3 {
		t.Errorf("marked: %v", shared)
	}
	// Folders that the user shows are among them, where there are any.
	b := someBundle()
	b.image = append(b.image, imageEntry{"/mnt", "/mnt"})
	if got := b.changing(); got[len(got)-1] != "/mnt" {
		t.Errorf("marked with a folder shown: %v", got)
	}
}

func TestSpecMounts(t *testing.T) {
	s := someBundle().spec()
	if s.Root.Path == "/" {
		t.Error("the container's own root is served to the sandbox")
	}
	tests := []struct{ target, kind, source, option string }{
		{"/usr", "bind", "/usr", "ro"},
		{"/etc", "bind", "/etc", "ro"},
		{"/etc/passwd", "bind", "/run/dclaude-nest/etc/passwd", "ro"},
		{"/etc/group", "bind", "/run/dclaude-nest/etc/group", "ro"},
		{"/etc/claude-code", "bind", "/run/dclaude-nest/claude-code", "ro"},
		{"/tmp/host-gitconfig", "bind", "/run/dclaude-nest/host-gitconfig", "ro"},
		{"/workspace", "bind", "/workspace", "rw"},
		{"/home/claude/.claude", "bind", "/home/claude/.claude", "rw"},
		{"/proc", "proc", "proc", ""},
		{"/sys", "sysfs", "sysfs", "ro"},
		{"/run", "tmpfs", "tmpfs", "mode=0755"},
		{"/run/user/501", "tmpfs", "tmpfs", "uid=501"},
		{"/tmp", "tmpfs", "tmpfs", "mode=1777"},
		{"/home/claude", "tmpfs", "tmpfs", "size=1073741824"},
	}
	for _, tt := range tests {
		m := mountAt(t, s, tt.target)
		if m.Type != tt.kind || m.Source != tt.source || (tt.option != "" && !slices.Contains(m.Options, tt.option)) {
			t.Errorf("%s: %+v", tt.target, m)
		}
	}
	for _, m := range s.Mounts {
		if m.Type == "bind" && slices.Contains(m.Options, "rw") && m.Source != "/workspace" && m.Source != "/home/claude/.claude" {
			t.Errorf("%s can be written", m.Source)
		}
		for _, hidden := range []string{"/run/dclaude", "/run/dclaude-nest/state", "/proc", "/dev"} {
			if m.Type == "bind" && (m.Source == hidden || strings.HasPrefix(m.Source, hidden+"/")) {
				t.Errorf("%s is shown", m.Source)
			}
		}
	}
	bare := someBundle()
	bare.managed, bare.hostGit = false, false
	for _, m := range bare.spec().Mounts {
		if m.Destination == "/etc/claude-code" || m.Destination == "/tmp/host-gitconfig" {
			t.Errorf("%s without anything to show", m.Destination)
		}
	}
}

func TestBundleWrite(t *testing.T) {
	_, n, who := ownNest(t)
	must(t, n.make(who))
	b := someBundle()
	b.nest = n
	must(t, b.write())
	var s specs.Spec
	must(t, json.Unmarshal([]byte(read(t, n.bundle, "config.json")), &s))
	if s.Hostname != "demo" || len(s.Linux.Namespaces) != 4 {
		t.Errorf("got %+v", s)
	}
	b.nest.bundle = filepath.Join(n.bundle, "missing")
	if err := b.write(); err == nil {
		t.Error("no error")
	}
}

func TestMountPoints(t *testing.T) {
	l, n, who := ownNest(t)
	must(t, n.make(who))
	for _, dir := range []string{"usr/bin", "opt", "etc", "root/private", "home/other/x", "proc/1", "workspace/x", "tmp/x", "extra/x"} {
		must(t, os.MkdirAll(filepath.Join(l.root, dir), 0o755))
	}
	write(t, "x", l.root, "etc", "passwd")
	write(t, "", l.root, ".dockerenv")
	must(t, os.Chmod(filepath.Join(l.root, "root"), 0o700))
	must(t, os.Symlink("usr/bin", filepath.Join(l.root, "bin")))
	image, err := mountPoints(l, n, who)
	must(t, err)
	var targets []string
	for _, e := range image {
		targets = append(targets, e.target)
		if e.source != filepath.Join(l.root, e.target) {
			t.Errorf("%s shown at %s", e.source, e.target)
		}
	}
	if want := []string{"/etc", "/extra", "/usr"}; !slices.Equal(targets, want) {
		t.Errorf("shown: %v, want %v", targets, want)
	}
	for _, dir := range []string{"usr", "opt", "root", "home/claude/.claude", "workspace", "proc", "run", "tmp"} {
		if !isDirectory(filepath.Join(n.root, dir)) {
			t.Errorf("no mount point %s", dir)
		}
	}
	for _, none := range []string{".dockerenv", "home/other", "root/private", "usr/bin"} {
		if _, err := os.Lstat(filepath.Join(n.root, none)); err == nil {
			t.Errorf("%s was made", none)
		}
	}
	if link, err := os.Readlink(filepath.Join(n.root, "bin")); err != nil || link != "usr/bin" {
		t.Errorf("bin links to %q, %v", link, err)
	}
	if _, err := mountPoints(l, n, who); err != nil {
		t.Errorf("a second time: %v", err)
	}
}

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func TestCopyFiles(t *testing.T) {
	from, to := t.TempDir(), t.TempDir()
	write(t, "dots", from, ".bashrc")
	must(t, os.Mkdir(filepath.Join(from, "folder"), 0o755))
	must(t, os.Symlink("/etc/passwd", filepath.Join(from, "link")))
	must(t, copyFiles(from, to))
	entries, err := os.ReadDir(to)
	if err != nil || len(entries) != 1 || read(t, to, ".bashrc") != "dots" {
		t.Errorf("copied %v, %v", entries, err)
	}
	must(t, copyFiles(filepath.Join(from, "missing"), to))
	if err := copyFiles(from, filepath.Join(to, "missing")); err == nil {
		t.Error("no error")
	}
}
