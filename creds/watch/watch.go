// Package watch tells when the login in a store changes: it listens to the
// folders that the store lies in, waits until a change has settled, and only
// then looks. A slow check beside that finds what no event tells of, such as a
// folder on a network. It touches the world only through fsnotify and the store
// that it is given, and never writes.
package watch

import (
	"context"
	"errors"
	"time"

	"dclaude/creds"
)

// How long things take, unless a Target says otherwise.
const (
	// settle is how long a store must be quiet before it is read.
	settle = 100 * time.Millisecond
	// patience is how long a store that is never quiet goes unread.
	patience = time.Second
	// backup is the pause between looks without an event.
	backup = time.Minute
)

// Target is a store and how to learn of its changes.
type Target struct {
	Store creds.Store
	// Files are the store's files. Each is watched by its folder, because it is
	// replaced by rename, and by that of the file that it is a link to.
	Files []string
	// Dirs are folders in which any change may be one of the store.
	Dirs []string
	// Stamp tells cheaply which version the store has, so that a store whose
	// reading may bother the user is read only when it has another. ok is false
	// when it cannot tell. Nil reads on each occasion.
	Stamp func(context.Context) (stamp string, ok bool)
	// Bothers reports whether reading again after this error would bother the
	// user, who has just refused; then only another stamp leads to a reading.
	Bothers func(error) bool
	// Settle replaces the time that the store must be quiet before it is read.
	Settle time.Duration
}

// Event is a look at the store that found a change. The first event tells what
// there is, with NoChange.
type Event struct {
	Change creds.Change
	State  creds.State
}

// Watch returns a channel of events, which is closed when ctx ends. Who is slow
// to receive misses intermediate states, never the last one.
func Watch(ctx context.Context, t Target) <-chan Event {
	out := make(chan Event)
	go func() {
		defer close(out)
		listener := listen(t)
		defer listener.close()
		w := &watcher{target: t, listener: listener}
		w.loop(ctx, out)
	}()
	return out
}

// watcher is the loop's state.
type watcher struct {
	target   Target
	listener listener
	stamp    string // of what was read last; "" to read in any case
	last     creds.State
	known    bool // last holds something that could be read
	broken   bool // the last look could not read the store
	refused  bool // because the user did not let it
}

// listener reports changes in folders.
type listener interface {
	// follow watches what exists by now of the target's folders.
	follow()
	// changes yields a value when something may have changed.
	changes() <-chan struct{}
	close()
}

func (w *watcher) loop(ctx context.Context, out chan<- Event) {
	w.listener.follow()
	if !w.emit(ctx, out, w.first(ctx)) {
		return
	}
	quiet := w.target.Settle
	if quiet == 0 {
		quiet = settle
	}
	var settled, due <-chan time.Time // set while a change waits to be looked at
	slow := time.NewTicker(backup)
	defer slow.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-w.listener.changes():
			settled = time.After(quiet)
			if due == nil {
				due = time.After(max(patience, 2*quiet))
			}
			continue
		case <-settled:
		case <-due:
		case <-slow.C:
		}
		settled, due = nil, nil
		w.listener.follow()
		if event, ok := w.look(ctx); ok && !w.emit(ctx, out, event) {
			return
		}
	}
}

func (w *watcher) emit(ctx context.Context, out chan<- Event, e Event) bool {
	select {
	case out <- e:
		return true
	case <-ctx.Done():
		return false
	}
}

func (w *watcher) first(ctx context.Context) Event {
	state, _ := w.read(ctx)
	w.remember(state)
	return Event{State: state}
}

// look reads the store if it may have changed.
func (w *watcher) look(ctx context.Context) (Event, bool) {
	state, ok := w.read(ctx)
	if !ok || ctx.Err() != nil {
		return Event{}, false
	}
	var change creds.Change
	switch before := w.last; {
	case unreadable(state) && w.broken:
		return Event{}, false
	case !w.known:
		change = creds.Compare(creds.State{Err: creds.ErrUnreadable}, state)
	default:
		change = creds.Compare(before, state)
	}
	recovered := w.broken && !unreadable(state)
	w.remember(state)
	return Event{Change: change, State: state}, change != creds.NoChange || recovered
}

func (w *watcher) remember(s creds.State) {
	w.broken = unreadable(s)
	if !w.broken {
		w.last, w.known = s, true
	}
}

func unreadable(s creds.State) bool {
	return creds.Judge(s.Credential, s.Err, time.Time{}) == creds.Unreadable
}

// read reads the store, unless its stamp says that it is the one read last.
func (w *watcher) read(ctx context.Context) (creds.State, bool) {
	stamp := ""
	if w.target.Stamp != nil {
		var ok bool
		if stamp, ok = w.target.Stamp(ctx); !ok {
			stamp = ""
		}
		if (stamp != "" && stamp == w.stamp) || (stamp == "" && w.refused) {
			return creds.State{}, false
		}
	}
	c, err := w.target.Store.Read(ctx)
	w.refused = err != nil && w.target.Bothers != nil && w.target.Bothers(err)
	w.stamp = stamp
	if err != nil && !errors.Is(err, creds.ErrMissing) && !w.refused {
		w.stamp = "" // look again at the next occasion
	}
	return creds.State{Credential: c, Err: err}, true
}
