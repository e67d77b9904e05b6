package credentials

import (
	"context"
	"fmt"
	"sync"

	"dclaude/creds"
	"dclaude/launcher/engine"
	"dclaude/launcher/handoff"
	"dclaude/launcher/session"
)

// Result is what was done about one session's login.
type Result struct {
	Session session.Session
	// Injected reports that the session has got a login now.
	Injected bool
	// Held is what it had before.
	Held creds.Held
	// Ask says that the user has to agree first.
	Ask bool
	// Warning and Hint are lines for the user, or "".
	Warning, Hint string
	// Err is why it could not be done, or nil. A session that has ended is none.
	Err error
}

// InjectAll gives all running sessions the login that they should have.
func (k Keeper) InjectAll(ctx context.Context, fresh bool) ([]Result, error) {
	sessions, err := session.List(ctx, k.Engine)
	if err != nil {
		return nil, err
	}
	return k.Inject(ctx, sessions, fresh), nil
}

// Inject gives sessions the login that they should have, all at the same time.
// One that has it already is left alone, unless fresh (the flag --fresh-creds)
// says otherwise; so is one that does not run. Results come in the order of the
// sessions.
func (k Keeper) Inject(ctx context.Context, sessions []session.Session, fresh bool) []Result {
	results := make([]Result, len(sessions))
	var all sync.WaitGroup
	for i, s := range sessions {
		all.Go(func() {
			results[i] = Result{Session: s}
			if s.State == "running" {
				results[i] = k.give(ctx, s, fresh)
			}
		})
	}
	all.Wait()
	return results
}

// give looks after one session. What the login is now is read with the
// session's lock in hand: of two processes, the later one has the later login.
func (k Keeper) give(ctx context.Context, s session.Session, fresh bool) (r Result) {
	r.Session = s
	unlock, err := k.Records.Lock(ctx, s.Name)
	if err != nil {
		r.Err = err
		return r
	}
	defer unlock()
	record, err := k.Records.Load(s.Name, s.ID)
	if err != nil {
		r.Err = err
		return r
	}
	c, in := k.look(ctx, creds.Source(s.Login))
	in.Running, in.FreshCreds, in.Held = true, fresh, held(record.Login, in.Source, c)
	action := creds.Decide(in)
	r.Held, r.Ask, r.Warning, r.Hint = in.Held, action.Ask, action.Warning, action.Hint
	if action.Ask {
		r.Warning += k.whoseText(record.Login, c)
	}
	content, err := action.Content(c)
	if err != nil || content.Empty() {
		r.Err = err
		return r
	}
	var letter handoff.Login
	if action.Give == creds.GiveKey {
		letter.APIKey = handoff.Secret(content.Reveal())
	} else {
		letter.Credentials = handoff.Secret(content.Reveal())
	}
	switch err := session.Inject(ctx, k.Engine, s, letter); {
	case engine.IsKind(err, engine.KindNotFound), engine.IsKind(err, engine.KindNotRunning):
		return r // it has ended in the meantime
	case err != nil:
		r.Err = err
		return r
	}
	r.Injected = true
	r.Err = k.Records.Update(s.Name, s.ID, func(rec *session.Record) { rec.Login = k.recordOf(content, c) })
	return r
}

// held says what a session has, by its record.
func held(record *session.LoginRecord, source creds.Source, c creds.Credential) creds.Held {
	if record == nil {
		return creds.HeldUnknown
	}
	content, err := creds.Action{Give: source.Gives()}.Content(c)
	switch {
	case err == nil && content.Fingerprint() == record.Fingerprint:
		return creds.HeldCurrent
	case creds.Foreign(record.Account, c.Account):
		return creds.HeldForeign
	}
	return creds.HeldOlder
}

// whoseText says which accounts are meant, as far as they are known.
func (k Keeper) whoseText(had *session.LoginRecord, c creds.Credential) string {
	now := k.Whose(c.Account)
	if had.Whose == "" || now == "" {
		return ""
	}
	return fmt.Sprintf(" (the session has %s, this computer %s)", had.Whose, now)
}
