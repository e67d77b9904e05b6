package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"dclaude/app/notify"
	"dclaude/launcher/config"
)

// write puts a file into its place as editors do, or over itself.
func write(t *testing.T, path, content string, inPlace bool) {
	t.Helper()
	err := os.MkdirAll(filepath.Dir(path), 0o700)
	if inPlace {
		err = errors.Join(err, os.WriteFile(path, []byte(content), 0o600))
	} else {
		err = errors.Join(err, os.WriteFile(path+".new", []byte(content), 0o600), os.Rename(path+".new", path))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestSettings(t *testing.T) {
	home := t.TempDir()
	sys := System{Environ: []string{"HOME=" + home, "DCLAUDE_PIDS=64"}}
	s := newSettings(sys)
	if now, err := s.now(); err != nil || now.Memory != 0 || now.Pids != 64 || s.look() {
		t.Fatalf("without a file: %+v, %v", now, err)
	}
	write(t, sys.configFile(), "memory = '4g'\npids = 128\n[app]\nmute = ['update', 'gateway']\n", false)
	if !s.look() || s.look() {
		t.Error("a new file is not noticed, or twice")
	}
	now, err := s.now()
	if err != nil || now.Memory != 4<<30 || !slices.Equal(mutes(now), []notify.Kind{notify.KindUpdate, notify.KindGateway}) {
		t.Errorf("%+v, %v", now, err)
	}
	shown := s.shown()
	if shown.Memory != 4<<30 || shown.Pids != 64 || len(shown.Fixed) != 1 || shown.Fixed["pids"] != "DCLAUDE_PIDS" || shown.Problem != "" {
		t.Errorf("%+v", shown)
	}
	write(t, sys.configFile(), "memory = \n", true)
	if !s.look() || s.shown().Problem == "" || s.shown().Memory != 4<<30 {
		t.Errorf("broken: %+v", s.shown())
	}
	if now, err := s.now(); err == nil || now.Memory != 4<<30 {
		t.Errorf("broken: %+v, %v", now, err)
	}
	if err := os.Remove(sys.configFile()); err != nil {
		t.Fatal(err)
	}
	if !s.look() || s.shown().Problem != "" || s.shown().Memory != 0 {
		t.Errorf("removed: %+v", s.shown())
	}
}

// Every kind that a setting can switch off is one that there is, and the other
// way round.
func TestEveryKindCanBeSwitchedOff(t *testing.T) {
	for _, k := range config.Keys() {
		if k.Name != "app.mute" {
			continue
		}
		for _, kind := range notify.Kinds() {
			if !slices.Contains(k.Values, string(kind)) {
				t.Errorf("app.mute does not take %q", kind)
			}
		}
		if len(k.Values) != len(notify.Kinds()) {
			t.Errorf("app.mute takes %q", k.Values)
		}
	}
}

// The loop is woken when the file changes: by whom and how does not matter, and
// not if it is only linked here.
func TestWatchSettings(t *testing.T) {
	for name, elsewhere := range map[string]bool{"a file": false, "a link": true} {
		t.Run(name, func(t *testing.T) {
			home := t.TempDir()
			sys := System{Environ: []string{"HOME=" + home}}
			path := sys.configFile()
			if elsewhere {
				write(t, filepath.Join(home, "kept", "c.toml"), "", true)
				err := errors.Join(os.MkdirAll(filepath.Dir(path), 0o700), os.Symlink(filepath.Join(home, "kept", "c.toml"), path))
				if err != nil {
					t.Fatal(err)
				}
				path = filepath.Join(home, "kept", "c.toml")
			}
			ctx, cancel := context.WithCancel(t.Context())
			a := newApp(ctx, sys, nil, slog.New(slog.NewTextHandler(io.Discard, nil)))
			done := make(chan error, 1)
			go func() { done <- a.watchSettings(ctx) }()
			woken := func(what string) {
				t.Helper()
				// It may not be watching yet: try again.
				for deadline := time.Now().Add(40 * time.Second); ; {
					write(t, path, "pids = 64\n", what == "in place")
					select {
					case <-a.redraw:
						return
					case <-time.After(5 * settle):
					}
					if time.Now().After(deadline) {
						t.Fatalf("not woken by a change %s", what)
					}
				}
			}
			woken("in place")
			woken("by a rename")
			cancel()
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
}
