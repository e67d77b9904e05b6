package session

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"time"

	"dclaude/launcher/egress"
	"dclaude/launcher/engine"
)

// servingTime is what a gateway may take from its start until it serves.
const servingTime = 20 * time.Second

// serving waits until a gateway says that it serves, or until ctx, whose end
// closes the stream, has ended. It also keeps the stream open until the gateway
// has read its setup: newer engines (seen with 28.5) drop what is still on its
// way when a stream is closed.
func serving(ctx context.Context, stream *engine.Stream) error {
	patience := time.AfterFunc(servingTime, func() { stream.Close() })
	var words bytes.Buffer
	log := firstWords{}
	err := stream.CopyOutput(&log, &limited{w: &words, left: maxOutput})
	inTime := patience.Stop()
	why := ""
	if text := lastWords(log.failure + "\n" + words.String()); text != "" {
		why = ": " + text
	}
	switch {
	case errors.Is(err, errServes):
		return nil
	case ctx.Err() != nil:
		return ctx.Err()
	case !inTime:
		return fmt.Errorf("it did not serve within %s%s", servingTime, why)
	case err != nil:
		return fmt.Errorf("%w%s", err, why)
	}
	return errors.New("it ended at once, or the engine did" + why)
}

// errServes ends the reading of a gateway's log that serves.
var errServes = errors.New("the gateway serves")

// firstWords reads a gateway's log until it says that the gateway serves.
type firstWords struct {
	line    []byte
	failure string // the last one that it has told of
}

func (f *firstWords) Write(p []byte) (int, error) {
	for _, b := range p {
		if f.line = append(f.line, b); b != '\n' && len(f.line) < maxOutput {
			continue
		}
		e, err := egress.ParseLine(f.line)
		f.line = f.line[:0]
		if err != nil {
			return 0, err
		}
		switch e.Gateway {
		case egress.GatewayStarted:
			return 0, errServes
		case egress.GatewayFailed:
			f.failure = e.Note
		}
	}
	return len(p), nil
}
