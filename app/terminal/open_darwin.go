package terminal

import (
	"errors"
	"os"
)

// Open opens a window for the job.
func (o Opener) Open(job Job) error {
	file, err := o.script(job)
	if err != nil {
		return err
	}
	argv, err := Mac(o.Setting, file)
	if err != nil {
		return errors.Join(err, os.Remove(file))
	}
	return run(argv, o.Environ)
}
