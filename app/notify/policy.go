package notify

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"dclaude/app/menu"
	"dclaude/app/monitor"
	"dclaude/launcher/tty"
)

// The limits on notifications: at most burst at once, and one more each refill.
const (
	burst  = 4
	refill = 15 * time.Second
)

// grace is how long a new login is left to others before the user is asked.
const grace = 2 * time.Second

// patience is how long a dead gateway is left to those who make it again.
const patience = 5 * time.Second

// announceEnd is when the end of a token is announced: Claude Code does not
// renew it earlier.
const announceEnd = 5 * time.Minute

// Policy turns the changes from one snapshot to the next into notes. It
// remembers what was said, so that nothing is said twice. Use NewPolicy.
type Policy struct {
	mute   []Kind
	inject bool
	last   monitor.Snapshot
	said   map[string]bool
	// login is the fingerprint that was seen last, since when, and pending
	// whether the sessions' getting it is still to be seen to.
	login   string
	since   time.Time
	pending bool
	// offline are the sessions whose gateway is dead.
	offline map[string]outage
	// What sessions cause is limited apart from the rest, which it cannot crowd
	// out so.
	ours, theirs bucket
}

// outage is since when a session is offline, and whether that was told.
type outage struct {
	since time.Time
	told  bool
}

// NewPolicy returns a policy. See Set.
func NewPolicy(mute []Kind, inject bool) *Policy {
	p := &Policy{said: map[string]bool{}, offline: map[string]outage{}, ours: bucket{tokens: burst}, theirs: bucket{tokens: burst}}
	p.Set(mute, inject)
	return p
}

// Set has the policy leave out the kinds in mute. With inject, a new login is
// given to the running sessions without asking. What was said stays said.
func (p *Policy) Set(mute []Kind, inject bool) { p.mute, p.inject = mute, inject }

// Outcome is what a snapshot gives rise to.
type Outcome struct {
	Notes []Note
	// Do are actions to carry out without asking.
	Do []menu.Action
	// Again is after how long the same snapshot should be seen again; 0 is not.
	Again time.Duration
}

// See takes the next snapshot. What is wrong from the start is left to the icon
// and the menu, except the end of a login.
func (p *Policy) See(s monitor.Snapshot) Outcome {
	old := p.last
	o := p.newLogin(s) // not to be crowded out by what a session does
	ending, do := p.endingLogin(s)
	o.Do = append(o.Do, do...)
	offline, again := p.gateways(s)
	if again > 0 && (o.Again == 0 || again < o.Again) {
		o.Again = again
	}
	tell := func(b *bucket, notes []Note) {
		for _, n := range notes {
			if !slices.Contains(p.mute, n.Kind) && b.afford(s.At) {
				o.Notes = append(o.Notes, n)
			}
		}
	}
	tell(&p.ours, slices.Concat(ending, p.engine(old, s), p.update(old, s)))
	tell(&p.theirs, slices.Concat(p.gvisor(s), offline, p.activity(old, s), p.blocked(old, s)))
	p.last = s
	return o
}

// bucket keeps notes from coming in bursts.
type bucket struct {
	tokens float64
	at     time.Time
}

func (b *bucket) afford(now time.Time) bool {
	if passed := now.Sub(b.at); passed > 0 {
		b.tokens = min(burst, b.tokens+float64(passed)/float64(refill))
		b.at = now
	} else if passed < 0 { // the clock was set back
		b.at = now
	}
	if b.tokens < 1 {
		return false
	}
	b.tokens--
	return true
}

// once reports whether this is the first time that something is said. The
// memory is bounded: a session could make us say ever new things.
func (p *Policy) once(what string) bool {
	if p.said[what] {
		return false
	}
	if len(p.said) > 1000 {
		p.said = map[string]bool{}
	}
	p.said[what] = true
	return true
}

func (p *Policy) engine(old, s monitor.Snapshot) []Note {
	if old.Engine.State != monitor.EngineRunning || s.Engine.State != monitor.EngineDown && s.Engine.State != monitor.EngineUnusable {
		return nil
	}
	n := Note{ID: "engine", Kind: KindEngine, Title: "Docker has stopped", Body: "The sessions that ran have ended."}
	if len(old.Sessions) == 0 {
		n.Body = "No project can be opened until it runs again."
	}
	if s.Engine.CanStart {
		n.Buttons = []Button{{"Start " + tty.Visible(s.Engine.Product, 30), menu.Action{Kind: menu.StartEngine}}}
	}
	return []Note{n}
}

// endingLogin tells of a login that ends, or has it renewed.
func (p *Policy) endingLogin(s monitor.Snapshot) ([]Note, []menu.Action) {
	l := s.Login
	if l.State != monitor.LoginPresent || l.Expires.IsZero() {
		return nil, nil
	}
	left := l.Expires.Sub(s.At)
	refresh := menu.Action{Kind: menu.RefreshLogin}
	buttons := []Button{{"Refresh", refresh}, {"Sign In…", menu.Action{Kind: menu.SignIn}}}
	switch {
	case left >= announceEnd:
	case p.inject && len(s.Sessions) > 0 && p.once("renew "+l.Fingerprint):
		return nil, []menu.Action{refresh}
	case left <= 0 && p.once("expired "+l.Fingerprint):
		return []Note{{ID: "login", Kind: KindLogin, Title: "Your Claude login has expired", Body: "Sessions cannot go on until it is renewed.", Buttons: buttons, Urgent: true}}, nil
	case left > 0 && len(s.Sessions) > 0 && !p.inject && p.once("expiring "+l.Fingerprint):
		return []Note{{ID: "login", Kind: KindLogin, Title: "Your Claude login is about to expire", Body: fmt.Sprintf("It has %d min left.", int(left/time.Minute)+1), Buttons: buttons}}, nil
	}
	return nil, nil
}

// newLogin notices that somebody has signed in, or that the token was renewed,
// while sessions run with the one before. The user is asked only after a while:
// the window of a session gives a new token to all of them by itself.
func (p *Policy) newLogin(s monitor.Snapshot) Outcome {
	is := s.Login.Fingerprint
	if s.Login.State != monitor.LoginPresent || is == "" {
		return Outcome{}
	}
	if p.login != is {
		known := p.login != ""
		p.login, p.since, p.pending = is, s.At, known
		if !known {
			return Outcome{}
		}
	}
	stale := 0
	for _, session := range s.Sessions {
		if session.OnHost && session.Token != is {
			stale++
		}
	}
	if !p.pending || stale == 0 {
		return Outcome{}
	}
	act := menu.Action{Kind: menu.InjectLogin}
	if p.inject {
		p.pending = false
		return Outcome{Do: []menu.Action{act}}
	}
	if waited := s.At.Sub(p.since); waited >= 0 && waited < grace {
		return Outcome{Again: grace - waited}
	}
	p.pending = false
	body := "A session runs with the one before."
	if stale > 1 {
		body = fmt.Sprintf("%d sessions run with the one before.", stale)
	}
	if slices.Contains(p.mute, KindLogin) {
		return Outcome{}
	}
	return Outcome{Notes: []Note{{ID: "new-login", Kind: KindLogin, Title: "New Claude login", Body: body, Buttons: []Button{{"Give It to Them", act}}, Urgent: true}}}
}

func (p *Policy) gvisor(s monitor.Snapshot) []Note {
	var notes []Note
	for _, session := range s.Sessions {
		if session.Observed && !session.GVisor && p.once("bare "+session.Container) {
			notes = append(notes, Note{
				ID: "bare " + session.Container, Kind: KindGVisor, Title: name(session) + " runs without gVisor",
				Body:    "It is held by an ordinary container only.",
				Buttons: []Button{{"Find Out Why…", menu.Action{Kind: menu.RunDoctor}}},
			})
		}
	}
	return notes
}

// gateways tells of sessions that stay offline. A window that shows a session
// makes its gateway again by itself, and one that ends loses it first: both are
// given the time.
func (p *Policy) gateways(s monitor.Snapshot) (notes []Note, again time.Duration) {
	now := map[string]outage{}
	for _, session := range s.Sessions {
		if !session.Offline {
			continue
		}
		out, known := p.offline[session.Container]
		if !known || out.since.After(s.At) { // or the clock was set back
			out.since = s.At
		}
		if left := patience - s.At.Sub(out.since); left > 0 && !out.told {
			if again == 0 || left < again {
				again = left
			}
		} else if !out.told {
			out.told = true
			notes = append(notes, Note{
				ID: "offline " + session.Container, Kind: KindGateway, Title: name(session) + " is offline",
				Body:    "Its gateway, the only way out that it has, has died.",
				Buttons: []Button{{"Restart It", menu.Action{Kind: menu.RestartGateway, Session: session.Name, Path: session.Project}}},
			})
		}
		now[session.Container] = out
	}
	p.offline = now
	return notes, again
}

// update tells of a new Claude Code that failed its trial. What failed before
// this app, or the engine, was there is in the menu.
func (p *Policy) update(old, s monitor.Snapshot) []Note {
	if s.Update.Failed.IsZero() || s.Update == old.Update || old.Engine.State != monitor.EngineRunning {
		return nil
	}
	return []Note{{
		ID: "update", Kind: KindUpdate, Title: "A new Claude Code does not work in the sandbox",
		Body:    "Sessions keep the one before. " + tty.Visible(s.Update.Why, 200),
		Buttons: []Button{{"Try Again…", menu.Action{Kind: menu.UpdateClaude}}},
	}}
}

func (p *Policy) activity(old, s monitor.Snapshot) []Note {
	before := map[string]monitor.Activity{}
	for _, session := range old.Sessions {
		before[session.Container] = session.Activity
	}
	var notes []Note
	for _, session := range s.Sessions {
		if session.Activity == before[session.Container] {
			continue
		}
		n := Note{ID: "activity " + session.Container, Buttons: []Button{{"Show", menu.Action{Kind: menu.ShowSession, Session: session.Name, Path: session.Project}}}}
		switch session.Activity {
		case monitor.ActivityWaiting:
			n.Kind, n.Title, n.Body = KindWaiting, "Claude waits for you", "In "+name(session)
		case monitor.ActivityFinished:
			n.Kind, n.Title, n.Body = KindFinished, "Claude has finished", "In "+name(session)
		default:
			continue
		}
		notes = append(notes, n)
	}
	return notes
}

func (p *Policy) blocked(old, s monitor.Snapshot) []Note {
	if s.Blocked.Total <= old.Blocked.Total {
		return nil
	}
	var notes []Note
	for _, h := range s.Blocked.Hosts {
		if !p.once("blocked " + menu.HostID(h)) {
			continue
		}
		n := Note{
			ID: "blocked " + h.Session, Kind: KindBlocked, Title: "A host was blocked",
			Body: tty.Visible(h.Host, 100) + ", which " + name(monitor.Session{Name: h.Session, Project: h.Project}) + " wanted to reach",
		}
		if menu.PlainHost(h.Host) {
			n.Buttons = []Button{{"Allow for This Session", menu.Action{Kind: menu.AllowHost, Host: h.Host, Port: h.Port, Session: h.Session, Path: h.Project, Scope: menu.ForSession}}}
		}
		notes = append(notes, n)
	}
	return notes
}

// name is what people call a session.
func name(s monitor.Session) string {
	n := s.Project[strings.LastIndexByte(s.Project, '/')+1:]
	if n == "" {
		n = s.Name
	}
	return tty.Visible(n, 40)
}
