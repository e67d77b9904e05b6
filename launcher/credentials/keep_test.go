package credentials

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"dclaude/creds"
	"dclaude/creds/watch"
)

// keeping runs a loop on events that the test makes, in a synctest bubble.
type keeping struct {
	host    *computer
	events  chan watch.Event
	mu      sync.Mutex
	notices []Notice
	stop    func()
}

func keep(t *testing.T, h *computer) *keeping {
	t.Helper()
	k := &keeping{host: h, events: make(chan watch.Event)}
	ctx, cancel := context.WithCancel(t.Context())
	l := loop{keeper: h.keeper(creds.SourceHost), notify: k.note, renewed: make(chan error, 1)}
	done := make(chan struct{})
	go func() {
		defer close(done)
		l.run(ctx, k.events)
		if l.renewing {
			<-l.renewed
		}
	}()
	k.stop = func() {
		cancel()
		<-done
	}
	k.event(creds.NoChange)
	return k
}

func (k *keeping) note(n Notice) {
	k.mu.Lock()
	defer k.mu.Unlock()
	k.notices = append(k.notices, n)
}

// event tells the loop what the host's store holds now.
func (k *keeping) event(change creds.Change) {
	k.host.mu.Lock()
	state := k.host.state
	k.host.mu.Unlock()
	k.events <- watch.Event{Change: change, State: state}
	synctest.Wait()
}

// take returns the notices since the last call.
func (k *keeping) take() []Notice {
	synctest.Wait()
	k.mu.Lock()
	defer k.mu.Unlock()
	n := k.notices
	k.notices = nil
	return n
}

func TestKeepGivesEachNewToken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newComputer(t, login(t, "A", "ada", 8*time.Hour))
		h.start("s", creds.SourceHost)
		h.start("own", creds.SourceSandbox)
		k := keep(t, h)
		defer k.stop()
		h.set(login(t, "B", "ada", 8*time.Hour), nil)
		k.event(creds.Renewed)
		h.set(creds.Credential{}, creds.ErrUnreadable)
		k.event(creds.Unreachable)
		h.set(creds.Credential{}, creds.ErrMissing)
		k.event(creds.SignedOut)
		h.set(login(t, "C", "bob", 8*time.Hour), nil)
		k.event(creds.SignedIn)
		equal(t, "given", h.tokens("s"), "[A B]")
		equal(t, "given to a sandbox of its own", h.tokens("own"), "[]")
		n := k.take()
		if len(n) != 5 || n[4].Change != creds.SignedIn || len(n[4].Results) != 1 || !n[4].Results[0].Ask || n[3].Change != creds.SignedOut || n[3].Results != nil {
			t.Errorf("%+v", n)
		}
	})
}

// A session that could not take its login, or an engine that was not to be
// reached, is tried again, ever more seldom.
func TestKeepTriesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newComputer(t, login(t, "A", "", 8*time.Hour))
		h.start("s", creds.SourceHost)
		tries := 0
		h.exec = func(context.Context, string, io.Writer) (int, error) {
			if tries++; tries < 4 {
				return 125, nil
			}
			return 0, nil
		}
		k := keep(t, h)
		defer k.stop()
		time.Sleep(retryInject + 2*retryInject + 4*retryInject + time.Second)
		equal(t, "given", h.tokens("s"), "[A]")
		equal(t, "tries", tries, 4)
		if n := k.take(); len(n) != 4 || n[0].Results[0].Err == nil || n[3].Results[0].Err != nil {
			t.Errorf("%+v", n)
		}
		time.Sleep(time.Hour)
		equal(t, "tries", tries, 4)

		h.listErr = errors.New("engine gone")
		h.set(login(t, "B", "", 8*time.Hour), nil)
		k.event(creds.Renewed)
		h.mu.Lock()
		h.listErr = nil
		h.mu.Unlock()
		time.Sleep(retryInjectMost)
		equal(t, "given", h.tokens("s"), "[A B]")
	})
}

// The host's Claude Code here is a script; it is run as a real process, so this
// test uses the real clock, and a login that is due at once.
func TestKeepHasTheLoginRenewed(t *testing.T) {
	h := newComputer(t, login(t, "A", "", 4*time.Minute))
	bin := filepath.Join(h.dir, "bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bin, "claude"), []byte("#!/bin/sh\nmkdir \""+h.dir+"/ran\"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	k := h.keeper(creds.SourceHost)
	k.Refresher.Environ = []string{"PATH=" + bin + ":/usr/bin:/bin"}
	failed := make(chan error, 1)
	l := loop{keeper: k, notify: func(n Notice) {
		if n.Err != nil {
			failed <- n.Err
		}
	}, renewed: make(chan error, 1)}
	ctx, cancel := context.WithCancel(t.Context())
	events, done := make(chan watch.Event, 1), make(chan struct{})
	go func() {
		defer close(done)
		l.run(ctx, events)
	}()
	h.start("s", creds.SourceHost)
	events <- watch.Event{State: h.state}
	select {
	case err := <-failed: // the script stores nothing
		if !strings.Contains(err.Error(), "did not renew") {
			t.Error(err)
		}
	case <-time.After(30 * time.Second):
		t.Error("the login was not renewed")
	}
	cancel()
	<-done
	if _, err := os.Stat(filepath.Join(h.dir, "ran")); err != nil {
		t.Errorf("Claude Code was not run: %v", err)
	}
}

// Nobody's login is renewed for nobody, and a login that cannot be renewed is
// not tried without pause.
func TestKeepRenewsInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := newComputer(t, login(t, "A", "", time.Hour))
		k := keep(t, h)
		defer k.stop()
		time.Sleep(2 * time.Hour)
		if n := k.take(); len(n) != 1 {
			t.Errorf("without a session: %+v", n[1:])
		}
	})
	synctest.Test(t, func(t *testing.T) {
		h := newComputer(t, login(t, "A", "", time.Hour))
		h.start("s", creds.SourceHost)
		k := keep(t, h) // its Refresher has no PATH and no home: there is no Claude Code
		defer k.stop()
		k.take()
		time.Sleep(54*time.Minute + 59*time.Second)
		if n := k.take(); len(n) > 0 {
			t.Errorf("too early: %+v", n)
		}
		time.Sleep(2 * time.Second)
		if n := k.take(); len(n) != 1 || n[0].Err == nil {
			t.Errorf("in time: %+v", n)
		}
		time.Sleep(retryRefresh - 3*time.Second)
		if n := k.take(); len(n) > 0 {
			t.Errorf("without pause: %+v", n)
		}
		time.Sleep(time.Minute)
		if n := k.take(); len(n) != 1 {
			t.Errorf("again: %+v", n)
		}
	})
}
