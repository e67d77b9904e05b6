package session

import (
	"context"

	"dclaude/launcher/engine"
	"dclaude/launcher/handoff"
)

// hand gives the init of a container that was just started its handoff. On a
// terminal it waits to be asked, until when the terminal would repeat what it
// is given, and until the init has it: the stream can be closed then. An init
// that says something else has failed: its words are left for whoever reads the
// stream, and its end tells the rest. letter is the handoff's frame.
func hand(ctx context.Context, s *engine.Stream, tty bool, letter []byte) error {
	stop := context.AfterFunc(ctx, func() { s.Close() })
	defer stop()
	if tty {
		asked, err := s.Expect(handoff.Ask)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil || !asked {
			return err
		}
	}
	_, err := s.Write(letter)
	if tty && err == nil {
		_, err = s.Expect(handoff.Taken)
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
