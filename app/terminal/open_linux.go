package terminal

import (
	"errors"
	"os"
	"os/exec"
)

// Open opens a window for the job.
func (o Opener) Open(job Job) error {
	if o.variable("DISPLAY") == "" && o.variable("WAYLAND_DISPLAY") == "" {
		return &Error{What: "there is no screen for a window", hint: "start the app inside a desktop session"}
	}
	file, err := o.script(job)
	if err != nil {
		return err
	}
	argv, err := Linux(o.Setting, o.variable("TERMINAL"), exec.LookPath, file)
	if err != nil {
		return errors.Join(err, os.Remove(file))
	}
	return run(argv, o.Environ)
}
