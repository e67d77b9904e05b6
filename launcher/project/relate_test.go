package project

import (
	"path/filepath"
	"testing"
)

// The same folder by another name, on a real file system.
func TestLinksToProtectedPlaces(t *testing.T) {
	home, outside := tree(t, ".ssh/keys", "state", "src/p")
	symlink(t, filepath.Join(home, ".ssh"), filepath.Join(home, "src/innocent"))
	symlink(t, home, filepath.Join(outside, "to-home"))
	symlink(t, filepath.Dir(home), filepath.Join(outside, "above"))
	symlink(t, "/", filepath.Join(outside, "top"))
	symlink(t, "/etc", filepath.Join(outside, "etc"))
	opts := Options{Home: home, Protected: []string{filepath.Join(home, "state")}}
	for path, want := range map[string]Reason{
		home + "/src/innocent":         Credentials,
		home + "/src/innocent/keys":    Credentials,
		outside + "/to-home":           Home,
		outside + "/to-home/.ssh":      Credentials,
		outside + "/to-home/state":     Own,
		outside + "/to-home/src/p/../": "",
		outside + "/to-home/src/..":    Home,
		outside + "/above":             AboveHome,
		outside + "/top":               Root,
		outside + "/etc":               System,
		"/proc/self/root":              Root,
	} {
		if _, err := Resolve(path, opts); reasonOf(err) != want {
			if path == "/proc/self/root" && reasonOf(err) == NotFound {
				continue // no /proc on a Mac
			}
			t.Errorf("%s: %v, want %q", path, err, want)
		}
	}
}

// Home, protected places and their parents may be links themselves.
func TestProtectedPlacesThatAreLinks(t *testing.T) {
	home, outside := tree(t, "dotfiles/ssh", "dotfiles/config/gcloud", "hop/x", "p")
	symlink(t, "dotfiles/ssh", filepath.Join(home, ".ssh"))
	symlink(t, filepath.Join(home, "dotfiles/config"), filepath.Join(home, ".config"))
	symlink(t, "hop/docker", filepath.Join(home, ".docker"))
	symlink(t, filepath.Join(outside, "engine"), filepath.Join(home, "hop/docker"))
	linked := filepath.Join(outside, "home-link")
	symlink(t, home, linked)
	// What does not exist yet, .docker, would be made outside.
	if _, err := Resolve(outside, Options{Home: home}); reasonOf(err) != Credentials {
		t.Errorf("around a place to be: %v", err)
	}
	if _, err := Resolve(outside, Options{Home: linked}); reasonOf(err) != AboveHome {
		t.Errorf("around a link to home: %v", err)
	}
	for _, h := range []string{home, linked} {
		for path, want := range map[string]Reason{
			"":                        Home,
			"dotfiles/ssh":            Credentials,
			"dotfiles":                Credentials,
			"dotfiles/config/gcloud":  Credentials,
			"dotfiles/config":         Credentials,
			".config/gcloud":          Credentials,
			"hop":                     Credentials, // could redirect .docker
			"hop/x":                   "",
			"p":                       "",
			"../outside/home-link/p/": "",
		} {
			_, err := Resolve(filepath.Join(home, path), Options{Home: h})
			if reasonOf(err) != want {
				t.Errorf("home %s: %s: %v, want %q", h, path, err, want)
			}
		}
	}
}

// Bind mounts and firmlinks: no link to follow, only the identity tells.
func TestSameIdentityElsewhere(t *testing.T) {
	for _, tt := range []struct {
		name string
		ids  map[string]uint64
		verdict
	}{
		{"root", map[string]uint64{"/": 1, "/mnt/host": 1}, verdict{"/mnt/host", Root, never}},
		{"home", map[string]uint64{"/home/u": 5, "/mnt/h": 5}, verdict{"/mnt/h", Home, never}},
		{"above home", map[string]uint64{"/home": 4, "/mnt/h": 4}, verdict{"/mnt/h", AboveHome, never}},
		{"keys", map[string]uint64{"/home/u/.ssh": 6, "/mnt/k": 6}, verdict{"/mnt/k", Credentials, never}},
		{"in keys", map[string]uint64{"/home/u/.ssh": 6, "/mnt/k": 6}, verdict{"/mnt/k/x", Credentials, never}},
		{"around keys", map[string]uint64{"/home/u/.config": 6, "/mnt/k": 6}, verdict{"/mnt/k", Credentials, never}},
		{"system", map[string]uint64{"/etc": 8, "/mnt/e": 8}, verdict{"/mnt/e", System, never}},
		{"in system", map[string]uint64{"/etc": 8, "/mnt/e": 8}, verdict{"/mnt/e/x", System, flag}},
		{"working area", map[string]uint64{"/var": 8, "/mnt/v": 8}, verdict{"/mnt/v/tmp/x", "", never}},
		{"in /tmp", map[string]uint64{"/tmp": 8, "/mnt/t": 8}, verdict{"/mnt/t/x", "", never}},
		{"/tmp", map[string]uint64{"/tmp": 8, "/mnt/t": 8}, verdict{"/mnt/t", System, never}},
		{"a project", map[string]uint64{"/home/u/p": 9, "/mnt/p": 9}, verdict{"/mnt/p", "", never}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			j := bare(t, "linux", "/home/u")
			j.disk = fakeDisk(tt.ids, nil)
			tt.check(t, j)
		})
	}
}

// Where /home is a link to /var/home, what is in a home has a link above it.
func TestLinkAboveHome(t *testing.T) {
	j := bare(t, "linux", "/home/u")
	j.disk = fakeDisk(
		map[string]uint64{"/home": 3, "/var/home": 3, "/var/home/u": 4, "/home/u": 4, "/var/home/u/p": 5, "/": 1, "/var": 2},
		map[string]string{"/home": "var/home"},
	)
	verdict{path: "/var/home/u/p"}.check(t, j)
	verdict{"/var/home/u", Home, never}.check(t, j)
	verdict{"/var/home/u/.ssh", Credentials, never}.check(t, j)
	verdict{"/var/home", AboveHome, never}.check(t, j)
	verdict{"/var/home/v", System, flag}.check(t, j)
}

func TestTrailEnds(t *testing.T) {
	d := fakeDisk(nil, map[string]string{"/a": "/a", "/b": "c/../d", "/up": "../../x"})
	for path, want := range map[string]string{
		"/": "/", "/x/y": "/x/y", "/b/e": "/d/e", "/up": "/x", "/a/b": "/a/b",
	} {
		if _, end := d.trail(path); end != want {
			t.Errorf("trail(%q) ends at %q, want %q", path, end, want)
		}
	}
}
