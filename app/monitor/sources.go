package monitor

import "context"

// Connection is an engine that answers.
type Connection interface {
	// Describe says what engine it is and what a session would run under.
	Describe(ctx context.Context) (Engine, Isolation, error)
	// Update tells of a new Claude Code that did not work.
	Update() Update
	// Sessions lists the running sessions, oldest first, without Activity.
	Sessions(ctx context.Context) ([]Session, error)
	// Watch sends a value for every change of the sessions, from the moment it
	// returns until ctx ends or the engine goes away; then it closes changes.
	Watch(ctx context.Context) (changes <-chan struct{}, err error)
	// Traffic calls report for each event of the sessions' gateways, until ctx
	// ends or the engine goes away.
	Traffic(ctx context.Context, report func(Event))
	Close()
}

// Sources are where a monitor learns what it shows. A nil one is left out.
type Sources struct {
	// Connect reaches the engine. Its error becomes an Engine by Explain.
	Connect func(ctx context.Context) (Connection, error)
	// Explain describes a failure of Connect.
	Explain func(error) Engine
	// Appears calls appeared when there may be an engine that was not there
	// before, until ctx ends.
	Appears func(ctx context.Context, appeared func())
	// Logins calls report with the login, at once and after each change, until
	// ctx ends.
	Logins func(ctx context.Context, report func(Login))
	// Program looks for the dclaude command.
	Program func() Program
}

// EventKind says what an Event is.
type EventKind int

// The kinds of events.
const (
	// HostBlocked: a session was kept from Event.Host.
	HostBlocked EventKind = iota
	// ClaudeWaits and ClaudeFinished come from Claude's own hooks.
	ClaudeWaits
	ClaudeFinished
	// HostAllowed takes off the list of what was blocked what Event.Host covers:
	// itself, all hosts below it where it begins with "*.", the addresses of a
	// range such as "10.0.0.0/8", or everything as "*"; at Event.Port or, if that
	// is 0, at those of the web.
	HostAllowed
)

// Event is something that a session's gateway told. What it holds was chosen
// by the session.
type Event struct {
	Kind    EventKind
	Session string
	Host    string
	Port    int
}
