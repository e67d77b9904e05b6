package engine

import (
	"context"
	"io"
	"strconv"

	"github.com/moby/moby/api/pkg/stdcopy"
	"github.com/moby/moby/client"
)

// LogOptions says which part of a log is wanted.
type LogOptions struct {
	// Lines is how many of the latest lines; all of them when it is negative.
	Lines int
	// Follow goes on with what comes, until the container ends.
	Follow bool
}

// Logs copies what the engine has kept of a container's output (see
// plan.Container.KeepOutput) to out. It ends with ctx, without an error. Errors:
// KindNotFound.
func (e *Engine) Logs(ctx context.Context, id string, o LogOptions, out io.Writer) error {
	tail := "all"
	if o.Lines >= 0 {
		tail = strconv.Itoa(o.Lines)
	}
	log, err := e.api.ContainerLogs(ctx, id, client.ContainerLogsOptions{ShowStdout: true, Follow: o.Follow, Tail: tail})
	if err != nil {
		return e.fail(opLogs, short(id), err)
	}
	defer log.Close()
	if _, err = stdcopy.StdCopy(out, io.Discard, log); ctx.Err() != nil {
		return nil
	}
	return e.fail(opLogs, short(id), err)
}
