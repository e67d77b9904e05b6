package session

import (
	"bytes"
	"context"
	"fmt"
	"strings"
	"time"

	"dclaude/launcher/engine"
	"dclaude/launcher/handoff"
)

// injectTime is what one injection may take. It is a file of a few hundred
// bytes; a session whose processes are stopped never answers.
const injectTime = 15 * time.Second

// maxFailure bounds what a session may say about a failure, in bytes.
const maxFailure = 512

// Inject gives a running session a new login. It goes through the standard
// input of a command that runs as the session's user inside its sandbox, and is
// stored nowhere on the way.
func Inject(ctx context.Context, e Executor, s Session, login handoff.Login) error {
	letter, err := login.Encode()
	if err != nil {
		return err
	}
	timed, cancel := context.WithTimeout(ctx, injectTime)
	defer cancel()
	var failure bytes.Buffer
	code, err := e.Exec(timed, s.ID, engine.ExecRequest{
		User:    s.ExecUser(),
		Command: []string{GuestProgram, "inject"},
		Stdin:   bytes.NewReader(letter),
		Stderr:  &limited{w: &failure, left: maxFailure},
	})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case timed.Err() != nil:
		return &InjectError{Session: s.Name, Reason: fmt.Sprintf("the session did not answer within %d seconds", int(injectTime.Seconds()))}
	case err != nil:
		return err
	case code != 0:
		return &InjectError{Session: s.Name, Reason: reasonOf(failure.String(), code)}
	}
	return nil
}

// InjectError says why a session did not take a login.
type InjectError struct {
	Session string
	// Reason may be the session's own word: one line of printable ASCII.
	Reason string
}

// Error names session and reason.
func (e *InjectError) Error() string {
	return fmt.Sprintf("session %s did not take the new login: %s", e.Session, e.Reason)
}

// Hint says what helps when nothing else does.
func (e *InjectError) Hint() string {
	if strings.Contains(e.Reason, "no space left") {
		return "the engine's disk is full; make room (docker system df shows what takes it), then: dclaude creds inject"
	}
	return "try again with dclaude creds inject, or start the session anew"
}

// reasonOf makes one printable line of what a session said. It comes from a
// hostile place: nothing in it may act on a terminal.
func reasonOf(said string, code int) string {
	plain := strings.Map(func(r rune) rune {
		if r < ' ' || r > '~' {
			return ' '
		}
		return r
	}, said)
	plain = strings.Join(strings.Fields(strings.TrimPrefix(strings.TrimSpace(plain), "dclaude: error: in the container: ")), " ")
	if plain == "" {
		return fmt.Sprintf("exit code %d", code)
	}
	return plain
}
