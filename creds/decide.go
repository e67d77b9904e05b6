package creds

import (
	"errors"
	"fmt"
)

// Source says where a session's login comes from: the setting
// credentials.source.
type Source string

// The sources.
const (
	// SourceHost gives sessions the access token of the host's login, at each
	// launch and whenever it changes. The host stays the only one that
	// refreshes.
	SourceHost Source = "host"
	// SourceCopy gives the whole login of the host to a state volume that has
	// none, and leaves it to the sandbox from then on.
	SourceCopy Source = "copy"
	// SourceSandbox takes nothing from the host: one signs in inside.
	SourceSandbox Source = "sandbox"
	// SourceToken gives sessions a token of `claude setup-token` that the user
	// has stored with dclaude.
	SourceToken Source = "token"
	// SourceAPIKey gives sessions a key of the Anthropic API that the user has
	// stored with dclaude.
	SourceAPIKey Source = "api-key"
)

// Sources returns all sources, the default first.
func Sources() []Source {
	return []Source{SourceHost, SourceCopy, SourceSandbox, SourceToken, SourceAPIKey}
}

// UsesHost reports whether the login is the one of the host's Claude Code.
func (s Source) UsesHost() bool { return s == SourceHost || s == SourceCopy }

// Stored reports whether the login is one that dclaude keeps for the user.
func (s Source) Stored() bool { return s == SourceToken || s == SourceAPIKey }

// Give is what a session is handed.
type Give int

// The things to hand over.
const (
	// GiveNothing leaves the session's login as it is.
	GiveNothing Give = iota
	// GiveAccess hands over Credential.AccessOnly.
	GiveAccess
	// GiveWhole hands over Credential.Whole.
	GiveWhole
	// GiveKey hands over Credential.Access by itself, for an apiKeyHelper.
	GiveKey
)

// Held is what a session has, as far as the host can know: what was handed to
// it last. What its state volume really holds only the sandbox may read.
type Held int

// The things that a session can have.
const (
	// HeldUnknown: it is about to start, or nothing was handed to it yet.
	HeldUnknown Held = iota
	// HeldCurrent: what the source has now.
	HeldCurrent
	// HeldOlder: something else, not known to be of another account.
	HeldOlder
	// HeldForeign: the token of another account than the source's now.
	HeldForeign
)

// Gives returns what sessions of this source are handed.
func (s Source) Gives() Give {
	switch s {
	case SourceHost, SourceToken:
		return GiveAccess
	case SourceCopy:
		return GiveWhole
	case SourceAPIKey:
		return GiveKey
	}
	return GiveNothing
}

// Inputs is what Decide goes by.
type Inputs struct {
	Source Source
	// Running is set for a session that has started; else it is a launch.
	Running bool
	// Held is what the session has.
	Held Held
	// Host is the state of the source's login, from Judge.
	Host Freshness
	// HostErr is what reading it returned, for the user to see.
	HostErr error
	// RefreshDue is Credential.RefreshDue. It counts at a launch; while
	// sessions run, one refresh serves all of them.
	RefreshDue bool
	// RefreshErr is why the host's Claude Code did not refresh it although it
	// was asked to, or nil.
	RefreshErr error
	// FreshCreds is the flag --fresh-creds.
	FreshCreds bool
}

// Action is what to do about a session's login.
type Action struct {
	Give Give
	// Keep leaves a login that the state volume already has in place.
	Keep bool
	// Refresh says to have the host's Claude Code refresh the login first, and
	// to decide again with what came of it.
	Refresh bool
	// Ask says that the user has to agree first, with --fresh-creds.
	Ask bool
	// Warning and Hint are lines for the user, or "". A session starts in any
	// case: with no login one can sign in inside it.
	Warning string
	Hint    string
}

// Decide returns what to do about one session's login, at its launch and while
// it runs. It is a function of its arguments, and docs/credentials.md shows it
// as a table.
func Decide(in Inputs) Action {
	if in.Running {
		return decideRunning(in)
	}
	switch in.Source {
	case SourceHost:
		return decideHost(in)
	case SourceCopy:
		return decideCopy(in)
	case SourceToken, SourceAPIKey:
		return decideStored(in)
	}
	return decideSandbox(in)
}

func decideHost(in Inputs) Action {
	switch {
	case in.Host == Missing, in.Host == Unreadable:
		return without(in)
	case in.RefreshDue && in.RefreshErr == nil:
		return Action{Refresh: true}
	case in.Host == Expired:
		a := Action{
			Give:    GiveAccess,
			Warning: "the Claude login of this computer has expired",
			Hint:    "run `claude` once on this computer, which renews it; this session gets the new one by itself",
		}
		return a.because(in.RefreshErr)
	case in.Host == Expiring && in.RefreshErr != nil:
		a := Action{Give: GiveAccess, Warning: "the Claude login of this computer is about to expire"}
		return a.because(in.RefreshErr)
	case in.Host == Expiring:
		return Action{
			Give:    GiveAccess,
			Warning: fmt.Sprintf("the Claude login of this computer expires in less than %d minutes", int(ExpiringWithin.Minutes())),
			Hint:    "nothing to do: while dclaude runs it has Claude Code here renew the login in time, and gives this session the new token",
		}
	}
	return Action{Give: GiveAccess}
}

// because adds why a refresh did not help.
func (a Action) because(err error) Action {
	if err == nil {
		return a
	}
	a.Warning += ": " + err.Error()
	if hint := hintOf(err); hint != "" {
		a.Hint = hint
	}
	return a
}

// decideCopy does not mind an expired login: its refresh token goes along, and
// the sandbox refreshes.
func decideCopy(in Inputs) Action {
	if in.Host == Missing || in.Host == Unreadable {
		return without(in)
	}
	return Action{Give: GiveWhole, Keep: !in.FreshCreds}
}

func decideSandbox(in Inputs) Action {
	if in.FreshCreds {
		return Action{
			Warning: `--fresh-creds does nothing here: with credentials.source "sandbox" the host's login is not used`,
			Hint:    "type /login in the session to sign in anew",
		}
	}
	return Action{}
}

func decideStored(in Inputs) Action {
	give, what := GiveAccess, "token"
	if in.Source == SourceAPIKey {
		give, what = GiveKey, "API key"
	}
	again := fmt.Sprintf("store one with: dclaude creds set %s", in.Source)
	switch in.Host {
	case Missing:
		return Action{Warning: fmt.Sprintf("credentials.source is %q, and no %s is stored", in.Source, what), Hint: again}
	case Unreadable:
		return without(in)
	case Expired:
		return Action{Give: give, Warning: "the stored " + what + " has probably expired", Hint: again}
	case Expiring:
		return Action{Give: give, Warning: "the stored " + what + " is about to expire", Hint: again}
	}
	return Action{Give: give}
}

// decideRunning says nothing about a source that has no login: a session keeps
// what it has, and the user learns of it by other ways. Nothing that is worse
// than what the session may have is pushed, unless the user insists.
func decideRunning(in Inputs) Action {
	if in.Source == SourceSandbox {
		return decideSandbox(in)
	}
	switch {
	case in.Host == Missing, in.Host == Unreadable:
		if in.FreshCreds {
			return without(in)
		}
		return Action{}
	case in.FreshCreds:
		return Action{Give: in.Source.Gives()}
	case in.Source == SourceCopy, in.Held == HeldCurrent, in.Host == Expired:
		return Action{}
	case in.Held == HeldForeign:
		return Action{
			Ask:     true,
			Warning: "this computer is now signed in with another account than the session",
			Hint:    "to give the session the new account's token: dclaude creds inject --fresh-creds",
		}
	}
	return Action{Give: in.Source.Gives()}
}

// without is for a source that has no login to give.
func without(in Inputs) Action {
	a := Action{Warning: "there is no Claude login on this computer", Hint: hintSignIn}
	if in.Host == Unreadable {
		a.Warning, a.Hint = "the Claude login of this computer cannot be read", hintRepair
	}
	var failure *Error
	switch {
	case in.HostErr == nil:
	case in.Host == Missing && errors.As(in.HostErr, &failure):
		a.Warning += " (" + failure.Store + ")"
	default:
		a.Warning = in.HostErr.Error()
	}
	if hint := hintOf(in.HostErr); hint != "" {
		a.Hint = hint
	}
	if in.FreshCreds {
		a.Warning += "; --fresh-creds has nothing to hand over"
	}
	return a
}

// Content renders what the action hands over: the content for the sandbox's
// .credentials.json, an API key, or nothing.
func (a Action) Content(c Credential) (Secret, error) {
	var b []byte
	var err error
	switch a.Give {
	case GiveAccess:
		b, err = c.AccessOnly()
	case GiveWhole:
		b, err = c.Whole()
	case GiveKey:
		if c.Access.Empty() {
			err = ErrMissing
		}
		b = []byte(c.Access.Reveal())
	}
	return NewSecret(string(b)), err
}
