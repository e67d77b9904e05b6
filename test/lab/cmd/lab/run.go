package main

import (
	"context"
	"fmt"
	"io"

	"dclaude/test/lab"
)

func run(ctx context.Context, args []string, stdout, stderr io.Writer) int {
	l, err := lab.Open(stderr)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	host, err := l.Up(ctx)
	if err != nil {
		fmt.Fprintln(stderr, err)
		return 1
	}
	fmt.Fprintln(stdout, lab.HostVariable+"="+host)
	return 0
}
