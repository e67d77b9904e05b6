package terminal

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Opener opens windows.
type Opener struct {
	// Setting is app.terminal, Environ the environment of new windows.
	Setting string
	Environ []string
	// Dir is a private folder of ours, for scripts that run once.
	Dir string
}

// startTime is how long a terminal has to fail for its failure to be noticed.
// Some come back at once, others when their window is closed.
const startTime = 2 * time.Second

// run starts a terminal that outlives this process, and reports it when that
// fails at once.
func run(argv, environ []string) error {
	cmd := exec.Command(argv[0], argv[1:]...) //nolint:noctx // it must outlive every context of ours
	cmd.Env = environ
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	if err := cmd.Start(); err != nil {
		return &Error{What: fmt.Sprintf("cannot start %q", argv[0]), Err: err, hint: hintSetting}
	}
	ended := make(chan error, 1)
	go func() { ended <- cmd.Wait() }()
	timer := time.NewTimer(startTime)
	defer timer.Stop()
	select {
	case err := <-ended:
		var exit *exec.ExitError
		if errors.As(err, &exit) {
			return &Error{What: fmt.Sprintf("the terminal %q did not open a window", argv[0]), Err: err, hint: hintSetting}
		}
		return nil
	case <-timer.C:
		return nil
	}
}

// variable returns the value of an environment variable.
func (o Opener) variable(name string) string {
	for i := len(o.Environ) - 1; i >= 0; i-- {
		if value, ok := strings.CutPrefix(o.Environ[i], name+"="); ok {
			return value
		}
	}
	return ""
}
