package session

import (
	"bytes"
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"dclaude/launcher/engine"
)

// busyPercent is how much of a processor a session takes that is at work; one
// that waits at its prompt takes about one per cent.
const busyPercent = 10

// LastActivity asks a session when its conversation last moved, and returns its
// start if it has none. It is the session's own word, and bounded by what can be:
// never before its start, never in the future.
func LastActivity(ctx context.Context, e Executor, s Session) (time.Time, error) {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var out bytes.Buffer
	code, err := e.Exec(ctx, s.ID, engine.ExecRequest{
		User:    s.ExecUser(),
		Command: []string{GuestProgram, "exec", GuestProgram, "activity"},
		Stdout:  &limited{w: &out, left: maxKernel},
	})
	if err != nil {
		return time.Time{}, err
	}
	seconds, err := strconv.ParseInt(strings.TrimSpace(out.String()), 10, 64)
	if code != 0 || err != nil {
		return time.Time{}, fmt.Errorf("look at the session's conversation: exit code %d", code)
	}
	if last := time.Unix(seconds, 0); last.After(s.Created) {
		return last, nil
	}
	return s.Created, nil
}

// Idle tells whether a session has done nothing for some time: no window shows
// it, it takes no processor, and its conversation has not moved.
func Idle(s Session, last, now time.Time, atLeast time.Duration) bool {
	busy := s.Usage == nil || s.Usage.CPUPercent >= busyPercent
	return !s.Attached && !busy && now.Sub(last) >= atLeast
}
