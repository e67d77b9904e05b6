package app

import (
	"errors"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"dclaude/launcher/opened"
)

// opening is an app whose windows do not run their command: its terminal tells
// what it was asked for.
type opening struct {
	*app
	home    string
	notes   *fakeNotes
	windows string // a line for each window
}

func newOpening(t *testing.T) *opening {
	t.Helper()
	home, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	o := &opening{home: home, notes: &fakeNotes{}, windows: filepath.Join(home, "windows")}
	terminal := filepath.Join(home, "bin", "recorder")
	program := filepath.Join(home, "bin", "dclaude")
	// The terminal keeps the script that it was to run, and says so at once.
	record := "#!/bin/sh\nfor last; do :; done\n{ cat \"$last\"; echo; } >>\"" + o.windows + "\"\n"
	if err := errors.Join(os.MkdirAll(filepath.Dir(terminal), 0o700), os.WriteFile(terminal, []byte(record), 0o700), os.WriteFile(program, []byte("#!/bin/sh\n"), 0o700)); err != nil {
		t.Fatal(err)
	}
	sys := System{Environ: []string{"HOME=" + home, "PATH=" + os.Getenv("PATH"), "DISPLAY=:0"}, Executable: filepath.Join(home, "bin", "dclaude-menubar")}
	write(t, sys.configFile(), "[app]\nterminal = '"+terminal+"'\n", false)
	o.app = newApp(t.Context(), sys, &quitter{}, slog.New(slog.NewTextHandler(io.Discard, nil)))
	o.app.notes = o.notes
	return o
}

func (o *opening) folder(t *testing.T, name string) string {
	t.Helper()
	path := filepath.Join(o.home, name)
	if err := os.MkdirAll(path, 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// opened returns what windows were asked for, and what the user was told.
func (o *opening) opened(t *testing.T) (windows, told string) {
	t.Helper()
	b, err := os.ReadFile(o.windows)
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	_ = os.Remove(o.windows)
	for _, n := range o.notes.all {
		told += n.Title + ": " + n.Body + "\n"
	}
	o.notes.all = nil
	return string(b), told
}

// A session of yesterday left a link to a folder of the user's, who drops it.
func TestALinkOfAPastSessionIsDropped(t *testing.T) {
	o := newOpening(t)
	evil, taxes := o.folder(t, "src/evil"), o.folder(t, "Documents/taxes")
	docs := filepath.Join(evil, "docs")
	if err := errors.Join(opened.In(o.sys.stateDir()).Add(evil), os.Symlink("../../Documents/taxes", docs)); err != nil {
		t.Fatal(err)
	}
	o.openPaths([]string{docs})
	o.tasks.Wait()
	windows, told := o.opened(t)
	if windows != "" {
		t.Errorf("a window was opened: %s", windows)
	}
	if !strings.Contains(told, "is a link that a session could have made") || !strings.Contains(told, taxes) {
		t.Errorf("told %q", told)
	}
	if have := o.recents.Load(); len(have) != 0 {
		t.Errorf("remembered: %+v", have)
	}
	// The control: what the user means can be opened.
	o.openFolder(taxes)
	if windows, told := o.opened(t); !strings.Contains(windows, taxes) || told != "" {
		t.Errorf("windows %q, told %q", windows, told)
	}
}

// The app hands on what it was given, so that the command finds a link on the
// way to it as well, one that was made since among them.
func TestTheCommandGetsThePathAsGiven(t *testing.T) {
	o := newOpening(t)
	o.folder(t, "there/p")
	given := filepath.Join(o.home, "mine")
	if err := os.Symlink("there", given); err != nil {
		t.Fatal(err)
	}
	given += "/p"
	o.openFolder(given)
	windows, told := o.opened(t)
	if !strings.Contains(windows, given) || strings.Contains(windows, "there/p") || told != "" {
		t.Errorf("windows %q, told %q", windows, told)
	}
	if have := o.recents.Load(); len(have) != 1 || have[0].Path != filepath.Join(o.home, "there/p") || time.Since(have[0].Opened) > time.Hour {
		t.Errorf("remembered: %+v", have)
	}
}
