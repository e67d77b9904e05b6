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

// announceEnd is when the end of a token is announced: Claude Code does not
// renew it earlier.
const announceEnd = 5 * time.Minute

// Policy turns the changes from one snapshot to the next into notes. It
// remembers what was said, so that nothing is said twice. Use NewPolicy.
type Policy struct {
	mute   []Kind
	inject bool
	last   monitor.Snapshot
	first  bool
	said   map[string]bool
	tokens float64
	at     time.Time
}

// NewPolicy returns a policy that leaves out the kinds in mute. With inject, a
// new login is given to the running sessions without asking.
func NewPolicy(mute []Kind, inject bool) *Policy {
	return &Policy{mute: mute, inject: inject, first: true, said: map[string]bool{}, tokens: burst}
}

// Outcome is what a snapshot gives rise to.
type Outcome struct {
	Notes []Note
	// Do are actions to carry out without asking.
	Do []menu.Action
}

// See takes the next snapshot. What is wrong from the start is left to the icon
// and the menu, except the end of a login.
func (p *Policy) See(s monitor.Snapshot) Outcome {
	var o Outcome
	old := p.last
	for _, n := range slices.Concat(p.engine(old, s), p.login(s), p.gvisor(s), p.activity(old, s), p.blocked(old, s)) {
		if !slices.Contains(p.mute, n.Kind) && p.afford(s.At) {
			o.Notes = append(o.Notes, n)
		}
	}
	fresh, do := p.newLogin(old, s)
	o.Do = do
	for _, n := range fresh {
		if !slices.Contains(p.mute, n.Kind) { // not to be crowded out by what a session does
			o.Notes = append(o.Notes, n)
		}
	}
	p.last, p.first = s, false
	return o
}

// afford keeps notes from coming in bursts.
func (p *Policy) afford(now time.Time) bool {
	if passed := now.Sub(p.at); passed > 0 {
		p.tokens = min(burst, p.tokens+float64(passed)/float64(refill))
		p.at = now
	} else if passed < 0 { // the clock was set back
		p.at = now
	}
	if p.tokens < 1 {
		return false
	}
	p.tokens--
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

func (p *Policy) login(s monitor.Snapshot) []Note {
	l := s.Login
	if l.State != monitor.LoginPresent || l.Expires.IsZero() {
		return nil
	}
	left := l.Expires.Sub(s.At)
	buttons := []Button{{"Refresh", menu.Action{Kind: menu.RefreshLogin}}, {"Sign In…", menu.Action{Kind: menu.SignIn}}}
	switch {
	case left <= 0 && p.once("expired "+l.Fingerprint):
		return []Note{{ID: "login", Kind: KindLogin, Title: "Your Claude login has expired", Body: "Sessions cannot go on until it is renewed.", Buttons: buttons, Urgent: true}}
	case left > 0 && left < announceEnd && len(s.Sessions) > 0 && p.once("expiring "+l.Fingerprint):
		return []Note{{ID: "login", Kind: KindLogin, Title: "Your Claude login is about to expire", Body: fmt.Sprintf("It has %d min left.", int(left/time.Minute)+1), Buttons: buttons}}
	}
	return nil
}

// newLogin notices that somebody has signed in, or that the token was renewed,
// while sessions run with the one before.
func (p *Policy) newLogin(old, s monitor.Snapshot) ([]Note, []menu.Action) {
	was, is := old.Login.Fingerprint, s.Login.Fingerprint
	if p.first || is == "" || is == was || s.Login.State != monitor.LoginPresent {
		return nil, nil
	}
	stale := 0
	for _, session := range s.Sessions {
		if session.Token != is {
			stale++
		}
	}
	if stale == 0 || old.Login.State == monitor.LoginUnknown {
		return nil, nil
	}
	act := menu.Action{Kind: menu.InjectLogin}
	if p.inject {
		return nil, []menu.Action{act}
	}
	body := "A session runs with the one before."
	if stale > 1 {
		body = fmt.Sprintf("%d sessions run with the one before.", stale)
	}
	return []Note{{ID: "new-login", Kind: KindLogin, Title: "New Claude login", Body: body, Buttons: []Button{{"Give It to Them", act}}, Urgent: true}}, nil
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
