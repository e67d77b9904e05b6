package gitconfig

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// nobody but the user writes anywhere.
func nobody(string) (string, bool) { return "", false }

// loaded reads ~/.gitconfig below home.
func loaded(home string) *loader {
	l := &loader{home: home, decides: nobody}
	l.load(filepath.Join(home, ".gitconfig"))
	return l
}

// names joins keys and values in the order in which they are read.
func names(l *loader) string {
	var all []string
	for _, e := range l.entries {
		all = append(all, e.name+"="+e.value)
	}
	return strings.Join(all, " ")
}

func TestIncludes(t *testing.T) {
	cases := []struct {
		name     string
		contents map[string]string
		want     string
		warning  string
	}{
		{"at the place", map[string]string{".gitconfig": "[a]\nb=1\n[include]\npath=sub/x\n[a]\nb=3\n", "sub/x": "[a]\nb=2\n[include]\npath=y\n", "sub/y": "[c]\nd=e\n"}, "a.b=1 a.b=2 c.d=e a.b=3", ""},
		{"home", map[string]string{".gitconfig": "[include]\npath=~/x\n", "x": "[a]\nb=1\n"}, "a.b=1", ""},
		{"absolute", map[string]string{".gitconfig": "[include]\npath=HOME/x\n", "x": "[a]\nb=1\n"}, "a.b=1", ""},
		{"up", map[string]string{".gitconfig": "[include]\npath=s/x\n", "s/x": "[include]\npath=../y\n", "y": "[a]\nb=1\n"}, "a.b=1", ""},
		{"twice is fine", map[string]string{".gitconfig": "[include]\npath=x\npath=x\n", "x": "[a]\nb=1\n"}, "a.b=1 a.b=1", ""},
		{"missing", map[string]string{".gitconfig": "[include]\npath=x\n[a]\nb=1\n"}, "a.b=1", ""},
		{"empty", map[string]string{".gitconfig": "[include]\npath=\n[a]\nb=1\n"}, "a.b=1", ""},
		{"conditional", map[string]string{".gitconfig": "[includeIf \"gitdir:/\"]\npath=x\n", "x": "[a]\nb=1\n"}, "", ""},
		{"loop", map[string]string{".gitconfig": "[a]\nb=1\n[include]\npath=x\n", "x": "[include]\npath=.gitconfig\n[a]\nb=2\n"}, "a.b=1 a.b=2", "includes itself"},
		{"itself", map[string]string{".gitconfig": "[include]\npath=.gitconfig\n[a]\nb=1\n"}, "a.b=1", "includes itself"},
		{"another user", map[string]string{".gitconfig": "[include]\npath=~root/x\n[a]\nb=1\n"}, "a.b=1", `.gitconfig:2: the form "~root/x"`},
		{"prefix", map[string]string{".gitconfig": "[include]\npath=%(prefix)/x\n"}, "", "%(prefix)"},
		{"broken", map[string]string{".gitconfig": "[include]\npath=x\n[a]\nb=2\n", "x": "[a]\nb=1\n!\n"}, "a.b=1 a.b=2", "/x:3: not a key"},
		{"a folder", map[string]string{".gitconfig": "[include]\npath=x\n[a]\nb=1\n", "x/y": ""}, "a.b=1", "not a regular file"},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			l := loaded(files(t, tc.contents))
			if got := names(l); got != tc.want {
				t.Errorf("%q, want %q", got, tc.want)
			}
			if all := strings.Join(l.warnings, "\n"); (tc.warning == "") != (all == "") || !strings.Contains(all, tc.warning) || len(l.warnings) > 1 {
				t.Errorf("warnings %q, want %q", l.warnings, tc.warning)
			}
			if l.conditional != (tc.name == "conditional") {
				t.Errorf("conditional: %v", l.conditional)
			}
		})
	}
}

func TestIncludesAreLimited(t *testing.T) {
	chain := map[string]string{".gitconfig": "[include]\npath=f1\n"}
	for i := 1; i < 20; i++ {
		chain[fmt.Sprintf("f%d", i)] = fmt.Sprintf("[a]\nb=%d\n[include]\npath=f%d\n", i, i+1)
	}
	l := loaded(files(t, chain))
	if len(l.entries) != maxDepth || len(l.warnings) != 1 || !strings.Contains(l.warnings[0], "10 includes") {
		t.Errorf("deep: %d entries, %q", len(l.entries), l.warnings)
	}

	// Ten lines in each of six files would make a million reads.
	wide := map[string]string{".gitconfig": strings.Repeat("[include]\npath=f1\n", 10)}
	for i := 1; i < 6; i++ {
		wide[fmt.Sprintf("f%d", i)] = strings.Repeat(fmt.Sprintf("[include]\npath=f%d\n", i+1), 10)
	}
	wide["f6"] = "[a]\nb=1\n"
	l = loaded(files(t, wide))
	if len(l.entries) > maxFiles {
		t.Errorf("wide: %d entries", len(l.entries))
	}
	if len(l.warnings) != 1 {
		t.Errorf("wide: %d warnings", len(l.warnings))
	}
}

func TestFilesThatAreNone(t *testing.T) {
	for name, make := range map[string]func(path string) error{
		"fifo":   func(p string) error { return syscall.Mkfifo(p, 0o600) }, // would block for ever
		"device": func(p string) error { return os.Symlink("/dev/zero", p) },
		"folder": func(p string) error { return os.Mkdir(p, 0o700) },
		"circle": func(p string) error { return os.Symlink(p, p) },
	} {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			path := filepath.Join(home, ".gitconfig")
			if err := make(path); err != nil {
				t.Fatal(err)
			}
			l := loaded(home)
			if len(l.entries) != 0 || len(l.warnings) != 1 || !strings.Contains(l.warnings[0], path) {
				t.Errorf("%v, %q", l.entries, l.warnings)
			}
		})
	}
}

func TestLinkToAFileIsFollowed(t *testing.T) {
	home := files(t, map[string]string{"dotfiles/gitconfig": "[a]\nb=1\n[include]\npath=x\n", "x": "[c]\nd=e\n"})
	if err := os.Symlink("dotfiles/gitconfig", filepath.Join(home, ".gitconfig")); err != nil {
		t.Fatal(err)
	}
	if got := names(loaded(home)); got != "a.b=1 c.d=e" { // relative to the link, as git has it
		t.Error(got)
	}
}

// TestLoadLikeGit compares order, includes and the choice of files.
func TestLoadLikeGit(t *testing.T) {
	home := files(t, map[string]string{
		".gitconfig":         "[user]\nname=a\n[include]\npath=d/one\npath=~/two\npath=HOME/none\n[user]\nname=z\n",
		".config/git/config": "[user]\nname=x\n[include]\npath=more\n",
		".config/git/more":   "[core]\neol=lf\n",
		"d/one":              "[alias]\na=b\n[include]\npath=../d/three\n",
		"d/three":            "[alias]\nc=d\n",
		"two":                "[color \"diff\"]\nMeta=red bold\n",
	})
	l := loader{home: home, decides: nobody}
	for _, path := range at(home).paths() {
		l.load(path)
	}
	out, err := git(t, home, "config", "--list", "-z")
	if err != nil {
		t.Fatal(err)
	}
	want := slices.DeleteFunc(pairs(out), func(p pair) bool { return p.name == "include.path" })
	if !alike(ours(l.entries), want) || len(l.warnings) != 0 {
		t.Errorf("got %q\nwant %q\nwarnings %q", ours(l.entries), want, l.warnings)
	}
}

// What a session could have written is left out and told of, be it the file
// itself or one that it includes, in every mode.
func TestFilesThatASessionCouldWrite(t *testing.T) {
	home := files(t, map[string]string{
		".gitconfig": "[user]\nname=mine\n[include]\npath=theirs\n",
		"theirs":     "[alias]\nst=rm -r .\n",
	})
	t.Chdir(home)
	for _, theirs := range []string{"theirs", ".gitconfig"} {
		for _, mode := range []string{ModeSafe, ModeFull} {
			for _, named := range []string{"HOME/.gitconfig", ".gitconfig"} {
				env := at(home, "GIT_CONFIG_GLOBAL", named)
				env.Decides = func(path string) (string, bool) { return "/opened", path == filepath.Join(home, theirs) }
				content, warnings, err := Render(mode, env)
				if err != nil {
					t.Fatal(err)
				}
				if strings.Contains(content, "rm -r") || (theirs == ".gitconfig" && content != "") {
					t.Errorf("%s, %s of %s: %q", theirs, mode, named, content)
				}
				all := strings.Join(warnings, "\n")
				if mode == ModeFull && theirs == "theirs" {
					continue // it copies the file alone, not what that includes
				}
				if !strings.Contains(all, theirs) || !strings.Contains(all, "/opened") {
					t.Errorf("%s, %s of %s: warnings %q", theirs, mode, named, warnings)
				}
			}
		}
	}
}
