package lab

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"
)

func TestCanStartSystem(t *testing.T) {
	cause := errors.New("connection refused")
	err := canStartSystem("unix:///somewhere/else.sock", cause)
	if runtime.GOOS == "linux" && (err == nil || !errors.Is(err, cause) || Unavailable(err)) {
		t.Errorf("for an endpoint that the user has chosen: %v", err)
	}
	err = canStartSystem(systemHost, cause)
	switch {
	case runtime.GOOS == "linux" && os.Geteuid() == 0:
		if err != nil {
			t.Errorf("for root: %v", err)
		}
	case !Unavailable(err) || hintOf(err) == "":
		t.Errorf("error %v, hint %q: want one that says how to get an engine", err, hintOf(err))
	}
}

func TestDefaultEngineFollowsTheUser(t *testing.T) {
	l := testLab(t)
	want := "unix://" + filepath.Join(t.TempDir(), "none.sock")
	t.Setenv("DOCKER_HOST", want)
	t.Setenv("DOCKER_CONTEXT", "")
	host, err := l.defaultEngine(t.Context())
	if err == nil || host != want {
		t.Errorf("got %q, %v; want %q and an error, for nothing listens there", host, err, want)
	}
}

func TestDropStalePID(t *testing.T) {
	path := filepath.Join(t.TempDir(), "docker.pid")
	if err := dropStalePID(path); err != nil {
		t.Errorf("without a file: %v", err)
	}
	for _, text := range []string{"999999999", "1", "no number"} {
		write(t, path, text)
		if err := dropStalePID(path); err != nil {
			t.Errorf("%q: %v", text, err)
		}
		if exists(path) {
			t.Errorf("%q, which is no engine's, was left", text)
		}
	}
}
