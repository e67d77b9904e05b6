package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"slices"
	"strings"
	"time"
)

// section is one group of measurements. Each has a file of its own.
type section struct {
	name string
	what string
	run  func(context.Context, *world) error
}

// sections returns all groups, in the order in which they are run.
func sections() []section {
	return []section{
		{"launch", "From the command to the container and to Claude's prompt", launches},
		{"files", "A project's files under each isolation", files},
		{"network", "The gateway: launch, throughput, latency, memory", network},
		{"menubar", "The menu-bar app", menubar},
	}
}

func main() { os.Exit(run(os.Args[1:])) }

func run(args []string) int {
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	runs := flags.Int("runs", 15, "how often each command is run, after one run that does not count")
	dclaude := flags.String("dclaude", "bin/dclaude", "the program to measure")
	only := flags.String("only", "", "names of sections, with commas; empty for all")
	idle := flags.Duration("idle", 2*time.Minute, "how long the menu-bar app is watched at rest")
	if err := flags.Parse(args); err != nil {
		return 2
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := bench(ctx, *runs, *dclaude, *only, *idle); err != nil {
		fmt.Fprintln(os.Stderr, "bench: error:", err)
		return 1
	}
	return 0
}

func bench(ctx context.Context, runs int, dclaude, only string, idle time.Duration) error {
	w, err := newWorld(ctx, runs, dclaude)
	if err != nil {
		return err
	}
	defer w.close()
	w.idle = idle
	fmt.Printf("%s, %s/%s, %d CPUs, engine %s; %d runs of each after one that does not count.\n",
		time.Now().Format(time.DateOnly), runtime.GOOS, runtime.GOARCH, runtime.NumCPU(), w.engineVersion, runs)
	for _, s := range sections() {
		if only != "" && !slices.Contains(strings.Split(only, ","), s.name) {
			continue
		}
		fmt.Printf("\n## %s\n\n", s.what)
		if err := s.run(ctx, w); err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
	}
	return nil
}
