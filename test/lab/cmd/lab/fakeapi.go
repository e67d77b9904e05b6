package main

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"sync"

	"dclaude/launcher/fakeapi"
)

// rules collects --bash flags.
type rules []fakeapi.Rule

// String is part of flag.Value.
func (r *rules) String() string { return fmt.Sprint(len(*r), " rules") }

// Set reads MARKER=COMMAND LINE.
func (r *rules) Set(text string) error {
	marker, commandLine, ok := strings.Cut(text, "=")
	if !ok || marker == "" || commandLine == "" {
		return fmt.Errorf("%q is not MARKER=COMMAND", text)
	}
	*r = append(*r, fakeapi.Bash(marker, commandLine))
	return nil
}

// fakeAPI serves the fake API until the context ends.
func (a app) fakeAPI(ctx context.Context, args []string) error {
	f := flags("fakeapi")
	addr := f.String("addr", "127.0.0.1:0", "")
	log := f.Bool("log", false, "")
	var with rules
	f.Var(&with, "bash", "")
	if err := parse(f, args); err != nil {
		return err
	}
	server := fakeapi.New(with...)
	if *log {
		var mu sync.Mutex
		encoder := json.NewEncoder(a.stderr)
		server.Observe(func(r fakeapi.Request) {
			mu.Lock()
			defer mu.Unlock()
			_ = encoder.Encode(r) // a log that cannot be written is no reason to stop
		})
	}
	url, stop, err := server.Start(*addr)
	if err != nil {
		return err
	}
	defer stop()
	fmt.Fprintln(a.stdout, url)
	<-ctx.Done()
	return nil
}
