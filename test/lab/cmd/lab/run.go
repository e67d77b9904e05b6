package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"runtime"

	"dclaude/test/lab"
)

const usage = `usage: lab COMMAND [flags]

  up            bring the private engine up, with runsc and the base image,
                and print the variables that lead tests to it
    --system    the engine that docker uses by default instead: used if it
                runs, installed and started if not
    --tests     and install what tests need of Debian besides, all in one go
    --optional  where this machine cannot have a lab, say why and succeed
  env           print the variables if the private engine runs
  base          make sure of the base image in another engine
    --host H    its endpoint, as in unix:///var/run/docker.sock
  runsc         build gVisor's runtime and print its path
  claude        install Claude Code for use outside and print its path
  fakeapi       serve a fake Anthropic API until interrupted; print its URL
    --addr A    where to listen (127.0.0.1:0)
    --bash M=C  have Claude run the command line C when the user says M
    --log       write each request to stderr as JSON, without its token
  status        say what is there
  down          stop the private engine; refused while containers run in it
    --force     even then: others on this machine may be using it
    --wipe DIR  and remove its images, containers and volumes; DIR must be the
                lab's folder, as status prints it
`

// errUsage is a wrong call of this command.
var errUsage = errors.New("wrong usage; `lab help` lists the commands")

// app is one call of the command.
type app struct {
	lab            *lab.Lab
	stdout, stderr io.Writer
}

// run carries out one command and returns the exit code: 2 for wrong usage, 1
// for a failure.
func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	if len(args) == 0 || args[0] == "help" || args[0] == "--help" || args[0] == "-h" {
		fmt.Fprintf(stdout, "%s", usage)
		return 0
	}
	l, err := lab.Open(stderr)
	if err == nil {
		a := app{lab: l, stdout: stdout, stderr: stderr}
		err = a.command(ctx, args[0], args[1:])
	}
	switch {
	case err == nil:
		return 0
	case errors.Is(err, errUsage):
		fmt.Fprintf(stderr, "lab: error: %v\n", err)
		return 2
	}
	fmt.Fprintf(stderr, "lab: error: %v\n", err)
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) && hinted.Hint() != "" {
		fmt.Fprintf(stderr, "lab: hint: %s\n", hinted.Hint())
	}
	return 1
}

// command dispatches. Each command parses flags of its own.
func (a app) command(ctx context.Context, name string, args []string) error {
	switch name {
	case "up":
		return a.up(ctx, args)
	case "env":
		return a.env(ctx, args)
	case "base":
		return a.base(ctx, args)
	case "runsc":
		return a.path(ctx, args, a.lab.Runsc)
	case "claude":
		return a.path(ctx, args, a.lab.HostClaude)
	case "fakeapi":
		return a.fakeAPI(ctx, args)
	case "status":
		if err := parse(flags(name), args); err != nil {
			return err
		}
		fmt.Fprintf(a.stdout, "%s", a.lab.Status(ctx))
		return nil
	case "down":
		return a.down(ctx, args)
	}
	return fmt.Errorf("unknown command %q: %w", name, errUsage)
}

func flags(name string) *flag.FlagSet {
	f := flag.NewFlagSet(name, flag.ContinueOnError)
	f.SetOutput(io.Discard) // run reports the error
	return f
}

// parse reads the flags and refuses arguments: no command takes any.
func parse(f *flag.FlagSet, args []string) error {
	if err := f.Parse(args); err != nil {
		return fmt.Errorf("%s: %w: %w", f.Name(), err, errUsage)
	}
	if f.NArg() > 0 {
		return fmt.Errorf("%s takes no argument %q: %w", f.Name(), f.Arg(0), errUsage)
	}
	return nil
}

func (a app) up(ctx context.Context, args []string) error {
	f := flags("up")
	system := f.Bool("system", false, "")
	tests := f.Bool("tests", false, "")
	optional := f.Bool("optional", false, "")
	if err := parse(f, args); err != nil {
		return err
	}
	if *system {
		host, err := a.lab.System(ctx)
		if err == nil {
			fmt.Fprintf(a.stdout, "DOCKER_HOST=%s\n", host)
		}
		return err
	}
	host, err := a.private(ctx, *tests)
	if err != nil {
		if *optional && lab.Unavailable(err) && os.Getenv(lab.RequiredVariable) != "1" {
			fmt.Fprintf(a.stderr, "lab: SKIP: tests that need an engine: %v\n", err)
			return nil
		}
		return err
	}
	fmt.Fprintf(a.stdout, "%s", a.lab.Lines(host))
	return nil
}

// private brings the private engine up, after all the packages if tests is set.
func (a app) private(ctx context.Context, tests bool) (host string, err error) {
	if tests && runtime.GOOS == "linux" {
		if err := a.lab.Packages(ctx); err != nil {
			return "", err
		}
	}
	return a.lab.Up(ctx)
}

func (a app) env(ctx context.Context, args []string) error {
	if err := parse(flags("env"), args); err != nil {
		return err
	}
	if !a.lab.Running(ctx) {
		return errors.New("the private engine does not run; `lab up` starts it")
	}
	fmt.Fprintf(a.stdout, "%s", a.lab.Lines(a.lab.EngineHost()))
	return nil
}

func (a app) base(ctx context.Context, args []string) error {
	f := flags("base")
	host := f.String("host", "", "")
	if err := parse(f, args); err != nil {
		return err
	}
	if *host == "" {
		return fmt.Errorf("base needs --host: %w", errUsage)
	}
	return a.lab.BaseImage(ctx, *host)
}

func (a app) path(ctx context.Context, args []string, build func(context.Context) (string, error)) error {
	if err := parse(flags("path"), args); err != nil {
		return err
	}
	path, err := build(ctx)
	if err == nil {
		fmt.Fprintln(a.stdout, path)
	}
	return err
}

func (a app) down(ctx context.Context, args []string) error {
	f := flags("down")
	force := f.Bool("force", false, "")
	wipe := f.String("wipe", "", "")
	if err := parse(f, args); err != nil {
		return err
	}
	// The variable that selects a lab is easily unset, and the default one is
	// shared by all who work on this machine.
	if *wipe != "" && *wipe != a.lab.Dir() {
		return fmt.Errorf("--wipe names %s, but the lab is in %s: %w", *wipe, a.lab.Dir(), errUsage)
	}
	if n := a.lab.Containers(ctx); n > 0 && !*force {
		return fmt.Errorf("%d containers run in the engine of %s; --force ends them", n, a.lab.Dir())
	}
	if *wipe != "" {
		return a.lab.Wipe(ctx)
	}
	return a.lab.Down(ctx)
}
