package lab

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

func TestParseOneLine(t *testing.T) {
	tests := map[string]struct {
		text string
		want []source
	}{
		"plain": {"deb http://m.example/debian bookworm main contrib",
			[]source{{"http://m.example/debian", "bookworm", []string{"main", "contrib"}}}},
		"options": {"deb [arch=amd64 signed-by=/k.gpg] https://m.example/d bookworm main # why",
			[]source{{"https://m.example/d", "bookworm", []string{"main"}}}},
		"option in one word": {"deb [trusted=yes] http://m.example x main",
			[]source{{"http://m.example", "x", []string{"main"}}}},
		"source packages, comments and blanks": {"deb-src http://m.example x main\n# deb http://m.example y main\n\n", nil},
		"options without an end":               {"deb [arch=amd64 http://m.example x main", nil},
		"too short":                            {"deb http://m.example x/", nil},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			if got := parseOneLine(test.text); !reflect.DeepEqual(got, test.want) {
				t.Errorf("got %v, want %v", got, test.want)
			}
		})
	}
}

func TestParseDeb822(t *testing.T) {
	const text = `Types: deb deb-src
# a comment inside
URIs: http://m.example/debian
Suites: bookworm
 bookworm-updates
Components: main
Signed-By: /k.gpg

Types: deb
Enabled: no
URIs: http://off.example
Suites: bookworm
Components: main

Types: deb-src
URIs: http://src.example
Suites: bookworm
Components: main
`
	want := []source{
		{"http://m.example/debian", "bookworm", []string{"main"}},
		{"http://m.example/debian", "bookworm-updates", []string{"main"}},
	}
	if got := parseDeb822(text); !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestHostSourcesReadsBothFormats(t *testing.T) {
	dir := t.TempDir()
	write(t, filepath.Join(dir, "sources.list"), "deb http://a.example x main\n")
	write(t, filepath.Join(dir, "sources.list.d", "b.list"), "deb http://b.example x main\n")
	write(t, filepath.Join(dir, "sources.list.d", "c.sources"), "Types: deb\nURIs: http://c.example\nSuites: x\nComponents: main\n")
	write(t, filepath.Join(dir, "sources.list.d", "d.sources.disabled"), "Types: deb\nURIs: http://d.example\nSuites: x\nComponents: main\n")
	got, err := hostSources(dir)
	if err != nil {
		t.Fatal(err)
	}
	var uris []string
	for _, s := range got {
		uris = append(uris, s.uri)
	}
	if want := "http://a.example http://b.example http://c.example"; strings.Join(uris, " ") != want {
		t.Errorf("uris = %v, want %s", uris, want)
	}
	if got, err := hostSources(filepath.Join(dir, "nothing here")); err != nil || got != nil {
		t.Errorf("of a machine without apt: %v, %v", got, err)
	}
}

func TestForBase(t *testing.T) {
	main := []string{"main", "contrib"}
	sources := []source{
		{"http://m.example/debian", "trixie", main},
		{"http://m.example/debian", "trixie", main}, // named twice
		{"http://m.example/debian", "trixie-updates", main},
		{"http://s.example/debian-security", "trixie-security", main},
		{"http://m.example/debian", "trixie-backports", main},
		{"http://m.example/debian", "trixie", []string{"contrib"}},
		{"http://vendor.example/repo", "nodistro", main},
		{"file:/srv/repo", "trixie", main},
	}
	got := forBase(sources, "trixie", "bookworm")
	want := "deb http://m.example/debian bookworm main\n" +
		"deb http://m.example/debian bookworm-updates main\n" +
		"deb http://s.example/debian-security bookworm-security main\n"
	if text := renderSources(got); text != want {
		t.Errorf("got\n%swant\n%s", text, want)
	}
	if from := mirror(got, "bookworm"); from != "http://m.example/debian" {
		t.Errorf("mirror = %q", from)
	}
	if got := forBase(sources, "", "bookworm"); got != nil {
		t.Errorf("another distribution's sources were taken for Debian's: %v", got)
	}
	if from := mirror(nil, "bookworm"); from != "" {
		t.Errorf("mirror of nothing = %q", from)
	}
}

func TestHostRelease(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"debian": {"NAME=\"Debian\"\nID=debian\nVERSION_CODENAME=bookworm\n", "bookworm"},
		"quoted": {"ID=\"debian\"\nVERSION_CODENAME='trixie'\n", "trixie"},
		"ubuntu": {"ID=ubuntu\nID_LIKE=debian\nVERSION_CODENAME=noble\n", ""},
		"empty":  {"", ""},
	}
	for name, test := range tests {
		if got := hostRelease(test.text); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
	}
}

func TestAptOptions(t *testing.T) {
	const dump = `APT "";
Acquire::http::Proxy "http://proxy.example:3128";
Acquire::https::Proxy "http://user:secret@proxy.example:3128";
Acquire::Check-Valid-Until "false";
Acquire::Languages "none";
`
	want := "Acquire::http::Proxy \"http://proxy.example:3128\";\nAcquire::Check-Valid-Until \"false\";\n"
	if got := aptOptions(dump); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
}

// FuzzSources looks for sources that do not survive being written down.
func FuzzSources(f *testing.F) {
	f.Add("deb [a=b] http://m.example x main")
	f.Add("Types: deb\nURIs: http://m.example\nSuites: x y\nComponents: main\n\n continued")
	f.Fuzz(func(t *testing.T, text string) {
		for _, s := range parseOneLine(text) {
			if len(s.components) == 0 || s.uri == "" || s.suite == "" {
				t.Errorf("half a source: %+v", s)
			}
		}
		got := parseDeb822(text)
		for _, s := range forBase(got, "x", "bookworm") {
			if again := parseOneLine(renderSources([]source{s})); !strings.Contains(s.uri, "#") && !reflect.DeepEqual(again, []source{s}) {
				t.Errorf("%+v came back as %+v", s, again)
			}
		}
	})
}

// write makes a file and the folders above it.
func write(t *testing.T, path, text string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}
