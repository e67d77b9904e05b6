package app

import (
	"context"
	"os/user"

	"dclaude/app/monitor"
	"dclaude/creds"
	"dclaude/creds/host"
	"dclaude/creds/watch"
	"dclaude/launcher/credentials"
)

// user is whose login is shown.
func (s System) user() host.User {
	name := s.variable("USER")
	if u, err := user.Current(); name == "" && err == nil {
		name = u.Username
	}
	return host.User{Name: name, Home: s.home(), LookupEnv: func(name string) (string, bool) {
		value := s.variable(name)
		return value, value != ""
	}}
}

// watchLogin reports the host's login after each change of its store. Where
// the settings take another one, the host's is not looked at.
func (a *app) watchLogin(ctx context.Context, report func(monitor.Login)) {
	settings, _ := a.settings.now()
	source := creds.Source(settings.CredentialsSource)
	if !source.UsesHost() {
		report(monitor.Login{State: monitor.LoginElsewhere, Source: string(source)})
		return
	}
	target := a.keeper(source).Host
	for event := range watch.Watch(ctx, target) {
		l := loginOf(event.State, source)
		l.Source, l.Place = string(source), target.Store.Describe()
		report(l)
	}
}

// loginOf describes a login without what is secret in it. Its fingerprint is
// that of what a session with that source is given of it, as in the records of
// sessions.
func loginOf(state creds.State, source creds.Source) monitor.Login {
	c := state.Credential
	switch creds.Judge(c, state.Err, c.Expires) {
	case creds.Missing:
		return monitor.Login{State: monitor.LoginMissing}
	case creds.Unreadable:
		return monitor.Login{State: monitor.LoginUnreadable, Problem: oneLine(state.Err.Error()), Hint: oneLine(hintOf(state.Err))}
	}
	l := monitor.Login{State: monitor.LoginPresent, Plan: c.Plan, Expires: c.Expires}
	if content, err := (creds.Action{Give: source.Gives()}).Content(c); err == nil {
		l.Fingerprint = content.Fingerprint()
	}
	return l
}

// keeper looks after the login as the dclaude command does. It has no engine.
func (a *app) keeper(source creds.Source) credentials.Keeper {
	return credentials.New(credentials.Options{
		Source: source, User: a.sys.user(), Environ: a.sys.Environ, StateDir: a.sys.stateDir(),
	})
}

// hostClaude is the Claude Code of this computer, in which one signs in. One in
// a folder that a sandbox could write to is not taken; an engine that answers is
// asked which those are, too.
func (a *app) hostClaude(ctx context.Context) (string, error) {
	ctx, cancel := context.WithTimeout(ctx, commandTime)
	defer cancel()
	k := a.keeper(creds.SourceHost)
	if client, err := a.engine.dial(ctx); err == nil {
		defer client.Close()
		k.Engine = client
	}
	return k.Claude(ctx)
}
