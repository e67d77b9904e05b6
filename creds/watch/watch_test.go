package watch

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"dclaude/creds"
)

// shop is a store and a listener whose moves the test makes. In a synctest
// bubble nothing else runs while the test moves.
type shop struct {
	mu     sync.Mutex
	state  creds.State
	reads  int
	stamp  string // empty when it cannot be told
	signal chan struct{}
	out    <-chan Event
	cancel context.CancelFunc
}

func (s *shop) Read(context.Context) (creds.Credential, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reads++
	return s.state.Credential, s.state.Err
}

// set gives the shop another state and stamp.
func (s *shop) set(state creds.State, stamp string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.state, s.stamp = state, stamp
}

func (s *shop) count() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.reads
}

func (s *shop) tell(context.Context) (string, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.stamp, s.stamp != ""
}

func (s *shop) Describe() string         { return "shop" }
func (s *shop) follow()                  {}
func (s *shop) close()                   {}
func (s *shop) changes() <-chan struct{} { return s.signal }

var errRefused = errors.New("refused")

func (s *shop) target(stamps bool) Target {
	t := Target{Store: s, Bothers: func(err error) bool { return errors.Is(err, errRefused) }}
	if stamps {
		t.Stamp = s.tell
	}
	return t
}

func has(token string) creds.State {
	return creds.State{Credential: creds.Credential{Access: creds.NewSecret(token)}}
}

var none = creds.State{Err: creds.ErrMissing}

// open starts a watcher and takes its first event.
func open(t *testing.T, first creds.State, stamps bool) *shop {
	t.Helper()
	s := &shop{state: first, stamp: "1", signal: make(chan struct{})}
	ctx, cancel := context.WithCancel(t.Context())
	out := make(chan Event)
	w := &watcher{target: s.target(stamps), listener: s}
	go func() {
		defer close(out)
		w.loop(ctx, out)
	}()
	s.out, s.cancel = out, cancel
	t.Cleanup(cancel)
	if e := <-out; e.Change != creds.NoChange || !e.State.Credential.Same(first.Credential) || s.count() != 1 {
		t.Fatalf("first event %v after %d reads", e, s.count())
	}
	return s
}

// expect waits for an event for at most a time.
func (s *shop) expect(t *testing.T, want creds.Change, within time.Duration) {
	t.Helper()
	start := time.Now()
	select {
	case e := <-s.out:
		if e.Change != want {
			t.Errorf("%v after %v, want %v", e.Change, time.Since(start), want)
		}
	case <-time.After(within):
		t.Errorf("no event within %v, want %v", within, want)
	}
}

func (s *shop) silent(t *testing.T, during time.Duration) {
	t.Helper()
	select {
	case e := <-s.out:
		t.Errorf("%v, want silence", e.Change)
	case <-time.After(during):
	}
}

func TestAChangeIsReadOnceItHasSettled(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, has("0"), false)
		for i := range 5 {
			s.set(has(fmt.Sprint(i)), "1")
			s.signal <- struct{}{}
			time.Sleep(settle / 2)
		}
		s.expect(t, creds.Renewed, settle)
		if s.count() != 2 {
			t.Errorf("%d reads", s.count())
		}
		s.signal <- struct{}{} // a change of something else
		s.silent(t, time.Second)
		s.cancel()
		if _, open := <-s.out; open {
			t.Error("an event after the end")
		}
	})
}

// A store that is rewritten for ever is read all the same.
func TestAStoreThatIsNeverQuiet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, has("start"), false)
		var events int
		last := ""
		note := func(e Event) {
			events++
			last = e.State.Credential.Access.Reveal()
		}
		for i := range 100 {
			s.set(has(fmt.Sprint(i)), "")
			for sent := false; !sent; {
				select {
				case s.signal <- struct{}{}:
					sent = true
				case e := <-s.out:
					note(e)
				}
			}
			time.Sleep(settle / 2)
		}
		for last != "99" {
			select {
			case e := <-s.out:
				note(e)
			case <-time.After(patience):
				t.Fatalf("the last event has %q", last)
			}
		}
		if events < 3 || events > 8 {
			t.Errorf("%d events in five seconds, the last with %s", events, last)
		}
	})
}

func TestWithoutEventsTheBackupCheckLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, has("a"), false)
		s.set(none, "1")
		s.expect(t, creds.SignedOut, 2*backup)
		s.set(has("b"), "1")
		s.expect(t, creds.SignedIn, 2*backup)
		s.set(has("c"), "1")
		s.expect(t, creds.Renewed, 2*backup)
		s.silent(t, 5*backup)
	})
}

// Half a file is no sign-out, and what comes after it is compared with what
// was there before it.
func TestAStoreThatCannotBeReadForAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, has("a"), false)
		s.set(creds.State{Err: creds.ErrUnreadable}, "1")
		s.expect(t, creds.Unreachable, 2*backup)
		s.silent(t, 3*backup)
		s.set(has("a"), "1")
		s.expect(t, creds.NoChange, 2*backup)
		s.set(creds.State{Err: creds.ErrUnreadable}, "1")
		s.expect(t, creds.Unreachable, 2*backup)
		s.set(has("b"), "1")
		s.expect(t, creds.Renewed, 2*backup)
	})
	synctest.Test(t, func(t *testing.T) {
		s := open(t, creds.State{Err: creds.ErrUnreadable}, false)
		s.silent(t, 3*backup)
		s.set(has("a"), "1")
		s.expect(t, creds.Renewed, 2*backup)
	})
}

// On macOS the date of change decides whether the secret is read.
func TestTheStampDecides(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, has("a"), true)
		for range 20 {
			s.signal <- struct{}{}
			time.Sleep(time.Second)
		}
		s.silent(t, 5*backup)
		if s.count() != 1 {
			t.Fatalf("%d reads of a store that has not changed", s.count())
		}
		s.set(has("b"), "2")
		s.signal <- struct{}{}
		s.expect(t, creds.Renewed, time.Second)
		s.set(has("b"), "3") // the same login, stored again
		s.silent(t, backup)
		if s.count() != 3 {
			t.Errorf("%d reads", s.count())
		}
		s.set(has("c"), "")
		s.expect(t, creds.Renewed, 2*backup)
	})
}

// After a refusal the user is not asked again each minute; after a locked
// keychain, which asks nobody, the next look may find it open.
func TestARefusalIsRespected(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := open(t, has("a"), true)
		s.set(creds.State{Err: errRefused}, "2")
		s.expect(t, creds.Unreachable, 2*backup)
		reads := s.count()
		s.silent(t, 10*backup)
		if s.count() != reads {
			t.Errorf("asked %d more times", s.count()-reads)
		}
		s.set(creds.State{Err: errors.New("locked")}, "3")
		s.silent(t, 2*backup)
		s.set(has("b"), "3")
		s.expect(t, creds.Renewed, 2*backup)
	})
}
