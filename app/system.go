package app

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"dclaude/app/drop"
	"dclaude/app/instance"
	"dclaude/app/logfile"
	"dclaude/app/loginitem"
	"dclaude/launcher/config"
	"dclaude/launcher/grants"
)

// System is the process that the app runs in.
type System struct {
	Out, Err   io.Writer
	Environ    []string
	Executable string // this program's own path
	Dir        string // the current folder
}

// Process is the System of this process.
func Process() System {
	s := System{Out: os.Stdout, Err: os.Stderr, Environ: os.Environ()}
	if path, err := os.Executable(); err == nil {
		if path, err = filepath.EvalSymlinks(path); err == nil {
			s.Executable = path
		}
	}
	if dir, err := os.Getwd(); err == nil {
		s.Dir = dir
	}
	return s
}

// fail prints an error with the hint that it carries.
func (s System) fail(err error) {
	fmt.Fprintf(s.Err, "dclaude-menubar: error: %v\n", err)
	if hint := hintOf(err); hint != "" {
		fmt.Fprintf(s.Err, "dclaude-menubar: hint: %s\n", hint)
	}
}

func hintOf(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}

const usage = `usage: dclaude-menubar [FOLDER...]

Shows the state of DClaude in the menu bar, and opens projects in sandboxed
terminal windows from there. With folders, it opens those at once. Started a
second time, it hands its folders to the one that runs.
`

// parse reads the command line. done reports that everything is done.
func parse(args []string, sys System) (r instance.Request, done bool, err error) {
	flags := flag.NewFlagSet("dclaude-menubar", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	showVersion := flags.Bool("version", false, "")
	switch err := flags.Parse(args); {
	case errors.Is(err, flag.ErrHelp):
		fmt.Fprintf(sys.Out, "%s", usage)
		return r, true, nil
	case err != nil:
		return r, false, err
	case *showVersion:
		fmt.Fprintf(sys.Out, "dclaude-menubar %s\n", version)
		return r, true, nil
	}
	for _, arg := range flags.Args() {
		path, err := drop.Path(arg, sys.Dir)
		if err != nil {
			return r, false, err
		}
		r.Paths = append(r.Paths, path)
	}
	return r, false, nil
}

// variable is the value of an environment variable, "" without one.
func (s System) variable(name string) string {
	for _, kv := range slices.Backward(s.Environ) {
		if value, ok := strings.CutPrefix(kv, name+"="); ok {
			return value
		}
	}
	return ""
}

// home is the user's home folder.
func (s System) home() string {
	if home := s.variable("HOME"); home != "" {
		return home
	}
	if u, err := user.Current(); err == nil {
		return u.HomeDir
	}
	return ""
}

func (s System) configFile() string { return config.Path(s.Environ, s.home(), runtime.GOOS) }
func (s System) stateDir() string   { return config.StateDir(s.Environ, s.home(), runtime.GOOS) }

// runtimeDir is where the instances meet: a folder that only the user can
// enter.
func (s System) runtimeDir() string {
	if dir := s.variable("XDG_RUNTIME_DIR"); filepath.IsAbs(dir) {
		return filepath.Join(dir, "dclaude")
	}
	return filepath.Join(s.stateDir(), "run")
}

// windowsDir is where the scripts of new windows are.
func (s System) windowsDir() string { return filepath.Join(s.stateDir(), "windows") }

func (s System) recentsFile() string { return filepath.Join(s.stateDir(), "recents.json") }

// protected is what no session may see: dclaude's own folders, and its
// configuration wherever a link takes it, such as to a folder of dotfiles.
func (s System) protected() []string {
	dir := filepath.Dir(s.configFile())
	return []string{
		dir, s.configFile(), filepath.Join(dir, grants.FileName),
		s.stateDir(), config.CacheDir(s.Environ, s.home(), runtime.GOOS),
	}
}

// bundle is the application that the program is in, or "" outside of one.
func (s System) bundle() string {
	contents, ok := strings.CutSuffix(filepath.Dir(s.Executable), "/Contents/MacOS")
	if !ok || !strings.HasSuffix(contents, ".app") {
		return ""
	}
	return contents
}

func (s System) loginItem() loginitem.Item {
	dir := s.variable("XDG_CONFIG_HOME")
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(s.home(), ".config")
	}
	return loginitem.Item{Program: s.Executable, Bundle: s.bundle(), Home: s.home(), ConfigDir: dir}
}

// maxLog is the size of the log, of which one older is kept, in bytes.
const maxLog = 1 << 20

// openLog opens the log for support. Where there can be none, the app runs
// without.
func (s System) openLog() (*slog.Logger, func()) {
	file, err := logfile.Open(filepath.Join(s.stateDir(), "logs", "menubar.log"), maxLog)
	if err != nil {
		s.fail(fmt.Errorf("there will be no log: %w", err))
		return slog.New(slog.DiscardHandler), func() {}
	}
	return slog.New(slog.NewTextHandler(file, nil)), func() { _ = file.Close() }
}
