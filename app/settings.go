package app

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"syscall"
	"time"

	"dclaude/app/menu"
	"dclaude/app/notify"
	"dclaude/launcher/config"
)

// settings are those of the configuration file as it was when somebody last
// looked. While the file is broken, what it said before counts; at the start,
// the defaults.
type settings struct {
	file    string
	environ []string

	mu     sync.Mutex
	stamp  string // of the file that was read
	loaded config.Loaded
	err    error
}

func newSettings(sys System) *settings {
	s := &settings{file: sys.configFile(), environ: sys.Environ, loaded: config.Loaded{Settings: config.Defaults()}}
	s.look()
	return s
}

// look reads the file again if it has changed, and reports whether it has.
func (s *settings) look() (changed bool) {
	stamp := stampOf(s.file)
	s.mu.Lock()
	defer s.mu.Unlock()
	if stamp == s.stamp {
		return false
	}
	loaded, err := config.Load(config.Sources{File: s.file, Environ: s.environ})
	s.stamp, s.err = stamp, err
	if err == nil {
		s.loaded = loaded
	}
	return true
}

// stampOf tells one state of a file from another without reading it.
func stampOf(file string) string {
	info, err := os.Stat(file)
	if err != nil {
		return err.Error()
	}
	var inode uint64
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		inode = st.Ino
	}
	return fmt.Sprint(info.ModTime().UnixNano(), info.Size(), info.Mode(), inode)
}

// now are the settings that count, and what is wrong with the file.
func (s *settings) now() (config.Settings, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.loaded.Settings, s.err
}

// shown is what the menu shows of them.
func (s *settings) shown() menu.Settings {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.loaded.Settings
	shown := menu.Settings{Isolation: now.Isolation, Memory: now.Memory, CPUs: now.CPUs, Pids: now.Pids, Fixed: map[string]string{}}
	for name, origin := range s.loaded.Origins {
		if origin.Kind == config.FromEnvironment {
			shown.Fixed[name] = origin.Where
		}
	}
	if s.err != nil {
		shown.Problem = oneLine(s.err.Error())
	}
	return shown
}

// watched are the settings that say what the monitor watches.
func watched(s config.Settings) [4]string {
	return [4]string{s.CredentialsSource, s.Context, s.Host, s.Isolation}
}

// mutes are the kinds of notifications that are switched off.
func mutes(s config.Settings) []notify.Kind {
	var kinds []notify.Kind
	for _, m := range s.AppMute {
		kinds = append(kinds, notify.Kind(m))
	}
	return kinds
}

// watchSettings has the loop look at the configuration when its file changes.
// Where that cannot be watched, the loop looks once a minute.
func (a *app) watchSettings(ctx context.Context) error {
	file := a.settings.file
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		return err
	}
	own, err := watchFolder(ctx, filepath.Dir(file), func(name string) bool { return name == filepath.Base(file) })
	if err != nil {
		return err
	}
	var linked <-chan struct{} // those who keep such files elsewhere link them
	if target, err := filepath.EvalSymlinks(file); err == nil && filepath.Dir(target) != filepath.Dir(file) {
		linked, err = watchFolder(ctx, filepath.Dir(target), func(name string) bool { return name == filepath.Base(target) })
		if err != nil {
			return err
		}
	}
	quiet := time.NewTimer(0)
	defer quiet.Stop()
	for {
		select {
		case <-own:
			quiet.Reset(settle)
		case <-linked:
			quiet.Reset(settle)
		case <-quiet.C:
			a.refresh()
		case <-ctx.Done():
			return nil
		}
	}
}

// settle is how long the configuration has to be left alone before it is read:
// who writes a file without a second one beside it empties it first, and an
// empty one is a valid one.
const settle = 200 * time.Millisecond
