package terminal

import "os/exec"

// Open opens a window for the job.
func (o Opener) Open(job Job) error {
	if o.variable("DISPLAY") == "" && o.variable("WAYLAND_DISPLAY") == "" {
		return &Error{What: "there is no screen for a window", hint: "start the app inside a desktop session"}
	}
	argv, err := Linux(o.Setting, o.variable("TERMINAL"), exec.LookPath, job)
	if err != nil {
		return err
	}
	return run(argv, o.Environ)
}
