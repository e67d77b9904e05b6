package gateway

import (
	"io"
	"sync"
	"time"

	"dclaude/launcher/egress"
)

// Journal writes the gateway's log. A session can cause lines, but neither
// delay the gateway by them nor flood what the engine keeps: lines above a rate
// are counted instead, and the count is in the next line. What its user causes is
// not counted, so that no flood hides it.
type Journal struct {
	session string
	now     func() time.Time
	lines   chan []byte
	done    chan struct{}

	mu      sync.Mutex
	tokens  float64
	last    time.Time
	dropped int64
	closed  bool
}

// The rate of lines: a burst, and so many a second after it. At about 200 bytes
// each the engine's few megabytes hold hours of a flood.
const (
	lineBurst = 500
	lineRate  = 20
	lineQueue = 256
)

// NewJournal writes to w until Close.
func NewJournal(w io.Writer, session string, now func() time.Time) *Journal {
	j := &Journal{
		session: session, now: now, tokens: lineBurst, last: now(),
		lines: make(chan []byte, lineQueue), done: make(chan struct{}),
	}
	go func() {
		defer close(j.done)
		for line := range j.lines {
			// A log that cannot be written is no reason to end a session.
			_, _ = w.Write(line)
		}
	}()
	return j
}

// Add writes an event, with time and session filled in. It never waits.
func (j *Journal) Add(e egress.Event) {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.closed {
		return
	}
	now := j.now()
	j.tokens = min(lineBurst, j.tokens+now.Sub(j.last).Seconds()*lineRate)
	j.last = now
	ofUser := e.Kind == egress.KindPolicy || e.Gateway != ""
	if j.tokens < 1 && !ofUser {
		j.dropped++
		return
	}
	e.Time, e.Session, e.Dropped = now.UTC(), j.session, j.dropped
	select {
	case j.lines <- e.Line():
		if !ofUser {
			j.tokens--
		}
		j.dropped = 0
	default:
		j.dropped++
	}
}

// Close writes what is waiting.
func (j *Journal) Close() {
	j.mu.Lock()
	if !j.closed {
		j.closed = true
		close(j.lines)
	}
	j.mu.Unlock()
	<-j.done
}
