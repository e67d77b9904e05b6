package monitor

import (
	"net/netip"
	"slices"
	"strings"
	"time"
)

// Snapshot is all that the menu shows, at one moment. It is a value: whoever
// has one may keep it, and must not change what its slices hold.
type Snapshot struct {
	// At is the wall clock's time of the moment.
	At        time.Time
	Engine    Engine
	Isolation Isolation
	Login     Login
	// Sessions are the running ones, oldest first.
	Sessions []Session
	Blocked  Blocked
	Program  Program
	Update   Update
}

// EngineState says how far one has come with the engine.
type EngineState int

// The states of the engine.
const (
	// EngineUnknown: nobody has answered yet.
	EngineUnknown EngineState = iota
	// EngineRunning: it answers.
	EngineRunning
	// EngineDown: nothing answers where it should be; it can be started.
	EngineDown
	// EngineUnusable: it answers, or is set up, in a way that does not work.
	EngineUnusable
)

// Engine is the container engine.
type Engine struct {
	State EngineState
	// Product names the engine for people, with its version where known.
	Product string
	// Problem and Hint say what is wrong and what to do, in one line each.
	Problem, Hint string
	// CanStart reports whether this program knows how to start it.
	CanStart bool
}

// Isolation is what the next session would run under.
type Isolation struct {
	// Way is "runsc", "nested" or "runc"; empty while that is not known.
	Way string
	// Proved reports whether gVisor was seen at work with this engine.
	Proved bool
	// Reason says why it is not gVisor, or not proved.
	Reason string
}

// GVisor reports whether the next session would run under gVisor, as far as
// that is known.
func (i Isolation) GVisor() bool { return i.Way == "runsc" || i.Way == "nested" }

// LoginState is what is known of a login without looking at the clock.
type LoginState int

// The states of a login.
const (
	// LoginUnknown: nobody has looked yet.
	LoginUnknown LoginState = iota
	// LoginPresent: there is one; Login.Expires says how good it is.
	LoginPresent
	// LoginMissing: nobody is signed in.
	LoginMissing
	// LoginUnreadable: there is something that cannot be read.
	LoginUnreadable
	// LoginElsewhere: the settings say that the host's login is not used.
	LoginElsewhere
)

// Login is the login that sessions get. Nothing in it is a secret.
type Login struct {
	State LoginState
	// Plan names the subscription ("Max"), or is empty.
	Plan string
	// Expires is when the access token ends; zero when the login does not say.
	Expires time.Time
	// Fingerprint tells what sessions are given of one login from what they are
	// given of another (creds.Secret.Fingerprint).
	Fingerprint string
	// Source is the setting credentials.source, Place where the login lies.
	Source, Place string
	Problem, Hint string
}

// ExpiringWithin is the time before a token's end from which it is announced.
// It is that of package creds.
const ExpiringWithin = 30 * time.Minute

// Expired reports whether the token has ended at a moment.
func (l Login) Expired(now time.Time) bool {
	return l.State == LoginPresent && !l.Expires.IsZero() && !now.Before(l.Expires)
}

// Expiring reports whether the token ends soon, or has ended.
func (l Login) Expiring(now time.Time) bool {
	return l.State == LoginPresent && !l.Expires.IsZero() && l.Expires.Sub(now) < ExpiringWithin
}

// Activity is what Claude does in a session, as its hooks tell. A session can
// say what it likes: this is for showing, not for deciding.
type Activity int

// The activities.
const (
	// ActivityUnknown: nothing was heard.
	ActivityUnknown Activity = iota
	// ActivityWaiting: Claude waits for an answer.
	ActivityWaiting
	// ActivityFinished: Claude has finished what it was asked.
	ActivityFinished
)

// Session is one that runs.
type Session struct {
	Name, Project string
	// Container is the engine's id of it.
	Container string
	Created   time.Time
	// Isolation is the planned one: "runsc", "nested" or "runc".
	Isolation string
	// Observed reports whether somebody has looked at its kernel, GVisor what
	// was seen.
	Observed, GVisor bool
	Network          string
	Activity         Activity
	// Offline reports that its gateway, the only way out that it has, is dead.
	Offline bool
	// OnHost reports whether it lives on the host's login; Token is the
	// Login.Fingerprint of what it was given last, empty if that is not known.
	OnHost bool
	Token  string
}

// BlockedHost is a destination that a session was kept from.
type BlockedHost struct {
	Host    string // chosen by the session: hostile
	Port    int
	Session string
	Project string
	Last    time.Time
	Count   int
}

// maxBlocked bounds Blocked.Hosts.
const maxBlocked = 5

// Blocked are the destinations that were refused lately.
type Blocked struct {
	// Hosts are the latest, the newest first, at most maxBlocked of them.
	Hosts []BlockedHost
	// Total counts refusals since the program started.
	Total int
}

// add returns the list with a refusal in it.
func (b Blocked) add(h BlockedHost) Blocked {
	h.Count = 1
	rest := make([]BlockedHost, 0, maxBlocked)
	rest = append(rest, h)
	for _, old := range b.Hosts {
		if old.Host == h.Host && old.Port == h.Port && old.Session == h.Session {
			rest[0].Count += old.Count
			continue
		}
		if len(rest) < maxBlocked {
			rest = append(rest, old)
		}
	}
	return Blocked{Hosts: rest, Total: b.Total + 1}
}

// without returns the list without what a permission covers. One of a session
// covers nothing of another's.
func (b Blocked) without(allowed Event) Blocked {
	b.Hosts = slices.DeleteFunc(slices.Clone(b.Hosts), func(h BlockedHost) bool {
		return allowed.Session == h.Session && allowed.covers(h.Host) && (allowed.Port == h.Port || allowed.Port == 0 && (h.Port == 80 || h.Port == 443))
	})
	return b
}

// covers reports whether a permission is about a host.
func (e Event) covers(host string) bool {
	if e.Host == host || e.Host == "*" {
		return true
	}
	if below, ok := strings.CutPrefix(e.Host, "*"); ok {
		return strings.HasSuffix(host, below)
	}
	prefix, err := netip.ParsePrefix(e.Host)
	if err != nil {
		return false
	}
	address, err := netip.ParseAddr(strings.Trim(host, "[]"))
	return err == nil && prefix.Contains(address.Unmap())
}

// Program is the dclaude command that does the work.
type Program struct {
	Path    string
	Problem string // empty when it is there
}

// Update is what became of the last new Claude Code that did not work in the
// sandbox, so that the one before stayed. The zero Update is none.
type Update struct {
	Failed time.Time
	Why    string
}

// equal reports whether two snapshots show the same, their times apart.
func (s Snapshot) equal(o Snapshot) bool {
	return s.Engine == o.Engine && s.Isolation == o.Isolation && s.Login == o.Login && s.Program == o.Program && s.Update == o.Update &&
		slices.Equal(s.Sessions, o.Sessions) && s.Blocked.Total == o.Blocked.Total && slices.Equal(s.Blocked.Hosts, o.Blocked.Hosts)
}
