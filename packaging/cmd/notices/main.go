// Command notices writes the notices of a package: the licences of every module
// that its programs link, those that are embedded in them included. It asks
// `go list`, with the build's own settings, and reads the module cache; it
// fails if a licence is missing, or is none that dclaude may link.
package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"strings"

	"dclaude/packaging/notices"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, os.Args[1:], os.Stderr)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "notices: error:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stderr io.Writer) error {
	f := flag.NewFlagSet("notices", flag.ContinueOnError)
	f.SetOutput(stderr)
	out := f.String("out", "", "file to write")
	version := f.String("version", "dev", "version of dclaude")
	targets := f.String("targets", "", "machines that the programs are for, as GOOS/GOARCH,...")
	top := f.String("top", ".", "the repository's folder")
	if err := f.Parse(args); err != nil {
		return err
	}
	if *out == "" || *targets == "" || f.NArg() > 0 {
		return errors.New("usage: notices -out FILE -targets GOOS/GOARCH,... [-version V] [-top FOLDER]")
	}
	modules, err := linked(ctx, *top, strings.Split(*targets, ","))
	if err != nil {
		return err
	}
	var b bytes.Buffer
	if err := notices.Write(&b, *version, modules); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(*out), 0o755); err != nil { //nolint:gosec // what is installed is for everybody to read
		return err
	}
	return os.WriteFile(*out, b.Bytes(), 0o644) //nolint:gosec // likewise
}
