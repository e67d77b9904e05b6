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
	// SourceHost gives sessions the access token of the host's login, anew at
	// each launch. The host stays the only one that refreshes.
	SourceHost Source = "host"
	// SourceCopy gives the whole login of the host to a state volume that has
	// none, and leaves it to the sandbox from then on.
	SourceCopy Source = "copy"
	// SourceSandbox takes nothing from the host: one signs in inside.
	SourceSandbox Source = "sandbox"
)

// Sources returns all sources, the default first.
func Sources() []Source { return []Source{SourceHost, SourceCopy, SourceSandbox} }

// UsesHost reports whether the host's login has to be read at all.
func (s Source) UsesHost() bool { return s == SourceHost || s == SourceCopy }

// Give is what a session is handed.
type Give int

// The things to hand over.
const (
	// GiveNothing leaves the state volume as it is.
	GiveNothing Give = iota
	// GiveAccess hands over Credential.AccessOnly.
	GiveAccess
	// GiveWhole hands over Credential.Whole.
	GiveWhole
)

// Inputs is what Decide goes by. What the state volume holds is not known to
// the host, which must not read it; Action.Keep leaves that to the sandbox.
type Inputs struct {
	Source Source
	// Host is the state of the host's login, from Judge.
	Host Freshness
	// HostErr is what reading it returned, for the user to see.
	HostErr error
	// FreshCreds is the flag --fresh-creds.
	FreshCreds bool
}

// Action is what a launch does about the login.
type Action struct {
	Give Give
	// Keep leaves a login that the state volume already has in place.
	Keep bool
	// Warning and Hint are lines for the user, or "". The session starts in
	// any case: with no login one can sign in inside it.
	Warning string
	Hint    string
}

// Decide returns what to do at a launch.
func Decide(in Inputs) Action {
	switch in.Source {
	case SourceHost:
		return decideHost(in)
	case SourceCopy:
		return decideCopy(in)
	}
	if in.FreshCreds {
		return Action{
			Warning: `--fresh-creds does nothing here: with credentials.source "sandbox" the host's login is not used`,
			Hint:    "type /login in the session to sign in anew",
		}
	}
	return Action{}
}

func decideHost(in Inputs) Action {
	switch in.Host {
	case Missing, Unreadable:
		return without(in)
	case Expired:
		return Action{
			Give:    GiveAccess,
			Warning: "the Claude login of this computer has expired",
			Hint:    "run `claude` once on this computer, which renews it, then start dclaude again",
		}
	case Expiring:
		return Action{
			Give:    GiveAccess,
			Warning: fmt.Sprintf("the Claude login of this computer expires in less than %d minutes", int(ExpiringWithin.Minutes())),
			Hint:    "when the session asks for a new one, run `claude` once on this computer, then start dclaude again",
		}
	}
	return Action{Give: GiveAccess}
}

// decideCopy does not mind an expired login: its refresh token goes along, and
// the sandbox refreshes.
func decideCopy(in Inputs) Action {
	if in.Host == Missing || in.Host == Unreadable {
		return without(in)
	}
	return Action{Give: GiveWhole, Keep: !in.FreshCreds}
}

// without is for a host that has no login to give.
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
// .credentials.json, or nothing.
func (a Action) Content(c Credential) (Secret, error) {
	var b []byte
	var err error
	switch a.Give {
	case GiveAccess:
		b, err = c.AccessOnly()
	case GiveWhole:
		b, err = c.Whole()
	}
	return NewSecret(string(b)), err
}
