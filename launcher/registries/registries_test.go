package registries

import (
	"errors"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
)

func TestParse(t *testing.T) {
	got := Parse([]byte(`npm https://packages.example/
npm https://packages.example/again
npm https://u:hush@private.example:8443/npm/
apt http://mirror.example/debian
go https://proxy.example
npm undefined
npm file:///etc
NPM https://x.example
 pip  https://
pip https://[2001:db8::1]:8080/simple
pip https://bad host/
npm https://*/
npm https://*:8443/
just a line
`))
	want := []Source{
		{"npm", "packages.example"}, {"npm", "private.example:8443"}, {"apt", "mirror.example"}, {"go", "proxy.example"}, {"pip", "[2001:db8::1]:8080"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v", got)
	}
	if rules := Rules(append(got, Source{"x", "proxy.example"})); len(rules) != len(want) {
		t.Errorf("%v", rules)
	}
	if p := Presets(got); !slices.Equal(p["@npm"], []string{"packages.example", "private.example:8443"}) || len(p) != 4 {
		t.Errorf("%v", p)
	}
}

func TestHome(t *testing.T) {
	home := t.TempDir()
	write := func(name, text string) {
		t.Helper()
		path := filepath.Join(home, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	nobody := func(string) (string, bool) { return "", false }
	if got, warnings := Home(home, func(string) (string, bool) { return "/x", true }); len(got)+len(warnings) != 0 {
		t.Errorf("nothing there: %v, %q", got, warnings)
	}
	write(".npmrc", "registry=https://npm.example/x/\n@mine:registry = http://scoped.example:4873\n//npm.example/:_authToken=hush\n# registry=https://comment.example\nproxy=http://other.example\n")
	write(".yarnrc.yml", "npmRegistryServer: \"https://yarn.example\"\n")
	write(".config/pip/pip.conf", "[global]\nindex-url = https://user:hush@pip.example/simple\nextra-index-url =\n    https://extra1.example/simple\n    https://extra2.example/simple\ntrusted-host = https://not.example\n")
	write(".config/go/env", "GOPROXY=https://go1.example,https://go2.example|direct\nGOFLAGS=-x=https://flag.example\n")
	write(".cargo/config.toml", "[registries.mine]\nindex = \"sparse+https://cargo.example/index/\"\n")
	write(".gemrc", ":sources:\n- https://gem.example\n:other: https://not.example\n")
	write("Library/Application Support/pip/pip.conf/x", "a folder in the way")
	var got []string
	sources, warnings := Home(home, nobody)
	if len(warnings) != 0 {
		t.Errorf("%q", warnings)
	}
	for _, s := range sources {
		got = append(got, s.Tool+" "+s.Rule)
	}
	want := []string{
		"npm npm.example", "npm scoped.example:4873", "npm yarn.example", "pip pip.example", "pip extra1.example", "pip extra2.example",
		"go go1.example", "go go2.example", "cargo cargo.example", "gem gem.example",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}

// A file that a session could have written names nothing, and the user hears of
// it.
func TestHomeThatASessionCouldWrite(t *testing.T) {
	home := t.TempDir()
	theirs := filepath.Join(home, ".npmrc")
	for path, text := range map[string]string{theirs: "registry=https://drop.evil.example\n", filepath.Join(home, ".yarnrc.yml"): "npmRegistryServer: https://yarn.example\n"} {
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	got, warnings := Home(home, func(path string) (string, bool) { return "/opened", path == theirs })
	if !slices.Equal(got, []Source{{"npm", "yarn.example"}}) {
		t.Errorf("%v", got)
	}
	if len(warnings) != 1 || !strings.Contains(warnings[0], theirs) || !strings.Contains(warnings[0], "/opened") {
		t.Errorf("%q", warnings)
	}
}

// Without O_NONBLOCK this would wait for somebody to write, for ever.
func TestConfigThatIsAFifo(t *testing.T) {
	path := filepath.Join(t.TempDir(), ".npmrc")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := readConfig(path); !errors.Is(err, os.ErrInvalid) {
		t.Error(err)
	}
}

func FuzzAddresses(f *testing.F) {
	f.Add("registry=https://u:p@a.example/x", true)
	f.Add("extra-index-url =\n  https://a.example", false)
	f.Fuzz(func(t *testing.T, text string, npm bool) {
		keys := pipKeys
		if npm {
			keys = npmKeys
		}
		for _, a := range addresses([]byte(text), keys) {
			if rule, ok := ruleOf(a); ok && strings.ContainsAny(rule, "@/ ") {
				t.Errorf("%q became %q", a, rule)
			}
		}
	})
}
