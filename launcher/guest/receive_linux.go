package guest

import (
	"errors"
	"io"
	"os"
	"time"

	"dclaude/launcher/handoff"
)

// handoffTime is what a launcher may take from a container's start to its
// handoff. A few milliseconds are the rule; one that was killed in between
// never comes, and nobody else can make a session of the container.
const handoffTime = 30 * time.Second

// fromLauncher takes the handoff that the launcher sends on the standard input.
func fromLauncher(layout) (handoff.Handoff, error) {
	return receive(os.Stdin, os.Stdout, handoffTime)
}

// receive asks for the handoff, if in is a terminal, and waits for it. What
// comes after it stays to be read.
func receive(in *os.File, out io.Writer, patience time.Duration) (handoff.Handoff, error) {
	before := makeRaw(in)
	if before != nil {
		defer setTerminal(in, before)
		if _, err := io.WriteString(out, handoff.Ask); err != nil {
			return handoff.Handoff{}, err
		}
	}
	type result struct {
		h   handoff.Handoff
		err error
	}
	came := make(chan result, 1)
	go func() { // who loses patience ends this process, and the read with it
		h, err := handoff.Receive(in)
		came <- result{h, err}
	}()
	select {
	case r := <-came:
		if before != nil && r.err == nil {
			_, r.err = io.WriteString(out, handoff.Taken)
		}
		return r.h, r.err
	case <-time.After(patience):
		return handoff.Handoff{}, errors.New("the dclaude that started this container did not say what session it is")
	}
}
