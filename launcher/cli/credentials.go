package cli

import (
	"context"
	"maps"
	"os"
	"slices"

	"dclaude/creds"
	"dclaude/launcher/config"
	"dclaude/launcher/credentials"
	"dclaude/launcher/engine"
	"dclaude/launcher/handoff"
	"dclaude/launcher/plan"
)

// keeper looks after the logins of an engine's sessions. Folders that the
// command is about, and the current one, are not searched for programs.
func (a *app) keeper(e *engine.Engine, s config.Settings, folders ...string) credentials.Keeper {
	home := a.home()
	if dir, err := os.Getwd(); err == nil && dir != home && dir != "/" {
		folders = append(folders, dir)
	}
	return credentials.New(credentials.Options{
		Source:   creds.Source(s.CredentialsSource),
		User:     a.user(),
		Environ:  a.sys.Environ,
		StateDir: a.stateDir(),
		Records:  a.records(e),
		Engine:   e,
		Avoid:    folders,
	})
}

// handLogin puts a login into a plan's handoff. An API key needs a setting that
// the session cannot change.
func handLogin(run *plan.Plan, l credentials.Login) (err error) {
	run.Handoff.Credentials, run.Handoff.KeepCredentials = l.Credentials, l.Keep
	if l.APIKey == "" {
		return nil
	}
	run.Handoff.APIKey = l.APIKey
	run.Handoff.ManagedSettings, err = handoff.WithAPIKeyHelper(run.Handoff.ManagedSettings)
	return err
}

// keepFresh keeps the login of running sessions fresh, that of this window's
// among them, until it is stopped; then it says what went wrong meanwhile and
// still is. Until then the screen is the session's.
func (a *app) keepFresh(ctx context.Context, k credentials.Keeper) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	done := make(chan struct{})
	var t trouble
	go func() {
		defer close(done)
		k.Keep(ctx, t.note)
	}()
	return func() {
		cancel()
		<-done
		a.out.warnAll(t.warnings())
	}
}

// catchUp gives running sessions the login that they should have by now, as
// keepFresh does for those with a window.
func (a *app) catchUp(ctx context.Context, k credentials.Keeper) error {
	results, err := k.InjectAll(ctx, false)
	if err != nil {
		return err
	}
	var t trouble
	t.note(credentials.Notice{Results: results})
	a.out.warnAll(t.warnings())
	return nil
}

// trouble is what the user should hear of, as it stands.
type trouble struct {
	login   plan.Warning
	session map[string]plan.Warning
}

func (t *trouble) note(n credentials.Notice) {
	switch n.Change {
	case creds.Renewed, creds.SignedIn:
		t.login = plan.Warning{}
	case creds.SignedOut:
		t.login = plan.Warning{
			Text: "this computer was signed out of Claude; running sessions keep their token while it works",
			Hint: "run `claude` on this computer and sign in: the sessions get the new token by themselves",
		}
	}
	if n.Err != nil {
		t.login = plan.Warning{Text: "the sessions' login could not be kept fresh: " + n.Err.Error(), Hint: hintOf(n.Err)}
	}
	if t.session == nil {
		t.session = map[string]plan.Warning{}
	}
	for _, r := range n.Results {
		switch {
		case r.Err != nil:
			t.session[r.Session.Name] = plan.Warning{Text: r.Err.Error(), Hint: hintOf(r.Err)}
		case r.Warning != "":
			t.session[r.Session.Name] = plan.Warning{Text: "session " + r.Session.Name + ": " + r.Warning, Hint: r.Hint}
		default:
			delete(t.session, r.Session.Name)
		}
	}
}

func (t *trouble) warnings() []plan.Warning {
	var all []plan.Warning
	if t.login.Text != "" {
		all = append(all, t.login)
	}
	for _, name := range slices.Sorted(maps.Keys(t.session)) {
		all = append(all, t.session[name])
	}
	return all
}
