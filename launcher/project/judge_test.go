package project

import (
	"testing"
)

// bare is a judge over an empty file system: it knows names alone.
func bare(t *testing.T, goos, home string, own ...string) *judge {
	t.Helper()
	j, err := newJudge(Options{Home: home, Protected: own}, goos)
	if err != nil {
		t.Fatal(err)
	}
	j.disk = fakeDisk(nil, nil)
	return j
}

// fakeDisk has the given identities and symbolic links and nothing else.
func fakeDisk(ids map[string]uint64, links map[string]string) *disk {
	d := newDisk()
	d.stat = func(path string) (fileID, bool) {
		n, ok := ids[path]
		return fileID{inode: n}, ok
	}
	d.readlink = func(path string) (string, bool) {
		target, ok := links[path]
		return target, ok
	}
	return d
}

// verdict is what a test expects of a folder.
type verdict struct {
	path        string
	want        Reason
	overridable bool
}

func (v verdict) check(t *testing.T, j *judge) {
	t.Helper()
	e := j.refuse(v.path)
	switch {
	case e == nil && v.want != "":
		t.Errorf("%s accepted, want %s", v.path, v.want)
	case e != nil && (e.Reason != v.want || e.Overridable != v.overridable):
		t.Errorf("%s: %s, overridable %v; want %q, %v (%v)", v.path, e.Reason, e.Overridable, v.want, v.overridable, e)
	}
}

const never, flag = false, true

func TestRefusedOnLinux(t *testing.T) {
	j := bare(t, "linux", "/home/u", "/home/u/.config/dclaude", "/home/u/.local/state/dclaude", "/data/claude")
	for _, v := range []verdict{
		{"/", Root, never},
		{"/home/u", Home, never},
		{"/home", AboveHome, never},
		{"/home/other", OtherHome, flag},
		{"/root", OtherHome, flag},

		{"/home/u/.config/dclaude", Own, never},
		{"/home/u/.config/dclaude/x", Own, never},
		{"/home/u/.config", Own, never},
		{"/home/u/.local/state", Own, never},
		{"/data", Own, never},
		{"/data/claude/x", Own, never},

		{"/home/u/.ssh", Credentials, never},
		{"/home/u/.ssh/keys", Credentials, never},
		{"/home/u/.aws", Credentials, never},
		{"/home/u/.gnupg/x", Credentials, never},
		{"/home/u/.kube", Credentials, never},
		{"/home/u/.docker", Credentials, never},
		{"/home/u/.config/gcloud", Credentials, never},
		{"/home/u/.azure", Credentials, never},
		{"/home/u/.claude/skills", Credentials, never},
		{"/home/u/.password-store", Credentials, never},
		{"/home/u/.mozilla/firefox", Credentials, never},
		{"/home/u/.config/google-chrome/Default", Credentials, never},
		{"/home/u/.cargo", Credentials, never},
		{"/home/other/.ssh", Credentials, never},
		{"/root/.aws/x", Credentials, never},
		{"/etc/ssh", Credentials, never},
		{"/run/user/1000/doc", Credentials, never},
		{"/var/lib/docker/volumes/x", Credentials, never},
		{"/var/lib", Credentials, never},

		{"/home/u/.local/bin", Startup, flag},
		{"/home/u/.config/systemd/user", Startup, flag},

		{"/etc", System, never},
		{"/etc/nginx", System, flag},
		{"/bin", System, never},
		{"/sbin/x", System, flag},
		{"/lib", System, never},
		{"/lib64", System, never},
		{"/lib/modules", System, flag},
		{"/boot", System, never},
		{"/usr", System, never},
		{"/usr/local", System, flag},
		{"/usr/local/src", System, flag},
		{"/usr/src", System, flag},
		{"/dev", System, never},
		{"/dev/pts", System, never},
		{"/proc", System, never},
		{"/proc/1", System, never},
		{"/sys/fs", System, never},
		{"/run", System, never},
		{"/run/x", System, flag},
		{"/run/media/u", System, flag},
		{"/var", System, never},
		{"/var/cache/x", System, flag},
		{"/var/tmp", System, flag},
		{"/tmp", System, never},
		{"/mnt", System, never},
		{"/opt", System, never},
	} {
		v.check(t, j)
	}
}

func TestAcceptedOnLinux(t *testing.T) {
	j := bare(t, "linux", "/home/u", "/home/u/.config/dclaude")
	for _, path := range []string{
		"/home/u/p", "/home/u/src/deep/p", "/home/u/.config/nvim", "/home/u/.dotfiles", "/home/u/.sshx", "/home/u/.SSH",
		"/home/u/p/.ssh", "/home/u/p/.claude", "/home/u/.cargo/registry/src/x", "/home/u/go/src/x",
		"/home/other/p", "/root/p", "/tmp/x", "/tmp/x/y", "/var/tmp/x", "/var/www/site", "/var/folders/zz/h/T/x",
		"/usr/src/linux", "/usr/local/src/x", "/opt/x", "/srv/git", "/mnt/disk", "/media/u/disk", "/run/media/u/disk",
		"/dev/shm/x", "/data", "/work", "/etcetera", "/usrx", "/library", "/Library/x",
	} {
		verdict{path: path}.check(t, j)
	}
}

func TestRefusedOnMac(t *testing.T) {
	j := bare(t, "darwin", "/Users/u", "/Users/u/.config/dclaude")
	for _, v := range []verdict{
		{"/", Root, never},
		{"/System/Volumes/Data", Root, never},
		{"/System/Volumes", System, never},
		{"/Users/u", Home, never},
		{"/users/U", Home, never},
		{"/System/Volumes/Data/Users/u", Home, never},
		{"/Users", AboveHome, never},
		{"/System/Volumes/Data/Users", AboveHome, never},
		{"/Users/Shared", OtherHome, flag},
		{"/Users/u/.Config/DClaude", Own, never},
		{"/Users/u/.SSH", Credentials, never},
		{"/System/Volumes/Data/Users/u/.ssh/x", Credentials, never},
		{"/Users/other/.ssh", Credentials, never},
		{"/Users/u/Library", Credentials, never},
		{"/Users/u/library/keychains", Credentials, never},
		{"/Users/u/Library/Application Support/Google/Chrome", Credentials, never},
		{"/Users/u/Library/Application Support", Credentials, never},
		{"/Users/u/Library/Mobile Documents/com~apple~CloudDocs/p", Library, flag},
		{"/Library", System, never},
		{"/Library/Keychains", Credentials, never},
		{"/Library/Fonts", System, flag},
		{"/System/Library", System, flag},
		{"/applications", System, never},
		{"/Applications/X.app", System, flag},
		{"/private", System, never},
		{"/private/etc", System, never},
		{"/private/etc/x", System, flag},
		{"/PRIVATE/VAR/db", System, flag},
		{"/private/var", System, never},
		{"/private/tmp", System, never},
		{"/private/x", System, flag},
		{"/private/var/folders/zz/h/T", System, flag},
		{"/private/var/root/.ssh", Credentials, never},
		{"/Volumes", System, never},
		{"/opt/homebrew", System, flag},
		{"/opt/homebrew/bin", System, flag},
		{"/.vol/1/2", System, never},
	} {
		v.check(t, j)
	}
}

func TestAcceptedOnMac(t *testing.T) {
	j := bare(t, "darwin", "/Users/u")
	for _, path := range []string{
		"/Users/u/p", "/Users/u/Projects/My App", "/Users/Shared/p", "/private/tmp/x", "/tmp/x", "/private/var/tmp/x",
		"/private/var/folders/zz/hash/T/x", "/var/folders/zz/hash/T/x", "/Volumes/Disk", "/Volumes/Disk/p", "/opt/x",
		"/System/Volumes/Data/Users/u/p", "/System/Volumes/Data/private/tmp/x", "/usr/local/src/x", "/srv",
	} {
		verdict{path: path}.check(t, j)
	}
}

func TestUnusualHomes(t *testing.T) {
	for _, tt := range []struct {
		home string
		verdict
	}{
		{"/root", verdict{"/root", Home, never}},
		{"/root", verdict{"/root/p", "", never}},
		{"/root", verdict{"/root/.ssh", Credentials, never}},
		{"/root", verdict{"/home/alice", OtherHome, flag}},
		{"/root", verdict{"/home", System, never}},
		{"/var/home/u", verdict{"/var/home/u/p", "", never}},
		{"/var/home/u", verdict{"/var/home", AboveHome, never}},
		{"/var/lib/jenkins", verdict{"/var/lib/jenkins/workspace/p", "", never}},
		{"/var/lib/jenkins", verdict{"/var/lib/other", System, flag}},
		{"/var", verdict{"/var/lib/x", System, flag}},
		{"/usr/games", verdict{"/usr/games/x", System, flag}},
		{"/", verdict{"/", Root, never}},
		{"/", verdict{"/p", "", never}},
		{"/", verdict{"/.ssh", Credentials, never}},
		{"/", verdict{"/etc/x", System, flag}},
		{"/tmp/fake", verdict{"/home/u/.ssh", Credentials, never}},
	} {
		t.Run(tt.home, func(t *testing.T) { tt.check(t, bare(t, "linux", tt.home)) })
	}
}

func TestOtherHomeWithKeys(t *testing.T) {
	j := bare(t, "linux", "/root")
	j.allow = true
	verdict{path: "/home/alice"}.check(t, j)
	j.disk = fakeDisk(map[string]uint64{"/home/alice/.ssh": 7}, nil)
	verdict{"/home/alice", Credentials, never}.check(t, j)
}

func TestHomeIsNeeded(t *testing.T) {
	for _, home := range []string{"", "home", "."} {
		_, err := Resolve("/tmp", Options{Home: home})
		if reasonOf(err) != NoHome || hintOf(err) == "" {
			t.Errorf("home %q: %v", home, err)
		}
	}
}

func TestRelativeProtectedPlaces(t *testing.T) {
	home, outside := tree(t)
	mkdir(t, outside+"/state")
	t.Chdir(outside)
	if _, err := Resolve("state", Options{Home: home, Protected: []string{"state"}}); reasonOf(err) != Own {
		t.Errorf("relative protected folder: %v", err)
	}
}
