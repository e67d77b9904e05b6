package cli

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"github.com/spf13/cobra"
)

// menubarName is the program of the menu-bar app.
const menubarName = "dclaude-menubar"

// menubarStart is how long the app has to fail for its failure to be told.
const menubarStart = 3 * time.Second

func (a *app) menubarCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "menubar [FOLDER...]",
		Short: "Start the menu-bar app",
		Long:  "Start the app that shows the state of DClaude in the menu bar, unless it runs already. With folders, it opens each in a terminal window of its own.",
		RunE: func(_ *cobra.Command, folders []string) error {
			argv, err := menubarCommandLine(folders)
			if err != nil {
				return err
			}
			return a.startMenubar(argv)
		},
	}
}

// menubarCommandLine finds the app: in the bundle that this program is in,
// beside it, or on PATH.
func menubarCommandLine(folders []string) ([]string, error) {
	paths := make([]string, len(folders))
	for i, f := range folders {
		abs, err := filepath.Abs(f)
		if err != nil {
			return nil, err
		}
		paths[i] = abs
	}
	if self, err := os.Executable(); err == nil {
		if self, err = filepath.EvalSymlinks(self); err == nil {
			if bundle, ok := strings.CutSuffix(filepath.Dir(self), "/Contents/Helpers"); ok {
				return append([]string{"/usr/bin/open", "-a", bundle}, paths...), nil
			}
			beside := filepath.Join(filepath.Dir(self), menubarName)
			if info, err := os.Stat(beside); err == nil && info.Mode().IsRegular() {
				return append([]string{beside}, paths...), nil
			}
		}
	}
	path, err := exec.LookPath(menubarName)
	if err != nil {
		return nil, &hintedError{fmt.Errorf("the menu-bar app is not installed: there is no %s", menubarName), "`make build` makes it beside dclaude"}
	}
	return append([]string{path}, paths...), nil
}

// startMenubar starts the app so that it outlives this terminal, and tells when
// it cannot start.
func (a *app) startMenubar(argv []string) error {
	cmd := exec.Command(argv[0], argv[1:]...) //nolint:noctx // it outlives every context of ours
	cmd.Env, cmd.Dir = a.sys.Environ, "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	log, err := os.CreateTemp("", "dclaude-menubar-")
	if err != nil {
		return err
	}
	defer log.Close()
	// A file and no pipe: a pipe would end with this process.
	os.Remove(log.Name())
	cmd.Stdout, cmd.Stderr = log, log
	if err := cmd.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	timer := time.NewTimer(menubarStart)
	defer timer.Stop()
	select {
	case err := <-ended:
		return menubarEnd(err, log)
	case <-timer.C:
		a.out.say("the menu-bar app runs")
		return nil
	}
}

// menubarEnd tells how an app ended that did not stay: it has handed over to
// one that runs, or could not start.
func menubarEnd(err error, log *os.File) error {
	said := make([]byte, 4096)
	n, _ := log.ReadAt(said, 0)
	text := strings.TrimSpace(string(bytes.ToValidUTF8(said[:n], []byte("?"))))
	if err == nil {
		return nil
	}
	lines := strings.Split(text, "\n")
	failure := &hintedError{errors.New("the menu-bar app ended at once: " + err.Error()), "its log is in the folder logs of dclaude's state"}
	for _, line := range lines {
		if rest, ok := strings.CutPrefix(line, menubarName+": error: "); ok {
			failure.err = errors.New(rest)
		}
		if rest, ok := strings.CutPrefix(line, menubarName+": hint: "); ok {
			failure.hint = rest
		}
	}
	return failure
}
