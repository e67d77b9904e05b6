package notify

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"dclaude/app/menu"
	"dclaude/app/monitor"
)

var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// base is a computer on which all is well and one session runs.
func base() monitor.Snapshot {
	return monitor.Snapshot{
		At:       noon,
		Engine:   monitor.Engine{State: monitor.EngineRunning, Product: "Docker Desktop"},
		Login:    monitor.Login{State: monitor.LoginPresent, Expires: noon.Add(8 * time.Hour), Fingerprint: "one"},
		Sessions: []monitor.Session{{Name: "api-1", Container: "c1", Project: "/p/api", Observed: true, GVisor: true, OnHost: true, Token: "one"}},
	}
}

func with(change func(*monitor.Snapshot)) monitor.Snapshot {
	s := base()
	s.Sessions = slices.Clone(s.Sessions)
	change(&s)
	return s
}

func titles(o Outcome) string {
	var t []string
	for _, n := range o.Notes {
		t = append(t, n.Title)
	}
	return strings.Join(t, "; ")
}

// Each case is what is told of a change from a healthy state, and that it is
// not told again.
func TestPolicy(t *testing.T) {
	cases := []struct {
		name   string
		change func(*monitor.Snapshot)
		want   string
		button string
		action menu.Action
	}{
		{"nothing", func(*monitor.Snapshot) {}, "", "", menu.Action{}},
		{"engine stopped", func(s *monitor.Snapshot) { s.Engine.State, s.Sessions = monitor.EngineDown, nil }, "Docker has stopped", "", menu.Action{}},
		{"engine that can be started", func(s *monitor.Snapshot) { s.Engine.State, s.Engine.CanStart = monitor.EngineDown, true }, "Docker has stopped", "Start Docker Desktop", menu.Action{Kind: menu.StartEngine}},
		{"login about to expire", func(s *monitor.Snapshot) { s.Login.Expires = noon.Add(4 * time.Minute) }, "Your Claude login is about to expire", "Refresh", menu.Action{Kind: menu.RefreshLogin}},
		{"that without sessions", func(s *monitor.Snapshot) { s.Login.Expires, s.Sessions = noon.Add(4*time.Minute), nil }, "", "", menu.Action{}},
		{"login expiring later", func(s *monitor.Snapshot) { s.Login.Expires = noon.Add(20 * time.Minute) }, "", "", menu.Action{}},
		{"login expired", func(s *monitor.Snapshot) { s.Login.Expires, s.Sessions = noon.Add(-time.Minute), nil }, "Your Claude login has expired", "Refresh", menu.Action{Kind: menu.RefreshLogin}},
		{"new login", func(s *monitor.Snapshot) { s.Login.Fingerprint = "two" }, "New Claude login", "Give It to Them", menu.Action{Kind: menu.InjectLogin}},
		{"new login that the session has", func(s *monitor.Snapshot) { s.Login.Fingerprint, s.Sessions[0].Token = "two", "two" }, "", "", menu.Action{}},
		{"new login without sessions", func(s *monitor.Snapshot) { s.Login.Fingerprint, s.Sessions = "two", nil }, "", "", menu.Action{}},
		{"logged out", func(s *monitor.Snapshot) { s.Login = monitor.Login{State: monitor.LoginMissing} }, "", "", menu.Action{}},
		{"without gVisor", func(s *monitor.Snapshot) { s.Sessions[0].GVisor = false }, "api runs without gVisor", "Find Out Why…", menu.Action{Kind: menu.RunDoctor}},
		{"waits", func(s *monitor.Snapshot) { s.Sessions[0].Activity = monitor.ActivityWaiting }, "Claude waits for you", "Show", menu.Action{Kind: menu.ShowSession, Session: "api-1", Path: "/p/api"}},
		{"finished", func(s *monitor.Snapshot) { s.Sessions[0].Activity = monitor.ActivityFinished }, "Claude has finished", "Show", menu.Action{Kind: menu.ShowSession, Session: "api-1", Path: "/p/api"}},
		{"blocked", func(s *monitor.Snapshot) {
			s.Blocked = monitor.Blocked{Total: 1, Hosts: []monitor.BlockedHost{{Host: "x.example", Port: 443, Session: "api-1", Project: "/p/api"}}}
		}, "A host was blocked", "Allow for This Session", menu.Action{Kind: menu.AllowHost, Host: "x.example", Port: 443, Session: "api-1", Path: "/p/api", Scope: menu.ForSession}},
		{"update failed", func(s *monitor.Snapshot) { s.Update = monitor.Update{Failed: noon, Why: "no\n\u202eanswer"} }, "A new Claude Code does not work in the sandbox", "Try Again…", menu.Action{Kind: menu.UpdateClaude}},
		{"gateway died", func(s *monitor.Snapshot) { s.Sessions[0].Offline = true }, "api is offline", "Restart It", menu.Action{Kind: menu.RestartGateway, Session: "api-1", Path: "/p/api"}},
		{"blocked by a hostile name", func(s *monitor.Snapshot) {
			s.Blocked = monitor.Blocked{Total: 1, Hosts: []monitor.BlockedHost{{Host: "x\n\u202ey", Session: "api-1"}}}
		}, "A host was blocked", "", menu.Action{}},
	}
	for _, tc := range cases {
		t.Run(tc.name, func(t *testing.T) {
			p := NewPolicy(nil, false)
			if o := p.See(base()); titles(o) != "" {
				t.Fatalf("at the start: %s", titles(o))
			}
			changed := with(tc.change)
			o := p.See(changed)
			if o.Again > 0 {
				changed.At = changed.At.Add(o.Again)
				o = p.See(changed)
			}
			if titles(o) != tc.want || len(o.Do) > 0 {
				t.Fatalf("%q, %v", titles(o), o.Do)
			}
			if tc.want != "" {
				n := o.Notes[0]
				button, action := "", menu.Action{}
				if len(n.Buttons) > 0 {
					button, action = n.Buttons[0].Label, n.Buttons[0].Action
				}
				if button != tc.button || action != tc.action || n.ID == "" || n.Kind == "" || strings.ContainsAny(n.Title+n.Body, "\n\u202e") {
					t.Errorf("%+v", n)
				}
				muted := NewPolicy([]Kind{n.Kind}, false)
				muted.See(base())
				muted.See(with(tc.change))
				if o := muted.See(changed); titles(o) != "" {
					t.Errorf("switched off, and yet: %s", titles(o))
				}
			}
			if o := p.See(changed); titles(o) != "" {
				t.Errorf("said again: %s", titles(o))
			}
		})
	}
}

func TestInjectWithoutAsking(t *testing.T) {
	p := NewPolicy(nil, true)
	p.See(base())
	o := p.See(with(func(s *monitor.Snapshot) { s.Login.Fingerprint = "two" }))
	if len(o.Notes) != 0 || !slices.Equal(o.Do, []menu.Action{{Kind: menu.InjectLogin}}) {
		t.Errorf("%+v", o)
	}
	ending := with(func(s *monitor.Snapshot) {
		s.Login.Fingerprint, s.Sessions[0].Token, s.Login.Expires = "two", "two", noon.Add(4*time.Minute)
	})
	if o := p.See(ending); len(o.Notes) != 0 || !slices.Equal(o.Do, []menu.Action{{Kind: menu.RefreshLogin}}) {
		t.Errorf("%+v", o)
	}
	if o := p.See(ending); len(o.Notes)+len(o.Do) != 0 {
		t.Errorf("again: %+v", o)
	}
	ending.At = noon.Add(5 * time.Minute) // it could not be renewed
	if o := p.See(ending); titles(o) != "Your Claude login has expired" {
		t.Errorf("%+v", o)
	}
}

// A session's own window gives it the new login in a moment: nobody is asked.
func TestWindowsAreFaster(t *testing.T) {
	p := NewPolicy(nil, false)
	p.See(base())
	s := with(func(s *monitor.Snapshot) { s.Login.Fingerprint = "two" })
	if o := p.See(s); titles(o) != "" || o.Again != grace {
		t.Fatalf("%+v", o)
	}
	s.At = s.At.Add(grace / 2)
	if o := p.See(s); titles(o) != "" || o.Again != grace/2 {
		t.Fatalf("%+v", o)
	}
	s.Sessions[0].Token = "two"
	s.At = s.At.Add(grace)
	if o := p.See(s); titles(o) != "" || o.Again != 0 {
		t.Fatalf("%+v", o)
	}
	s.Sessions[0].OnHost, s.Sessions[0].Token = false, "its own"
	s.Login.Fingerprint = "three"
	if o := p.See(s); titles(o) != "" || o.Again != 0 {
		t.Fatalf("a session with a login of its own: %+v", o)
	}
}

// The first look at a login is no new login.
func TestStart(t *testing.T) {
	p := NewPolicy(nil, true)
	p.See(monitor.Snapshot{At: noon})
	if o := p.See(base()); len(o.Notes)+len(o.Do) != 0 {
		t.Errorf("%+v", o)
	}
	p = NewPolicy(nil, false)
	if o := p.See(with(func(s *monitor.Snapshot) { s.Login.Expires = noon.Add(-time.Hour) })); titles(o) != "Your Claude login has expired" {
		t.Errorf("%s", titles(o))
	}
}

// Ten thousand blocked hosts are a handful of notes, and cannot crowd out the
// one about a login.
func TestNoBursts(t *testing.T) {
	p := NewPolicy(nil, false)
	s := base()
	p.See(s)
	count := 0
	for n := range 10_000 {
		s.At = noon.Add(time.Duration(n) * time.Millisecond)
		s.Blocked = monitor.Blocked{Total: n + 1, Hosts: []monitor.BlockedHost{{Host: fmt.Sprintf("h%d.example", n), Session: "api-1"}}}
		count += len(p.See(s).Notes)
	}
	if count > burst+2 {
		t.Errorf("%d notes in ten seconds", count)
	}
	s.Login.Fingerprint = "two"
	p.See(s)
	s.At = s.At.Add(grace)
	if o := p.See(s); titles(o) != "New Claude login" {
		t.Errorf("%q", titles(o))
	}
	s.Blocked = monitor.Blocked{Total: 20_000, Hosts: []monitor.BlockedHost{{Host: "last.example", Session: "api-1"}}}
	s.Update.Failed, s.Login.Expires = s.At, s.At.Add(-time.Second)
	if o := p.See(s); titles(o) != "Your Claude login has expired; A new Claude Code does not work in the sandbox" {
		t.Errorf("%q", titles(o))
	}
	if len(p.said) > 1001 {
		t.Errorf("%d things are remembered", len(p.said))
	}
	s.At = noon.Add(time.Hour)
	s.Sessions = []monitor.Session{{Name: "b", Container: "c2", Activity: monitor.ActivityWaiting}}
	if o := p.See(s); titles(o) != "Claude waits for you" {
		t.Errorf("an hour later: %q", titles(o))
	}
	s.At = noon.Add(-time.Hour) // the clock was set back
	s.Sessions = []monitor.Session{{Name: "b", Container: "c3", Activity: monitor.ActivityWaiting}}
	if o := p.See(s); titles(o) != "Claude waits for you" {
		t.Errorf("after the clock was set back: %q", titles(o))
	}
}

// What failed before the app, or the engine, was there is no news; what fails
// again is.
func TestUpdatesThatFail(t *testing.T) {
	p := NewPolicy(nil, false)
	failed := func(at time.Time) monitor.Snapshot {
		return with(func(s *monitor.Snapshot) { s.Update.Failed = at })
	}
	p.See(monitor.Snapshot{At: noon})
	for _, step := range []struct {
		failed time.Time
		told   bool
	}{{noon.Add(-time.Hour), false}, {noon, true}, {noon, false}, {time.Time{}, false}, {noon.Add(time.Hour), true}} {
		if o := p.See(failed(step.failed)); (titles(o) != "") != step.told {
			t.Errorf("%v: %q", step.failed, titles(o))
		}
	}
}

// A gateway that is made again in time is not worth a word, and neither is one
// that goes before its session; one that dies again later is.
func TestGatewaysThatDie(t *testing.T) {
	p := NewPolicy(nil, false)
	at := noon
	see := func(after time.Duration, offline bool) (told string, again time.Duration) {
		at = at.Add(after)
		o := p.See(with(func(s *monitor.Snapshot) { s.At, s.Sessions[0].Offline = at, offline }))
		return titles(o), o.Again
	}
	for n, step := range []struct {
		after   time.Duration
		offline bool
		told    string
		again   time.Duration
	}{
		{0, false, "", 0},
		{time.Second, true, "", patience},
		{patience / 2, true, "", patience / 2},
		{patience / 4, false, "", 0},
		{time.Second, true, "", patience}, // counted anew
		{patience, true, "api is offline", 0},
		{time.Hour, true, "", 0},
		{time.Second, false, "", 0},
		{time.Second, true, "", patience},
		{-time.Hour, true, "", patience}, // the clock was set back
		{patience, true, "api is offline", 0},
	} {
		if told, again := see(step.after, step.offline); told != step.told || again != step.again {
			t.Errorf("step %d: %q, again after %v", n, told, again)
		}
	}
	p.See(with(func(s *monitor.Snapshot) { s.Sessions = nil }))
	if len(p.offline) != 0 {
		t.Errorf("a session that is gone is remembered: %v", p.offline)
	}
	both := with(func(s *monitor.Snapshot) { s.At, s.Login.Fingerprint, s.Sessions[0].Offline = at, "two", true })
	if o := p.See(both); o.Again != grace {
		t.Errorf("the sooner of two waits is %v", o.Again)
	}
}

// Settings that change count for what comes after.
func TestSet(t *testing.T) {
	p := NewPolicy(nil, false)
	p.See(base())
	p.Set([]Kind{KindUpdate}, true)
	if o := p.See(with(func(s *monitor.Snapshot) { s.Update.Failed = noon })); titles(o) != "" {
		t.Errorf("switched off, and yet: %q", titles(o))
	}
	if o := p.See(with(func(s *monitor.Snapshot) { s.Login.Fingerprint = "two" })); len(o.Do) != 1 || titles(o) != "" {
		t.Errorf("%+v", o)
	}
	p.Set(nil, false)
	if o := p.See(with(func(s *monitor.Snapshot) { s.Login.Fingerprint, s.Update.Failed = "two", noon.Add(1) })); titles(o) != "A new Claude Code does not work in the sandbox" {
		t.Errorf("%q", titles(o))
	}
}
