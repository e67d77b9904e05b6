package monitor

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// fakeEngine is an engine that a test starts, stops and fills.
type fakeEngine struct {
	mu       sync.Mutex
	up       bool
	sessions []Session
	changes  chan struct{}
	connects []time.Time
	looks    int
	open     int
	events   chan Event // of the gateways
}

func (f *fakeEngine) connect(context.Context) (Connection, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.connects = append(f.connects, time.Now())
	if !f.up {
		return nil, errors.New("nothing answers")
	}
	f.open++
	return f, nil
}

func (f *fakeEngine) Describe(context.Context) (Engine, Isolation, error) {
	return Engine{State: EngineRunning, Product: "Fake 1"}, Isolation{Way: "runsc", Proved: true}, nil
}

func (f *fakeEngine) Update() Update { return Update{} }

func (f *fakeEngine) Sessions(context.Context) ([]Session, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.looks++
	return append([]Session(nil), f.sessions...), nil
}

func (f *fakeEngine) Watch(context.Context) (<-chan struct{}, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.changes = make(chan struct{}, 1000)
	return f.changes, nil
}

func (f *fakeEngine) Traffic(ctx context.Context, report func(Event)) {
	for {
		select {
		case e := <-f.events:
			report(e)
		case <-ctx.Done():
			return
		}
	}
}

func (f *fakeEngine) Close() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.open--
}

func (f *fakeEngine) set(up bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.up = up
	if !up && f.changes != nil {
		close(f.changes)
		f.changes = nil
	}
}

func (f *fakeEngine) change(sessions ...Session) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.sessions = sessions
	f.changes <- struct{}{}
}

func explain(err error) Engine {
	return Engine{State: EngineDown, Product: "Fake", Problem: err.Error()}
}

// recorder keeps what was published.
type recorder struct {
	mu  sync.Mutex
	all []Snapshot
}

func (r *recorder) publish(s Snapshot) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.all = append(r.all, s)
}

func (r *recorder) last() Snapshot {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.all[len(r.all)-1]
}

func (r *recorder) count() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.all)
}

// watch runs a monitor in a bubble until the test's end.
func watch(t *testing.T, sources Sources, test func(m *Monitor, r *recorder)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{}
		m := New(sources, time.Now, r.publish)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); m.Run(ctx) }()
		synctest.Wait()
		test(m, r)
		cancel()
		<-done
	})
}

func TestTheFirstSnapshotComesAtOnce(t *testing.T) {
	watch(t, Sources{}, func(_ *Monitor, r *recorder) {
		if r.count() != 1 || r.last().Engine.State != EngineUnknown || r.last().At.IsZero() {
			t.Errorf("%+v", r.all)
		}
	})
}

func TestSessionsComeAndGo(t *testing.T) {
	e := &fakeEngine{up: true}
	watch(t, Sources{Connect: e.connect, Explain: explain}, func(_ *Monitor, r *recorder) {
		if s := r.last(); s.Engine.State != EngineRunning || s.Isolation.Way != "runsc" || len(s.Sessions) != 0 {
			t.Fatalf("%+v", s)
		}
		before := time.Now()
		e.change(Session{Name: "a", Container: "1"}, Session{Name: "b", Container: "2"})
		synctest.Wait()
		if s := r.last(); len(s.Sessions) != 2 || time.Since(before) != 0 {
			t.Fatalf("%+v after %v", s, time.Since(before))
		}
		e.change()
		synctest.Wait()
		if s := r.last(); len(s.Sessions) != 0 {
			t.Fatalf("%+v", s)
		}
	})
	if e.open != 0 {
		t.Errorf("%d connections are open after the end", e.open)
	}
}

// A burst of events is looked at a few times, not once for each.
func TestBurstsAreTakenTogether(t *testing.T) {
	e := &fakeEngine{up: true}
	watch(t, Sources{Connect: e.connect, Explain: explain}, func(_ *Monitor, r *recorder) {
		looks, published := e.looks, r.count()
		for n := range 500 {
			e.change(Session{Name: fmt.Sprint(n), Container: fmt.Sprint(n)})
		}
		synctest.Wait()
		if got := r.last().Sessions; len(got) != 1 || got[0].Name != "499" {
			t.Errorf("%+v", got)
		}
		if e.looks-looks > 400 || r.count()-published > 400 {
			t.Errorf("%d looks, %d snapshots for 500 events", e.looks-looks, r.count()-published)
		}
	})
}

// Without an engine the tries become rarer, down to one a minute; one that is
// started later is noticed, and at once when the monitor is told to check.
func TestEngineThatComesLater(t *testing.T) {
	e := &fakeEngine{}
	watch(t, Sources{Connect: e.connect, Explain: explain}, func(m *Monitor, r *recorder) {
		if s := r.last(); s.Engine.State != EngineDown || s.Engine.Problem != "nothing answers" {
			t.Fatalf("%+v", s.Engine)
		}
		time.Sleep(time.Hour)
		synctest.Wait()
		if n := len(e.connects); n < 60 || n > 70 {
			t.Errorf("%d tries in an hour", n)
		}
		for i := 8; i < len(e.connects); i++ {
			if gap := e.connects[i].Sub(e.connects[i-1]); gap != lastWait {
				t.Errorf("try %d after %v", i, gap)
			}
		}
		e.set(true)
		time.Sleep(lastWait + time.Second)
		synctest.Wait()
		if r.last().Engine.State != EngineRunning {
			t.Fatal("an engine that was started is not noticed")
		}
		e.set(false)
		synctest.Wait()
		if s := r.last(); s.Engine.State != EngineDown || s.Isolation.Way != "" {
			t.Fatalf("%+v", s)
		}
		e.set(true)
		m.Check()
		synctest.Wait()
		if r.last().Engine.State != EngineRunning {
			t.Fatal("Check does not look for the engine")
		}
	})
}

func TestEngineThatGoesAndComes(t *testing.T) {
	e := &fakeEngine{up: true}
	watch(t, Sources{Connect: e.connect, Explain: explain}, func(_ *Monitor, r *recorder) {
		e.change(Session{Name: "a", Container: "1"})
		for range 20 {
			synctest.Wait()
			e.set(false)
			synctest.Wait()
			if s := r.last(); s.Engine.State != EngineDown || len(s.Sessions) != 0 {
				t.Fatalf("gone: %+v", s)
			}
			e.set(true)
			time.Sleep(lastWait)
			synctest.Wait()
			if s := r.last(); s.Engine.State != EngineRunning || len(s.Sessions) != 1 {
				t.Fatalf("back: %+v", s)
			}
		}
	})
	if e.open != 0 {
		t.Errorf("%d connections are open after the end", e.open)
	}
}

// The menu changes at the very moment at which a token begins to expire, and
// at its end.
func TestTokenTimers(t *testing.T) {
	logins := func(ctx context.Context, report func(Login)) {
		report(Login{State: LoginPresent, Expires: time.Now().Add(40*time.Minute + 7*time.Second)})
		<-ctx.Done()
	}
	watch(t, Sources{Logins: logins}, func(_ *Monitor, r *recorder) {
		expires := r.last().Login.Expires
		time.Sleep(time.Until(expires) + time.Hour)
		synctest.Wait()
		var expiring, expired time.Time
		for _, s := range r.all {
			if s.Login.Expiring(s.At) && expiring.IsZero() {
				expiring = s.At
			}
			if s.Login.Expired(s.At) && expired.IsZero() {
				expired = s.At
			}
		}
		if late := expiring.Sub(expires.Add(-ExpiringWithin)); late < 0 || late > time.Second {
			t.Errorf("shown as expiring %v late", late)
		}
		if late := expired.Sub(expires); late < 0 || late > time.Second {
			t.Errorf("shown as expired %v late", late)
		}
	})
}

// Idle, nothing happens oftener than once a minute.
func TestIdle(t *testing.T) {
	e := &fakeEngine{up: true, sessions: []Session{{Name: "a"}, {Name: "b"}}}
	logins := func(ctx context.Context, report func(Login)) {
		report(Login{State: LoginPresent, Expires: time.Now().Add(8 * time.Hour)})
		<-ctx.Done()
	}
	watch(t, Sources{Connect: e.connect, Explain: explain, Logins: logins}, func(_ *Monitor, r *recorder) {
		looks, published := e.looks, r.count()
		time.Sleep(10 * time.Minute)
		synctest.Wait()
		if e.looks != looks || r.count()-published > 10 {
			t.Errorf("%d looks and %d snapshots in ten idle minutes", e.looks-looks, r.count()-published)
		}
	})
}

// A computer that slept, or a clock that was set, shows within a minute.
func TestClockThatJumps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		var skew time.Duration
		now := func() time.Time { mu.Lock(); defer mu.Unlock(); return time.Now().Add(skew) }
		logins := func(ctx context.Context, report func(Login)) {
			report(Login{State: LoginPresent, Expires: time.Now().Add(8 * time.Hour)})
			<-ctx.Done()
		}
		r := &recorder{}
		m := New(Sources{Logins: logins}, now, r.publish)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); m.Run(ctx) }()
		synctest.Wait()
		for _, step := range []struct {
			skew time.Duration
			want bool
		}{{9 * time.Hour, true}, {-20 * time.Hour, false}, {9 * time.Hour, true}} {
			mu.Lock()
			skew = step.skew
			mu.Unlock()
			time.Sleep(wallCheck)
			synctest.Wait()
			if s := r.last(); s.Login.Expired(s.At) != step.want {
				t.Errorf("clock moved by %v: %v at %v", step.skew, s.Login, s.At)
			}
		}
		cancel()
		<-done
	})
}

func TestTraffic(t *testing.T) {
	e := &fakeEngine{up: true, sessions: []Session{{Name: "a", Container: "1"}, {Name: "b", Container: "2"}}}
	synctest.Test(t, func(t *testing.T) {
		events := make(chan Event)
		e.events = events
		r := &recorder{}
		m := New(Sources{Connect: e.connect, Explain: explain}, time.Now, r.publish)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); m.Run(ctx) }()
		synctest.Wait()
		events <- Event{Kind: ClaudeWaits, Session: "b"}
		events <- Event{Kind: ClaudeWaits, Session: "no-such"}
		synctest.Wait()
		if s := r.last().Sessions; s[0].Activity != ActivityUnknown || s[1].Activity != ActivityWaiting {
			t.Errorf("%+v", s)
		}
		e.change(e.sessions...) // another look does not forget it
		events <- Event{Kind: ClaudeFinished, Session: "a"}
		synctest.Wait()
		if s := r.last().Sessions; s[0].Activity != ActivityFinished || s[1].Activity != ActivityWaiting {
			t.Errorf("%+v", s)
		}
		for n := range 10_000 {
			events <- Event{Kind: HostBlocked, Session: "a", Host: fmt.Sprintf("h%d.example", n%5000), Port: 443}
		}
		synctest.Wait()
		b := r.last().Blocked
		if b.Total != 10_000 || len(b.Hosts) != maxBlocked || b.Hosts[0].Host != "h4999.example" {
			t.Errorf("%d hosts, total %d", len(b.Hosts), b.Total)
		}
		events <- Event{Kind: HostBlocked, Session: "a", Host: "h4998.example", Port: 443}
		events <- Event{Kind: HostAllowed, Session: "b", Host: "h4999.example", Port: 443} // not hers to allow
		events <- Event{Kind: HostAllowed, Session: "a", Host: "h4999.example", Port: 443}
		synctest.Wait()
		b = r.last().Blocked
		if len(b.Hosts) != maxBlocked-1 || b.Hosts[0].Host != "h4998.example" || b.Hosts[0].Count != 2 {
			t.Errorf("%+v", b)
		}
		events <- Event{Kind: HostAllowed, Session: "a", Host: "*.other", Port: 0}
		events <- Event{Kind: HostAllowed, Session: "a", Host: "h4998.example", Port: 80}
		synctest.Wait()
		if b = r.last().Blocked; len(b.Hosts) != maxBlocked-1 {
			t.Errorf("%+v", b)
		}
		events <- Event{Kind: HostAllowed, Session: "a", Host: "*.example"}
		synctest.Wait()
		if b = r.last().Blocked; len(b.Hosts) != 0 {
			t.Errorf("%+v", b)
		}
		cancel()
		<-done
	})
}

// What was published does not change afterwards.
func TestSnapshotsAreImmutable(t *testing.T) {
	var b Blocked
	b = b.add(BlockedHost{Host: "a", Port: 443})
	kept := b
	b = b.add(BlockedHost{Host: "b"}).without(Event{Host: "a"})
	if len(b.Hosts) != 1 {
		t.Errorf("%+v", b)
	}
	if len(kept.Hosts) != 1 || kept.Hosts[0].Host != "a" || len(b.Hosts) != 1 || b.Hosts[0].Host != "b" {
		t.Errorf("%+v, %+v", kept, b)
	}
	s := Snapshot{Sessions: []Session{{Name: "a"}}, Blocked: kept}
	c := s.copy()
	s.Sessions[0].Name, s.Blocked.Hosts[0].Host = "x", "x"
	if c.Sessions[0].Name != "a" || c.Blocked.Hosts[0].Host != "a" || c.equal(s) {
		t.Errorf("%+v", c)
	}
}

// A slow reader sees the latest state, and holds nobody up.
func TestSlowReader(t *testing.T) {
	e := &fakeEngine{up: true}
	synctest.Test(t, func(t *testing.T) {
		r := &recorder{}
		slow := func(s Snapshot) { time.Sleep(time.Second); r.publish(s) }
		m := New(Sources{Connect: e.connect, Explain: explain}, time.Now, slow)
		ctx, cancel := context.WithCancel(t.Context())
		done := make(chan struct{})
		go func() { defer close(done); m.Run(ctx) }()
		time.Sleep(10 * time.Second)
		for n := range 200 { // one change each millisecond
			e.change(Session{Name: fmt.Sprint(n)})
			time.Sleep(time.Millisecond)
		}
		time.Sleep(10 * time.Second)
		synctest.Wait()
		if got := r.last().Sessions; len(got) != 1 || got[0].Name != "199" {
			t.Errorf("%+v", got)
		}
		if r.count() > 12 {
			t.Errorf("%d snapshots", r.count())
		}
		cancel()
		<-done
	})
}

// After Restart the engine and the login are asked for anew, nothing of the old
// ones is shown any more, and what was heard of sessions that are still there
// is kept.
func TestRestart(t *testing.T) {
	e := &fakeEngine{up: true, sessions: []Session{{Name: "a", Container: "1"}}}
	source := "host"
	asked := 0
	logins := func(ctx context.Context, report func(Login)) {
		report(Login{State: LoginElsewhere, Source: source})
		<-ctx.Done()
		report(Login{Source: "too late"})
	}
	appears := func(ctx context.Context, appeared func()) {
		asked++
		appeared()
		<-ctx.Done()
	}
	connect := func(ctx context.Context) (Connection, error) {
		if e.events == nil { // made in the bubble
			e.events = make(chan Event)
		}
		return e.connect(ctx)
	}
	watch(t, Sources{Connect: connect, Explain: explain, Logins: logins, Appears: appears}, func(m *Monitor, r *recorder) {
		e.events <- Event{Kind: ClaudeWaits, Session: "a"}
		synctest.Wait()
		source = "token"
		m.Restart()
		m.Restart()
		synctest.Wait()
		s := r.last()
		if s.Login.Source != "token" || s.Engine.State != EngineRunning || len(s.Sessions) != 1 || s.Sessions[0].Activity != ActivityWaiting {
			t.Errorf("%+v", s)
		}
		if len(e.connects) < 2 || asked < 2 {
			t.Errorf("%d connections, asked %d times", len(e.connects), asked)
		}
		for _, s := range r.all {
			if s.Engine.State == EngineDown {
				t.Errorf("the engine was shown as gone: %+v", s)
			}
		}
	})
	if e.open != 0 {
		t.Errorf("%d connections are open after the end", e.open)
	}
}

// A permission takes off the list what it is about, and nothing else.
func TestWhatAPermissionCovers(t *testing.T) {
	for _, tc := range []struct {
		allowed string
		port    int
		host    string
		at      int
		covered bool
	}{
		{"a.example", 0, "a.example", 443, true},
		{"a.example", 0, "a.example", 80, true},
		{"a.example", 0, "a.example", 8443, false},
		{"a.example", 8443, "a.example", 8443, true},
		{"a.example", 443, "b.example", 443, false},
		{"*.example", 0, "a.example", 443, true},
		{"*.example", 0, "example", 443, false},
		{"*.example", 0, "anexample", 443, false},
		{"*", 0, "a.example", 443, true},
		{"*", 0, "a.example", 8443, false},
		{"10.1.0.0/16", 0, "10.1.2.3", 443, true},
		{"10.1.0.0/16", 0, "10.2.2.3", 443, false},
		{"10.1.2.3/32", 8080, "10.1.2.3", 8080, true},
		{"10.1.2.3/32", 8080, "a.example", 8080, false},
		{"fd00::/8", 0, "[fd00::1]", 443, true},
		{"10.1.2.3/32", 0, "::ffff:10.1.2.3", 443, true},
	} {
		var b Blocked
		b = b.add(BlockedHost{Host: tc.host, Port: tc.at, Session: "s"}).without(Event{Host: tc.allowed, Port: tc.port, Session: "s"})
		if (len(b.Hosts) == 0) != tc.covered {
			t.Errorf("%+v", tc)
		}
	}
}
