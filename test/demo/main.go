// Command demo shows dclaude without an account: the real program, engine,
// gVisor and Claude Code, with launcher/fakeapi in the place of the model, whose
// answers are fixed. What Claude does in the sandbox really happens there.
//
// By itself it opens a session on a small project for whoever sits at the
// terminal. With -record FOLDER it plays a script on a terminal of its own and
// writes what is seen there: an asciicast, an animated picture, and stills.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"syscall"
)

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	f := flag.NewFlagSet("demo", flag.ContinueOnError)
	program := f.String("dclaude", "bin/dclaude", "the program to show")
	record := f.String("record", "", "play the script and write the recording to this folder")
	if err := f.Parse(args); err != nil || f.NArg() > 0 {
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	if err := demo(ctx, *program, *record); err != nil {
		fmt.Fprintln(os.Stderr, "demo: error:", err)
		return 1
	}
	return 0
}

func demo(ctx context.Context, program, record string) error {
	w, err := newWorld(ctx, program)
	if err != nil {
		return err
	}
	defer w.close()
	if record != "" {
		if err := os.MkdirAll(record, 0o750); err != nil {
			return err
		}
		r, err := w.play()
		if err != nil {
			return err
		}
		return write(r, record)
	}
	return w.open(ctx)
}

// open gives the user's own terminal to a session.
func (w *world) open(ctx context.Context) error {
	fmt.Fprintf(os.Stderr, "demo: a fake model answers. Ask it to %q or to %q; Ctrl-] twice leaves.\n", askFix, askLook)
	cmd := exec.CommandContext(ctx, w.program, w.project)
	cmd.Env, cmd.Dir = w.environ, w.home
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	return cmd.Run()
}

// write turns a recording into files.
func write(r *recording, folder string) error {
	const title = "dclaude: Claude Code in a sandbox (with a fake model)"
	r.shorten(longestPause)
	file := func(name string, fill func(*os.File) error) error {
		f, err := os.Create(filepath.Join(folder, name))
		if err != nil {
			return err
		}
		if err := fill(f); err != nil {
			return fmt.Errorf("%s: %w", f.Name(), err)
		}
		return f.Close()
	}
	if err := file("demo.cast", func(f *os.File) error { return r.writeCast(f, title) }); err != nil {
		return err
	}
	err := file("demo.svg", func(f *os.File) error {
		return writeAnimation(f, r.cols, r.rows, title, frames(r, frameStep, lastFrame))
	})
	for name := range r.marks {
		if err != nil {
			return err
		}
		err = file(name+".svg", func(f *os.File) error { return writeStill(f, r.cols, title, still(r, name)) })
	}
	return err
}
