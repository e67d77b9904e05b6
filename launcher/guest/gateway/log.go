package gateway

import (
	"io"
	"maps"
	"sync"
	"time"

	"dclaude/launcher/egress"
)

// Journal writes the gateway's log. A session can cause lines, but neither
// delay the gateway by them nor flood what the engine keeps: lines above a rate
// are counted instead, and the count is in the next line. No flood hides what
// its user causes, that something was sent out in quantity, or which hosts were
// reached: such lines are written whatever the rate is.
type Journal struct {
	session string
	now     func() time.Time
	lines   chan []byte
	done    chan struct{}

	mu      sync.Mutex
	passed  bucket // for what was let through
	refused bucket // for what was not, which costs a session nothing
	// noted is when a host was last written of that something was let through to.
	noted   map[string]time.Time
	dropped int64
	closed  bool
}

// The rates of lines: a burst, and so many a second after it. At about 200 bytes
// each the engine's few megabytes hold more than an hour of both floods.
const (
	lineBurst   = 500
	passedRate  = 5
	refusedRate = 1
	lineQueue   = 1024
	// muchSent is what no line is spared for, in bytes: a log's worth of such
	// lines has cost gigabytes.
	muchSent = 64 << 10
	// notedFor is how long one line about a host does for all.
	notedFor = time.Minute
	maxNoted = 256
)

// NewJournal writes to w until Close.
func NewJournal(w io.Writer, session string, now func() time.Time) *Journal {
	j := &Journal{
		session: session, now: now, noted: map[string]time.Time{},
		passed: bucket{size: lineBurst, perSecond: passedRate}, refused: bucket{size: lineBurst, perSecond: refusedRate},
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
	if !j.mustStand(e, now) && !j.room(e).take(now) {
		j.dropped++
		return
	}
	e.Time, e.Session, e.Dropped = now.UTC(), j.session, j.dropped
	select {
	case j.lines <- e.Line():
		j.dropped = 0
	default:
		j.dropped++
	}
}

// room is what an event takes its line from.
func (j *Journal) room(e egress.Event) *bucket {
	if e.Verdict == egress.VerdictAllowed {
		return &j.passed
	}
	return &j.refused
}

// mustStand tells whether an event is written whatever the rate is.
func (j *Journal) mustStand(e egress.Event, now time.Time) bool {
	if e.Kind == egress.KindPolicy || e.Gateway != "" || e.Sent >= muchSent {
		return true
	}
	if e.Verdict != egress.VerdictAllowed {
		return false
	}
	if last, ok := j.noted[e.Host]; ok && now.Sub(last) < notedFor {
		return false
	}
	if len(j.noted) >= maxNoted {
		maps.DeleteFunc(j.noted, func(_ string, last time.Time) bool { return now.Sub(last) >= notedFor })
	}
	if len(j.noted) >= maxNoted {
		return false // names that a wildcard allows cost nothing
	}
	j.noted[e.Host] = now
	return true
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
