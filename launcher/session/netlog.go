package session

import (
	"bytes"
	"context"
	"errors"
	"io"
	"sync"

	"dclaude/launcher/egress"
	"dclaude/launcher/engine"
	"dclaude/launcher/plan"
)

// LogSource is what reading gateways' logs needs of an engine.
type LogSource interface {
	Containers(ctx context.Context, labels map[string]string) ([]engine.Container, error)
	Events(ctx context.Context, labels map[string]string) (<-chan engine.Event, <-chan error)
	Logs(ctx context.Context, id string, o engine.LogOptions, out io.Writer) error
}

// NetLogOptions says which part of the logs is wanted.
type NetLogOptions struct {
	// Session is the only one whose log is wanted; empty for all.
	Session string
	// Lines is how many of the latest lines of each; all when it is negative.
	Lines int
	// Follow goes on with what comes, from sessions that start later too, until
	// ctx ends.
	Follow bool
}

// NetLog calls emit for each line of the gateways' logs: what sessions reached,
// what was blocked, that Claude waits or has finished. What it follows includes
// an egress.GatewayDied for each gateway that ends before its session. Lines of
// one session come in their order; emit is called by one goroutine at a time. It
// returns nil when ctx ends.
func NetLog(ctx context.Context, e LogSource, o NetLogOptions, emit func(egress.Event)) error {
	labels := map[string]string{plan.LabelRole: plan.RoleGateway, plan.LabelSession: o.Session}
	if o.Session == "" {
		delete(labels, plan.LabelSession)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var changes <-chan engine.Event
	var broken <-chan error
	if o.Follow {
		changes, broken = e.Events(ctx, labels) // before the list, so that none is missed
	}
	there, err := e.Containers(ctx, labels)
	if err != nil {
		return err
	}
	f := follower{e: e, emit: emit, seen: map[string]bool{}}
	for _, c := range there {
		f.read(ctx, c.ID, engine.LogOptions{Lines: o.Lines, Follow: o.Follow})
	}
	for o.Follow {
		select {
		case event, ok := <-changes:
			switch {
			case !ok:
				changes = nil
			case event.Action == "start":
				f.read(ctx, event.ID, engine.LogOptions{Lines: -1, Follow: true})
			case event.Action == "die":
				f.died(ctx, event)
			}
		case err := <-broken:
			cancel()
			_ = f.wait()
			if errors.Is(ctx.Err(), context.Canceled) && engine.IsKind(err, engine.KindCancelled) {
				return nil
			}
			return err
		case <-ctx.Done():
			_ = f.wait()
			return nil
		}
	}
	return f.wait()
}

// follower reads several logs at the same time.
type follower struct {
	e    LogSource
	emit func(egress.Event)
	seen map[string]bool

	group sync.WaitGroup
	mu    sync.Mutex
	err   error
}

func (f *follower) read(ctx context.Context, id string, o engine.LogOptions) {
	if f.seen[id] {
		return
	}
	f.seen[id] = true
	f.group.Go(func() {
		err := f.e.Logs(ctx, id, o, &lineWriter{line: f.line})
		if err != nil && !gone(err) {
			f.mu.Lock()
			f.err = errors.Join(f.err, err)
			f.mu.Unlock()
		}
	})
}

// died tells of a gateway that has ended, if its session has not. One that cannot
// be asked about has ended with the engine.
func (f *follower) died(ctx context.Context, event engine.Event) {
	name := event.Labels[plan.LabelSession]
	sessions, err := List(ctx, f.e)
	if err != nil {
		return
	}
	for _, s := range sessions {
		if s.Name == name && s.Running() {
			f.say(egress.Event{Time: event.Time.UTC(), Session: name, Kind: egress.KindGateway, Gateway: egress.GatewayDied})
		}
	}
}

func (f *follower) line(text []byte) {
	event, err := egress.ParseLine(text)
	if err != nil {
		return // a panic's trace, say
	}
	f.say(event)
}

func (f *follower) say(event egress.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.emit(event)
}

func (f *follower) wait() error {
	f.group.Wait()
	return f.err
}

// maxLogLine bounds a line that is kept while it is not complete, in bytes.
const maxLogLine = 64 << 10

// lineWriter calls line for each whole line that is written to it.
type lineWriter struct {
	line func([]byte)
	rest []byte
}

func (l *lineWriter) Write(p []byte) (int, error) {
	n := len(p)
	for {
		head, tail, whole := bytes.Cut(p, []byte("\n"))
		if len(l.rest)+len(head) <= maxLogLine {
			l.rest = append(l.rest, head...)
		}
		if !whole {
			return n, nil
		}
		l.line(l.rest)
		l.rest = l.rest[:0]
		p = tail
	}
}
