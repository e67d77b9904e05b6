package config

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
)

// failure returns the Errors behind err.
func failure(t *testing.T, err error) Errors {
	t.Helper()
	var e Errors
	if !errors.As(err, &e) {
		t.Fatalf("%v is no Errors", err)
	}
	return e
}

func TestPrecedence(t *testing.T) {
	file := settingsFile(t, "isolation = \"nested\"\nallow = [\"a.example\", \"b.example\"]\npids = 100\n")
	environ := []string{"DCLAUDE_ISOLATION=runsc", "DCLAUDE_ALLOW=c.example\nd.example", "OTHER=1"}
	flags := map[string][]string{"isolation": {"runc"}, "allow": {"e.example"}}
	for _, tt := range []struct {
		from      Sources
		isolation string
		allow     []string
		kind      OriginKind
	}{
		{Sources{}, "auto", nil, FromDefault},
		{Sources{File: file}, "nested", []string{"a.example", "b.example"}, FromFile},
		{Sources{File: file, Environ: environ}, "runsc", []string{"c.example", "d.example"}, FromEnvironment},
		{Sources{File: file, Environ: environ, Flags: flags}, "runc", []string{"e.example"}, FromFlag},
		{Sources{File: file, Flags: flags}, "runc", []string{"e.example"}, FromFlag},
	} {
		l, err := Load(tt.from)
		if err != nil {
			t.Fatal(err)
		}
		s := l.Settings
		if s.Isolation != tt.isolation || !slices.Equal(s.Allow, tt.allow) || l.Origins["isolation"].Kind != tt.kind {
			t.Errorf("%+v: %s, %q, %+v", tt.from, s.Isolation, s.Allow, l.Origins["isolation"])
		}
		if want := tt.from.File != ""; (s.Pids == 100) != want {
			t.Errorf("%+v: pids %d", tt.from, s.Pids)
		}
	}
}

func TestEmptyVariableIsUnset(t *testing.T) {
	file := settingsFile(t, "isolation = \"nested\"\nallow = [\"a.example\"]\n")
	l, err := Load(Sources{File: file, Environ: []string{"DCLAUDE_ISOLATION=", "DCLAUDE_ALLOW=\n\n", "DCLAUDE_NO_SUCH="}})
	if err != nil {
		t.Fatal(err)
	}
	if l.Settings.Isolation != "nested" || len(l.Settings.Allow) != 1 || len(l.Warnings) > 0 {
		t.Errorf("%+v", l)
	}
}

func TestLastFlagAndFirstVariableCount(t *testing.T) {
	l, err := Load(Sources{
		Environ: []string{"DCLAUDE_STATE=shared", "DCLAUDE_STATE=project"},
		Flags:   map[string][]string{"pids": {"bad", "64"}, "rebuild": {"true", "false"}, "review": {}},
	})
	if err != nil || l.Settings.State != "shared" || l.Settings.Pids != 64 || l.Settings.Rebuild {
		t.Errorf("%+v, %v", l.Settings, err)
	}
	if l.Origins["review"].Kind != FromDefault {
		t.Errorf("a flag without values: %+v", l.Origins["review"])
	}
}

func TestListsKeepTheLastOfAKind(t *testing.T) {
	l, err := Load(Sources{Flags: map[string][]string{
		"env":   {"A=1", "B=2", "A=3"},
		"allow": {"Example.COM", "b.example", "example.com"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{"B=2", "A=3"}; !reflect.DeepEqual(l.Settings.Env, want) {
		t.Errorf("env %q", l.Settings.Env)
	}
	if want := []string{"b.example", "example.com"}; !reflect.DeepEqual(l.Settings.Allow, want) {
		t.Errorf("allow %q", l.Settings.Allow)
	}
}

// Everything that is wrong comes at once: the file in its order, then the
// variables, then the flags.
func TestAllProblemsAtOnce(t *testing.T) {
	file := settingsFile(t, `# settings
isolatoin = "gvisor"
network = "opne"
allow = ["ok.example", "https://bad.example", 7]
memory = true

[credentials]
source = "hots"
pids = 5

[unknown]
what = "ever"
`)
	l, err := Load(Sources{
		File:    file,
		Environ: []string{"DCLAUDE_CPUS=many", "DCLAUDE_ENV=A=1\nGITHUB_TOKEN=hush", "DCLAUDE_NETWROK=none"},
		Flags:   map[string][]string{"pids": {"7"}, "no-such": {"x"}},
	})
	if !reflect.DeepEqual(l.Settings, Settings{}) || len(l.Warnings) != 1 {
		t.Errorf("settings in spite of problems: %+v", l)
	}
	want := strings.ReplaceAll(`12 problems in the settings:
  FILE:2:1: isolatoin: unknown key; did you mean isolation?
  FILE:3:11: network: "opne" is not one of allowlist, open, none; did you mean open?
  FILE:4:24: allow: "https://bad.example": it is a URL; a rule is about a host (at character 6)
  FILE:4:47: allow: must be a list of texts
  FILE:5:10: memory: must be a number of bytes, or a text such as "4g"
  FILE:8:10: credentials.source: "hots" is not one of host, copy, sandbox, token, api-key; did you mean host?
  FILE:9:1: credentials.pids: unknown key; did you mean pids, above the first [table]?
  FILE:11:2: unknown: unknown table
  DCLAUDE_ENV (number 2): env: GITHUB_TOKEN is refused: it carries a secret, and an environment is no place for one
  DCLAUDE_CPUS: cpus: "many" is not a number of processors
  --pids: pids: 7 is not a limit that a session can have: use 0 for the engine's, or 32 to 4194304
  --no-such: unknown flag`, "FILE", file)
	if err == nil || err.Error() != want {
		t.Errorf("got:\n%v\nwant:\n%s", err, want)
	}
	hint := failure(t, err).Hint()
	wantHint := "write HOST, HOST:PORT, *.HOST, an address or a range of addresses (10.1.2.3:8080, 10.1.2.0/24), or tcp:HOST:PORT for another protocol than the web's\n" + `write allow = ["...", "..."]` + "\n" + safeWay + "\nwrite a number such as 2 or 1.5"
	if hint != wantHint {
		t.Errorf("hint:\n%s\nwant:\n%s", hint, wantHint)
	}
}

func TestOneProblemIsOneLine(t *testing.T) {
	_, err := Load(Sources{Environ: []string{"DCLAUDE_REVIEW=fulll"}})
	want := `DCLAUDE_REVIEW: review: "fulll" is not one of off, line, full; did you mean full?`
	if err == nil || err.Error() != want {
		t.Errorf("got %v, want %s", err, want)
	}
}

func TestContextAgainstHost(t *testing.T) {
	file := settingsFile(t, "context = \"colima\"\n")
	for _, tt := range []struct {
		name          string
		from          Sources
		context, host string
	}{
		{"flag over file", Sources{File: file, Flags: map[string][]string{"host": {"unix:///s"}}}, "", "unix:///s"},
		{"variable over file", Sources{File: file, Environ: []string{"DCLAUDE_HOST=unix:///s"}}, "", "unix:///s"},
		{"flag over variable", Sources{Environ: []string{"DCLAUDE_HOST=unix:///s"}, Flags: map[string][]string{"context": {"c"}}}, "c", ""},
		{"alone", Sources{File: file}, "colima", ""},
		{"taken back", Sources{File: file, Flags: map[string][]string{"context": {""}}}, "", ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			l, err := Load(tt.from)
			if err != nil || l.Settings.Context != tt.context || l.Settings.Host != tt.host {
				t.Fatalf("%q, %q, %v", l.Settings.Context, l.Settings.Host, err)
			}
			if tt.context == "" && tt.host != "" && l.Origins["context"].Kind != FromDefault {
				t.Errorf("origin of the weaker one: %+v", l.Origins["context"])
			}
		})
	}
	_, err := Load(Sources{Flags: map[string][]string{"context": {"a"}, "host": {"unix:///s"}}})
	if err == nil || err.Error() != "--host: host: names an engine, and so does --context" {
		t.Errorf("both flags: %v", err)
	}
}

func TestErrorsAreBounded(t *testing.T) {
	e := make(Errors, 70)
	for i := range e {
		e[i] = Problem{Where: "w", Message: "m", Advice: "same"}
	}
	if n := strings.Count(e.Error(), "\n"); n != maxShown+1 || !strings.HasSuffix(e.Error(), "and 20 more") {
		t.Errorf("%d lines: %s", n, e.Error())
	}
	if e.Hint() != "same" {
		t.Errorf("hint %q", e.Hint())
	}
}
