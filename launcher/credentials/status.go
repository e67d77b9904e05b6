package credentials

import (
	"context"
	"time"

	"dclaude/creds"
	"dclaude/launcher/session"
)

// Status is how the login stands. Nothing in it is a secret.
type Status struct {
	Source creds.Source `json:"source"`
	// Store names the place for people; empty for the sandbox's own login.
	Store string `json:"store,omitempty"`
	// State is a creds.Freshness in words; empty for the sandbox's own login.
	State string `json:"state,omitempty"`
	// Expires is when the token ends, NextChange when State changes next; zero
	// when unknown.
	Expires    time.Time `json:"expires,omitzero"`
	NextChange time.Time `json:"nextChange,omitzero"`
	// Plan names the subscription, and Account the address of whose it is.
	Plan    string `json:"plan,omitempty"`
	Account string `json:"account,omitempty"`
	// Claude is the host's Claude Code, which renews the login; empty if there
	// is none or it is not needed.
	Claude string `json:"claude,omitempty"`
	// Problems say what is wrong, and what to do about it.
	Problems []Problem `json:"problems,omitempty"`
	// Sessions are the running ones.
	Sessions []SessionStatus `json:"sessions"`
}

// Problem is something that the user should know about the login.
type Problem struct {
	Text string `json:"text"`
	Hint string `json:"hint,omitempty"`
}

// SessionStatus is the login of one session.
type SessionStatus struct {
	Name   string       `json:"name"`
	Source creds.Source `json:"source"`
	// Has says what the session was given: "current", "older", "another
	// account", "its own" or "unknown".
	Has string `json:"has"`
	// Expires is when the token that it was given ends; zero when unknown.
	Expires time.Time `json:"expires,omitzero"`
}

// Status looks at the login and at what the sessions have of it. What is wrong
// with the login is in the Status; it fails only when ctx ends.
func (k Keeper) Status(ctx context.Context, sessions []session.Session) (Status, error) {
	c, in := k.look(ctx, k.Source)
	if ctx.Err() != nil {
		return Status{}, ctx.Err()
	}
	st := Status{Source: k.Source, Sessions: []SessionStatus{}}
	if store := k.store(k.Source); store != nil {
		st.Store, st.State = store.Describe(), in.Host.String()
		st.Expires, st.NextChange, st.Plan = c.Expires, c.NextChange(time.Now()), c.Plan
		st.Account = k.Whose(c.Account)
	}
	for _, w := range c.Warnings {
		st.Problems = append(st.Problems, Problem{w.Error(), hintOf(w)})
	}
	in.RefreshDue = false // as a launch would see it, without running Claude Code
	if action := creds.Decide(in); action.Warning != "" {
		st.Problems = append(st.Problems, Problem{action.Warning, action.Hint})
	}
	if k.Source == creds.SourceHost && in.Host != creds.Missing {
		path, err := k.Claude(ctx)
		st.Claude = path
		if err != nil {
			st.Problems = append(st.Problems, Problem{err.Error(), hintOf(err)})
		}
	}
	for _, s := range sessions {
		if s.State == "running" {
			st.Sessions = append(st.Sessions, k.sessionStatus(ctx, s))
		}
	}
	return st, ctx.Err()
}

// Claude finds the host's Claude Code as a refresh would: one that no sandbox of
// the engine's can have put there.
func (k Keeper) Claude(ctx context.Context) (string, error) {
	r, err := k.refresher(ctx)
	if err != nil {
		return "", err
	}
	return r.Find()
}

func (k Keeper) sessionStatus(ctx context.Context, s session.Session) SessionStatus {
	source := creds.Source(s.Login)
	st := SessionStatus{Name: s.Name, Source: source, Has: "unknown"}
	if source == creds.SourceCopy || source == creds.SourceSandbox {
		st.Has = "its own"
		return st
	}
	record, err := k.Records.Load(s.Name, s.ID)
	if err != nil || record.Login == nil {
		return st
	}
	st.Expires = record.Login.Expires
	c, in := k.look(ctx, source)
	if in.HostErr != nil {
		return st
	}
	switch held(record.Login, source, c) {
	case creds.HeldCurrent:
		st.Has = "current"
	case creds.HeldOlder:
		st.Has = "older"
	case creds.HeldForeign:
		st.Has = "another account"
	}
	return st
}
