package nested

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// One session for all that can be seen from within it without harm.
func TestInside(t *testing.T) {
	s := create(t, options{}, "sleep", "1000").start()
	t.Run("kernel", func(t *testing.T) {
		contains(t, "/proc/version", s.shell("cat /proc/version"), "gvisor")
		contains(t, "dmesg", s.shell("dmesg"), "gVisor")
		contains(t, "kernel", s.docker(nil, "exec", "--user", "0:0", s.name, "/usr/local/bin/dclaude-guest", "kernel").out, "gvisor")
	})
	t.Run("user", func(t *testing.T) {
		if got, want := s.shell("id -u; id -g; id -un; whoami; id -G"), "4321\n8765\nclaude\nclaude\n8765"; got != want {
			t.Errorf("got %q, want %q", got, want)
		}
		got := s.shell("grep -E 'Cap|NoNewPrivs' /proc/self/status; cd ~; pwd; echo $XDG_RUNTIME_DIR; stat -c %a:%u $XDG_RUNTIME_DIR")
		contains(t, "status", got, "CapPrm:\t0000000000000000", "CapEff:\t0000000000000000", "CapBnd:\t0000000000000000", "/home/claude", "/run/user/4321", "700:4321")
	})
	t.Run("host names", func(t *testing.T) {
		contains(t, "names", s.shell("hostname; cat /etc/hostname /etc/hosts"), "demo\ndemo\n", "localhost")
		if got, want := s.shell("cat /etc/resolv.conf"), strings.TrimSpace(s.outside("cat /etc/resolv.conf")); got != want {
			t.Errorf("resolv.conf: %q, want the container's %q", got, want)
		}
	})
	t.Run("files the init stages", func(t *testing.T) {
		contains(t, "git identity", s.shell("cat ~/.gitconfig"), "Ada Lovelace", "directory = /workspace")
		contains(t, "host's git configuration", s.shell("cat /tmp/host-gitconfig; stat -c %a /tmp/host-gitconfig"), "Ada Lovelace", "444")
		contains(t, "managed settings", s.shell("cat /etc/claude-code/managed-settings.json"), `{"managed":true}`)
		for _, path := range []string{"/tmp/host-gitconfig", "/etc/claude-code/managed-settings.json", "/etc/passwd"} {
			if r := s.exec(nil, "sh", "-c", "echo x >"+path+" || rm "+path+" || mv "+path+" /tmp/moved"); r.code == 0 {
				t.Errorf("%s can be changed", path)
			}
		}
		contains(t, "dotfiles", s.shell("ls -A ~"), ".bashrc", ".profile", ".claude")
	})
	t.Run("credentials", func(t *testing.T) {
		contains(t, "file", s.shell("cd ~/.claude; stat -c %a:%u:%g .credentials.json; cat .credentials.json"), "600:4321:8765", token)
		credentialsNowhereElse(t, s)
	})
	t.Run("what can be written", func(t *testing.T) {
		s.shell("for d in /workspace ~ ~/.claude /tmp /var/tmp /dev/shm $XDG_RUNTIME_DIR; do touch $d/w || exit 1; rm $d/w; done")
		for _, dir := range []string{"/", "/usr", "/usr/local/bin", "/etc", "/run", "/opt", "/home", "/var", "/sys", "/proc/sys/kernel"} {
			if r := s.exec(nil, "touch", filepath.Join(dir, "w")); r.code == 0 {
				t.Errorf("%s can be written", dir)
			}
		}
		contains(t, "/run", s.shell("ls -A /run"), "user")
		if got := s.shell("ls -A /run /run/user"); strings.Contains(got, "dclaude") {
			t.Errorf("the container's /run shows: %s", got)
		}
	})
	t.Run("project", func(t *testing.T) { projectIsShared(t, s) })
}

// A secret must be in the session's own file alone: not in the container's
// other files, not in what the engine knows, not in any argument.
func credentialsNowhereElse(t *testing.T, s *session) {
	pattern := token[:len(token)-1] + "[" + token[len(token)-1:] + "]" // which does not match itself
	if got := s.outside("grep -rl '" + pattern + "' /run /tmp /etc /home /root /var /workspace 2>/dev/null"); got != "" {
		t.Errorf("the token is in %s", got)
	}
	if got := s.outside("cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\n' | grep '" + pattern + "'"); got != "" {
		t.Errorf("the token is in an argument or an environment: %s", got)
	}
	if got := s.env.Docker("inspect", s.name); strings.Contains(got, token) {
		t.Error("the engine shows the token")
	}
	for line := range strings.Lines(s.env.Docker("diff", s.name)) {
		// The engine makes mount points there, and nothing else is.
		if path := strings.TrimSpace(line[2:]); strings.HasPrefix(path, "/tmp/") || strings.Count(path, "/") > 2 && strings.HasPrefix(path, "/run/") {
			t.Errorf("written to the container's layer: %s", line)
		}
	}
}

// Both sides see what the other does to the project at once, and the files
// belong to the user.
func projectIsShared(t *testing.T, s *session) {
	s.shell("echo inside >made; mkdir -p folder; ln -s made link; printf '#!/bin/sh\necho ran\n' >script; chmod 755 script; ./script")
	for _, name := range []string{"made", "folder", "link", "script"} {
		info, err := os.Lstat(filepath.Join(s.project, name))
		must(t, err)
		if st := info.Sys().(*syscall.Stat_t); int(st.Uid) != s.uid || int(st.Gid) != s.gid {
			t.Errorf("%s belongs to %d:%d", name, st.Uid, st.Gid)
		}
	}
	edited := filepath.Join(s.project, "edited")
	for i := range 5 {
		want := strconv.Itoa(i)
		must(t, os.WriteFile(edited, []byte(want), 0o644))
		if got := s.shell("cat edited"); got != want {
			t.Errorf("the session reads %q after the host wrote %q", got, want)
		}
		must(t, os.WriteFile(edited+".new", []byte("new "+want), 0o644))
		must(t, os.Rename(edited+".new", edited))
		if got := s.shell("cat edited; if test -e edited.new; then echo stale; fi"); got != "new "+want {
			t.Errorf("the session reads %q after the host renamed a file over it", got)
		}
		s.shell("echo back" + want + " >answer")
		if b, err := os.ReadFile(filepath.Join(s.project, "answer")); err != nil || string(b) != "back"+want+"\n" {
			t.Errorf("the host reads %q, %v", b, err)
		}
	}
	must(t, os.Remove(edited))
	if r := s.exec(nil, "cat", "edited"); r.code == 0 {
		t.Error("the session still reads a file that the host removed")
	}
}

// What the engine shows of the container.
func TestOutside(t *testing.T) {
	s := create(t, options{}, "sleep", "1000").start()
	if got := s.inspect("{{.HostConfig.CapAdd}} {{.HostConfig.CapDrop}} {{.HostConfig.Privileged}} {{.HostConfig.ReadonlyRootfs}}"); !strings.Contains(got, "CHOWN") || strings.Count(got, " ") != 6 || !strings.HasSuffix(got, "[ALL] false true") || strings.Contains(got, "ADMIN") {
		t.Errorf("capabilities: %s", got)
	}
	// Every process of the sandbox is nobody here, and in a user namespace of
	// its own; the relay holds the four capabilities and no more.
	own := strings.TrimSpace(s.outside("readlink /proc/self/ns/user"))
	got := s.outside(`for p in /proc/[0-9]*; do echo "$(readlink $p/ns/user) $(grep -E '^(Uid|CapEff|NoNewPrivs|Seccomp):' $p/status | cut -f2 | tr '\n' ' ') $(tr '\0' ' ' <$p/cmdline)"; done`)
	relays, sandboxed := 0, 0
	for line := range strings.Lines(got) {
		switch {
		case strings.HasPrefix(line, own) && strings.Contains(line, "dclaude-guest session"):
			relays++
			contains(t, "relay", line, " 0 00000000000400c1 1 2 ")
		case strings.Contains(line, " 65534 "):
			sandboxed++
			if strings.HasPrefix(line, own) {
				t.Errorf("in the container's user namespace: %s", line)
			}
			contains(t, "sandbox", line, " 1 2 ") // no new privileges, a filter
		case strings.Contains(line, "runsc"):
			t.Errorf("a process of the sandbox that is not nobody: %s", line)
		}
	}
	if relays != 1 || sandboxed < 4 {
		t.Errorf("%d relays and %d processes of the sandbox in:\n%s", relays, sandboxed, got)
	}
}

// A folder of root's: the session is not root for that, and its files are.
func TestFolderOfRoot(t *testing.T) {
	s := create(t, options{root: true, caps: []string{"SETFCAP"}}, "sleep", "1000").start()
	contains(t, "user", s.shell("id -u; id -un; touch made; stat -c %u:%g made ~ ~/.claude/.credentials.json"), "501\nclaude\n501:20\n501:20\n501:20")
	info, err := os.Stat(filepath.Join(s.project, "made"))
	must(t, err)
	if st := info.Sys().(*syscall.Stat_t); st.Uid != 0 || st.Gid != 0 {
		t.Errorf("the file belongs to %d:%d", st.Uid, st.Gid)
	}
	r := create(t, options{root: true}, "true").run(nil)
	if r.code != 125 {
		t.Errorf("without the capability: %+v", r)
	}
	contains(t, "message", r.err, "SETFCAP")
}
