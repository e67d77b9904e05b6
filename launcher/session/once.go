package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"strings"

	"dclaude/launcher/engine"
	"dclaude/launcher/plan"
)

// maxOutput bounds what is kept of a short-lived container's output, in bytes.
const maxOutput = 16 << 10

// once runs a container to its end and removes it, however it ends. letter is
// what its init is told, nil where it has none; talk has its input and output
// until it returns.
func once(ctx context.Context, e Prober, c plan.Container, letter []byte, talk func(*engine.Stream) error) (exit engine.Exit, err error) {
	id, err := create(ctx, e, c)
	if err != nil {
		return engine.Exit{}, err
	}
	defer func() {
		if gone := remove(ctx, e, id, c.Name); gone != nil {
			err = errors.Join(err, gone)
		}
	}()
	stream, err := e.Attach(ctx, id, engine.AttachOptions{})
	if err != nil {
		return engine.Exit{}, err
	}
	defer stream.Close()
	// One that hangs would hold its stream open for ever.
	defer context.AfterFunc(ctx, func() { stream.Close() })()
	end := e.Wait(ctx, id)
	if err := e.Start(ctx, id); err != nil {
		return engine.Exit{}, err
	}
	if letter != nil {
		if err := hand(ctx, stream, false, letter); err != nil {
			return engine.Exit{}, err
		}
	}
	err = talk(stream)
	if exit = <-end; exit.Err != nil {
		return exit, exit.Err
	}
	return exit, err
}

// Output runs a container to its end and returns what it wrote to its standard
// output. One that fails is an error with its last words.
func Output(ctx context.Context, e Prober, c plan.Container) (string, error) {
	return output(ctx, e, c, nil)
}

func output(ctx context.Context, e Prober, c plan.Container, letter []byte) (string, error) {
	var out, failure bytes.Buffer
	exit, err := once(ctx, e, c, letter, func(stream *engine.Stream) error {
		return stream.CopyOutput(&limited{w: &out, left: maxOutput}, &limited{w: &failure, left: maxOutput})
	})
	if err == nil && exit.Code != 0 {
		err = fmt.Errorf("its container ended with code %d: %s", exit.Code, lastWords(failure.String()))
	}
	return strings.TrimSpace(out.String()), err
}
