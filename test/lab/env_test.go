package lab

import (
	"errors"
	"regexp"
	"runtime"
	"strings"
	"testing"
)

// fakeTB notes how a test was ended. Calls of anything else end the real test.
type fakeTB struct {
	testing.TB
	skipped, failed string
}

func (f *fakeTB) Helper() {}

func (f *fakeTB) Skip(args ...any) {
	f.skipped = args[0].(string)
	runtime.Goexit()
}

func (f *fakeTB) Fatalf(format string, args ...any) {
	f.failed = format
	runtime.Goexit()
}

// endOfTest runs f on a fake test to its end.
func endOfTest(t *testing.T, f func(testing.TB)) *fakeTB {
	fake := &fakeTB{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		f(fake)
	}()
	<-done
	return fake
}

func TestUnmetLabSkipsOrFails(t *testing.T) {
	missing := unavailable("start", "not here", "go there")
	broken := fail("start", errors.New("broken"), "")
	tests := map[string]struct {
		required string
		err      error
		skips    bool
	}{
		"not to be had":           {"", missing, true},
		"not to be had, required": {"1", missing, false},
		"broken":                  {"", broken, false},
		"broken, required":        {"1", broken, false},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Setenv(RequiredVariable, test.required)
			end := endOfTest(t, func(tb testing.TB) { unmet(tb, test.err) })
			if skips := end.skipped != ""; skips != test.skips || skips == (end.failed != "") {
				t.Errorf("skipped %q, failed %q", end.skipped, end.failed)
			}
			if test.skips && !strings.Contains(end.skipped, "not here") {
				t.Errorf("the reason is missing: %q", end.skipped)
			}
		})
	}
}

func TestNamesAreUniqueAndValid(t *testing.T) {
	valid := regexp.MustCompile(`^[a-z0-9][a-z0-9-]*[a-z0-9]$`)
	t.Run("Odd name/with Ünïcode, and (brackets) "+strings.Repeat("long", 20), func(t *testing.T) {
		e := &Env{t: t}
		a, b := e.Name("volume"), e.Name("volume")
		if a == b {
			t.Errorf("%s twice", a)
		}
		if !valid.MatchString(a) || len(a) > 63 || !strings.HasPrefix(a, "lab-volume-") {
			t.Errorf("bad name %q", a)
		}
	})
}

func TestSlug(t *testing.T) {
	for text, want := range map[string]string{"A b": "a-b", "--x--": "x", "": "", "ü": "", "abcdefgh": "abcde"} {
		if got := slug(text, 5); got != want {
			t.Errorf("%q: got %q, want %q", text, got, want)
		}
	}
}

func TestEnvironNamesOneEngine(t *testing.T) {
	t.Setenv("DOCKER_HOST", "unix:///elsewhere")
	t.Setenv("DOCKER_CONTEXT", "another")
	e := &Env{Host: "unix:///here", t: t}
	var docker []string
	for _, v := range e.Environ("EXTRA=1") {
		if strings.HasPrefix(v, "DOCKER_") || strings.HasPrefix(v, "EXTRA") {
			docker = append(docker, v)
		}
	}
	if got := strings.Join(docker, " "); got != "DOCKER_HOST=unix:///here EXTRA=1" {
		t.Errorf("got %q", got)
	}
}

func TestIsMissing(t *testing.T) {
	for text, want := range map[string]bool{
		"Error: No such container: x":   true,
		"network x not found":           true,
		"volume is in use":              false,
		"cannot connect to the engine.": false,
	} {
		if got := isMissing(errors.New(text)); got != want {
			t.Errorf("%q: got %v", text, got)
		}
	}
}

func TestLinesAreForAShell(t *testing.T) {
	l := &Lab{dir: "/it's a/folder"}
	script := l.Lines("unix:///run/x/docker.sock") + `printf '%s|%s' "$DCLAUDE_LAB_HOST" "$DCLAUDE_LAB_DIR"`
	got, err := command{args: []string{"sh", "-c", script}}.output(t.Context())
	if err != nil || got != "unix:///run/x/docker.sock|/it's a/folder" {
		t.Errorf("got %q, %v", got, err)
	}
	if plain := l.Lines("unix:///s"); !strings.HasPrefix(plain, "DCLAUDE_LAB_HOST=unix:///s\n") {
		t.Errorf("quoted without need: %q", plain)
	}
}

func TestStatusOfAnEmptyLab(t *testing.T) {
	got := testLab(t).Status(t.Context())
	for _, want := range []string{"engine:     not running", "runsc:      none", "claude:     none"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q is missing in\n%s", want, got)
		}
	}
}
