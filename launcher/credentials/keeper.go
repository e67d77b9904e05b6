// Package credentials looks after the login of sessions: what a launch hands
// over, what running sessions are given when the login changes, and that the
// host's Claude Code renews it in time. The decisions are package creds'; this
// package reads the stores, asks the engine and keeps the records. The CLI and
// the menu-bar app use it alike, and may do so at the same time: whatever one
// process has done, another finds done.
package credentials

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"dclaude/creds"
	"dclaude/creds/refresh"
	"dclaude/creds/watch"
	"dclaude/launcher/engine"
	"dclaude/launcher/handoff"
	"dclaude/launcher/opened"
	"dclaude/launcher/plan"
	"dclaude/launcher/session"
)

// Engine is what looking after logins needs of an engine.
type Engine interface {
	session.Lister
	session.Executor
	Volumes(ctx context.Context, labels map[string]string) ([]engine.Volume, error)
}

// Keeper looks after the logins of one engine's sessions.
type Keeper struct {
	// Source is the setting credentials.source, for new sessions. A running one
	// has its own in a label.
	Source creds.Source
	// Host is the store of the host's Claude Code.
	Host watch.Target
	// Whose returns the address of the account that the host is signed in with,
	// given Credential.Account, or "".
	Whose func(account string) string
	// Stored returns the store in which dclaude keeps the user's token or key.
	Stored func(creds.Source) creds.Store
	// Opened are the folders that sessions have had.
	Opened opened.Folders
	// Refresher has the host's Claude Code renew the login. Its Avoid is added
	// to: every project that was opened, or that the engine knows of.
	Refresher refresh.Refresher
	// Records are those of the engine's sessions.
	Records session.Records
	// Engine may be nil, for a Keeper that has no sessions to look after.
	Engine Engine
}

// Login is what a launch hands over, and what to say about it.
type Login struct {
	// Credentials and APIKey are for the handoff; at most one is not empty.
	Credentials, APIKey handoff.Secret
	// Keep leaves a login that the state volume has in place.
	Keep bool
	// Warnings are for the user.
	Warnings []plan.Warning

	record *session.LoginRecord
}

// Launch decides what a new session gets. When the host's login is about to
// end it has it renewed first. It fails only when ctx ends or the login cannot
// be encoded: a session without a login is one in which the user signs in.
func (k Keeper) Launch(ctx context.Context, fresh bool) (Login, error) {
	c, in := k.look(ctx, k.Source)
	in.FreshCreds = fresh
	action := creds.Decide(in)
	if action.Refresh {
		in.RefreshErr = k.refreshErr(ctx)
		c, in.Host, in.HostErr, in.RefreshDue = k.again(ctx, in)
		action = creds.Decide(in)
	}
	if ctx.Err() != nil {
		return Login{}, ctx.Err()
	}
	if action.Refresh { // renewed, and due again already: a token of minutes
		action = creds.Action{Give: k.Source.Gives()}
	}
	content, err := action.Content(c)
	if err != nil {
		return Login{}, err
	}
	l := Login{Keep: action.Keep}
	if action.Give == creds.GiveKey {
		l.APIKey = handoff.Secret(content.Reveal())
	} else {
		l.Credentials = handoff.Secret(content.Reveal())
	}
	if !content.Empty() && !action.Keep {
		l.record = k.recordOf(content, c)
	}
	for _, w := range c.Warnings {
		l.Warnings = append(l.Warnings, plan.Warning{Text: w.Error(), Hint: hintOf(w)})
	}
	if action.Warning != "" {
		l.Warnings = append(l.Warnings, plan.Warning{Text: action.Warning, Hint: action.Hint})
	}
	return l, nil
}

// Note writes into a session's record what it was started with.
func (l Login) Note(r *session.Record) {
	if l.record != nil {
		r.Login = l.record
	}
}

func (k Keeper) recordOf(content creds.Secret, c creds.Credential) *session.LoginRecord {
	return &session.LoginRecord{Fingerprint: content.Fingerprint(), Expires: c.Expires, Account: c.Account, Whose: k.Whose(c.Account)}
}

// look reads the login of a source and judges it.
func (k Keeper) look(ctx context.Context, source creds.Source) (creds.Credential, creds.Inputs) {
	in := creds.Inputs{Source: source}
	store := k.store(source)
	if store == nil {
		return creds.Credential{}, in
	}
	c, err := store.Read(ctx)
	now := time.Now()
	in.Host, in.HostErr, in.RefreshDue = creds.Judge(c, err, now), err, c.RefreshDue(now)
	return c, in
}

func (k Keeper) again(ctx context.Context, before creds.Inputs) (creds.Credential, creds.Freshness, error, bool) {
	c, in := k.look(ctx, before.Source)
	return c, in.Host, in.HostErr, in.RefreshDue
}

// store is where a source's login is; nil for the sandbox's own.
func (k Keeper) store(source creds.Source) creds.Store {
	switch {
	case source.UsesHost():
		return k.Host.Store
	case source.Stored():
		return k.Stored(source)
	}
	return nil
}

// Refresh has the host's Claude Code renew the login, if that is due. pause is
// how long a token that could not be renewed is left alone.
func (k Keeper) Refresh(ctx context.Context, pause time.Duration) (refresh.Result, error) {
	r, err := k.refresher(ctx)
	if err != nil {
		return refresh.Result{}, err
	}
	r.Pause = pause
	return r.Refresh(ctx)
}

// refresher is the Refresher with all folders that sandboxes can write to.
func (k Keeper) refresher(ctx context.Context) (refresh.Refresher, error) {
	projects, err := k.projects(ctx)
	if err != nil {
		return refresh.Refresher{}, fmt.Errorf("find out which folders sandboxes can write to: %w", err)
	}
	r := k.Refresher
	r.Avoid = slices.Concat(r.Avoid, projects)
	return r, nil
}

func (k Keeper) refreshErr(ctx context.Context) error {
	_, err := k.Refresh(ctx, retryRefresh)
	return err
}

// projects are the folders that sandboxes write to, or did: a program in them
// is not the user's.
func (k Keeper) projects(ctx context.Context) ([]string, error) {
	if k.Engine == nil {
		return k.Opened.Load()
	}
	sessions, err := session.List(ctx, k.Engine)
	if err != nil {
		return nil, err
	}
	volumes, err := k.Engine.Volumes(ctx, map[string]string{plan.LabelRole: plan.RoleState})
	if err != nil {
		return nil, err
	}
	paths, err := k.Opened.Load()
	if err != nil {
		return nil, err
	}
	for _, s := range sessions {
		paths = append(paths, s.Project)
	}
	for _, v := range volumes {
		if path := v.Labels[plan.LabelProject]; path != "" {
			paths = append(paths, path)
		}
	}
	return paths, nil
}

func hintOf(err error) string {
	var h interface{ Hint() string }
	if errors.As(err, &h) {
		return h.Hint()
	}
	return ""
}
