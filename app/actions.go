package app

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"regexp"
	"runtime"
	"strconv"
	"strings"
	"time"

	"dclaude/app/drop"
	"dclaude/app/menu"
	"dclaude/app/notify"
	"dclaude/app/picker"
	"dclaude/app/recents"
	"dclaude/app/terminal"
	"dclaude/creds"
	"dclaude/launcher/opened"
	"dclaude/launcher/project"
	"dclaude/launcher/tty"
)

// commandTime is what a command in the background may take.
const commandTime = 2 * time.Minute

// perform carries out an action. What waits runs beside the loop.
func (a *app) perform(action menu.Action) {
	switch action.Kind {
	case menu.OpenProject:
		a.pick()
	case menu.OpenRecent:
		a.tasks.Go(func() { a.openRecent(action.Path) })
	case menu.OpenChanged:
		a.tasks.Go(func() { a.openFolder(action.Path) })
	case menu.ForgetRecents:
		if err := a.recents.Clear(); err != nil {
			a.failed("forget the recent projects", err)
		}
		a.refresh()
	case menu.StartEngine:
		a.startEngine()
	case menu.SignIn:
		a.tasks.Go(a.signIn)
	case menu.ToggleLaunchAtLogin:
		if err := a.login.Set(!a.login.Enabled()); err != nil {
			a.failed("change Launch at Login", err)
		}
		a.refresh()
	case menu.ShowAbout:
		a.about()
	case menu.Quit:
		a.host.Quit()
	default:
		a.run(action)
	}
}

// run carries out what the dclaude command does.
func (a *app) run(action menu.Action) {
	c, err := commandFor(action)
	if err != nil {
		a.failed("do that", err)
		return
	}
	a.tasks.Go(func() {
		if c.window {
			a.window(c.args, c.hold)
			return
		}
		a.background(c.what, c.args)
		a.monitor.Check()
	})
}

// command is a call of the dclaude command.
type command struct {
	args   []string
	window bool
	hold   terminal.Hold
	what   string // for a failure: "stop the session"
}

// commandFor returns the command for an action. Names come from the engine and
// hosts from a sandbox: only plain ones are taken, so that none of them is an
// option or anything else.
func commandFor(action menu.Action) (command, error) {
	shown := func(args ...string) (command, error) {
		return command{args: args, window: true, hold: terminal.HoldAlways}, nil
	}
	switch action.Kind {
	case menu.ShowSession, menu.OpenShell, menu.ShowPolicy, menu.RestartGateway, menu.StopSession:
		if !sessionName.MatchString(action.Session) {
			return command{}, fmt.Errorf("%q is no name of a session", action.Session)
		}
		switch action.Kind {
		case menu.ShowSession:
			return command{args: []string{"attach", action.Session}, window: true}, nil
		case menu.OpenShell:
			return command{args: []string{"shell", action.Session}, window: true}, nil
		case menu.ShowPolicy:
			return shown("net", "policy", action.Session)
		case menu.RestartGateway:
			return command{args: []string{"net", "restart", action.Session}, what: "restart the gateway of " + action.Session}, nil
		}
		return command{args: []string{"stop", action.Session}, what: "stop " + action.Session}, nil
	case menu.AllowHost:
		return allowCommand(action)
	case menu.InjectLogin:
		return command{args: []string{"creds", "inject"}, what: "give the login to the sessions"}, nil
	case menu.RefreshLogin:
		return command{args: []string{"creds", "refresh"}, what: "refresh the login"}, nil
	case menu.ListSessions:
		return shown("ls")
	case menu.ShowTraffic:
		return command{args: []string{"net", "log", "-f"}, window: true}, nil
	case menu.UpdateClaude:
		return shown("update")
	case menu.RunDoctor:
		return shown("doctor")
	case menu.RunVerify:
		return shown("verify")
	case menu.ChangeSetting:
		return command{args: []string{"config", "set", action.Setting, action.Value}, what: "change " + action.Setting}, nil
	case menu.EditSettings:
		return command{args: []string{"config", "edit"}, window: true}, nil
	}
	return command{}, fmt.Errorf("unknown action %d", action.Kind)
}

// sessionName is what package plan makes names of.
var sessionName = regexp.MustCompile(`^[a-z0-9][a-z0-9-]{0,63}$`)

func allowCommand(action menu.Action) (command, error) {
	if !menu.PlainHost(action.Host) || !sessionName.MatchString(action.Session) {
		return command{}, fmt.Errorf("%q cannot be allowed from here", action.Host)
	}
	host := action.Host
	if action.Port != 0 && action.Port != 443 {
		host = net.JoinHostPort(strings.Trim(host, "[]"), strconv.Itoa(action.Port))
	}
	args := []string{"net", "allow", "--" + string(action.Scope)}
	switch action.Scope {
	case menu.ForOnce, menu.ForSession, menu.ForProject:
		args = append(args, "--in", action.Session)
	case menu.ForAlways:
	default:
		return command{}, errors.New("nobody said for how long")
	}
	return command{args: append(args, host), what: "allow " + host}, nil
}

// failed tells the user that something did not work.
func (a *app) failed(what string, err error) {
	a.log.Warn("failed", "what", what, "cause", err.Error())
	body := tty.Visible(oneLine(err.Error()), 200)
	if hint := hintOf(err); hint != "" {
		body += "\n" + tty.Visible(oneLine(hint), 200)
	}
	a.notify(notify.Note{ID: "failure", Kind: notify.KindFailure, Title: "Could not " + tty.Visible(what, 60), Body: body})
}

// window opens a terminal window with a dclaude command in it.
func (a *app) window(args []string, hold terminal.Hold) {
	p := a.sys.program()
	if p.Problem != "" {
		a.failed("find the dclaude command", errors.New(p.Problem))
		return
	}
	job := terminal.Job{Argv: append([]string{p.Path}, args...), Dir: a.sys.home(), Hold: hold}
	if args[0] == "run" {
		job.Dir = args[len(args)-1]
	}
	if err := a.opener().Open(job); err != nil {
		a.failed("open a terminal window", err)
		return
	}
	a.log.Info("opened a window", "command", args[0])
}

func (a *app) opener() terminal.Opener {
	settings, _ := a.settings.now()
	return terminal.Opener{Setting: settings.AppTerminal, Environ: a.sys.Environ, Dir: a.sys.windowsDir()}
}

// background runs a dclaude command without a window, and tells when it fails.
func (a *app) background(what string, args []string) {
	p := a.sys.program()
	if p.Problem != "" {
		a.failed("find the dclaude command", errors.New(p.Problem))
		return
	}
	ctx, cancel := context.WithTimeout(a.ctx, commandTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, p.Path, args...)
	cmd.Env, cmd.Dir = a.sys.Environ, "/"
	var out bytes.Buffer
	cmd.Stderr = &out
	if err := cmd.Run(); err != nil && a.ctx.Err() == nil {
		a.failed(what, said(out.String(), err))
	}
}

// said is what a dclaude command said of its failure.
func said(output string, err error) error {
	told := &toldError{text: err.Error()}
	for line := range strings.Lines(output) {
		line = strings.TrimSpace(line)
		if text, ok := strings.CutPrefix(line, "dclaude: error: "); ok {
			told.text = text
		}
		if text, ok := strings.CutPrefix(line, "dclaude: hint: "); ok {
			told.hint = text
		}
	}
	return told
}

// toldError is an error that a dclaude command has printed.
type toldError struct{ text, hint string }

func (e *toldError) Error() string { return e.text }
func (e *toldError) Hint() string  { return e.hint }

// pick asks for folders, in one dialog at a time, and opens them.
func (a *app) pick() {
	select {
	case a.picking <- struct{}{}:
	default:
		return // the dialog is open already
	}
	a.tasks.Go(func() {
		defer func() { <-a.picking }()
		folders, err := picker.Pick(a.ctx)
		if err != nil && a.ctx.Err() == nil {
			a.failed("ask for a folder", err)
		}
		for _, f := range folders {
			a.openFolder(f)
		}
	})
}

// openPaths opens what was dropped or handed over: a window for each folder.
func (a *app) openPaths(paths []string) {
	a.tasks.Go(func() {
		folders, errs := drop.Folders(paths)
		for _, err := range errs {
			a.failed("open that", err)
		}
		for _, f := range folders {
			a.openFolder(f)
		}
	})
}

// openRecent opens a project again, if it is the folder that it was. A session
// can have swapped a folder inside its project for a link to another place.
func (a *app) openRecent(path string) {
	for _, e := range a.recents.Load() {
		if e.Path != path {
			continue
		}
		switch e.Look() {
		case recents.Gone:
			a.failed("open that", fmt.Errorf("the folder %q does not exist any more", path))
			a.refresh()
		case recents.Changed:
			a.notify(notify.Note{
				ID: "changed " + path, Kind: notify.KindFailure, Urgent: true,
				Title:   tty.Visible(path, 60) + " is not the folder that it was",
				Body:    "A link or another folder has taken its place since you opened it.",
				Buttons: []notify.Button{{Label: "Open Anyway", Action: menu.Action{Kind: menu.OpenChanged, Path: path}}},
			})
		default:
			a.openFolder(path)
		}
		return
	}
}

// openFolder opens a project, an absolute path, in a new window and remembers
// it. The command gets the path as it was given, never as it was resolved here:
// it refuses links that a session could have made, and must see them.
func (a *app) openFolder(path string) {
	p, err := a.judge(path)
	if err != nil {
		a.failed("open that folder", err)
		return
	}
	if err := a.remember(p); err != nil {
		a.log.Warn("the project is not remembered", "cause", err.Error())
	}
	a.refresh()
	a.window([]string{"run", path}, terminal.HoldOnFailure)
}

// judge resolves a folder as the command will.
func (a *app) judge(path string) (project.Project, error) {
	have, err := opened.In(a.sys.stateDir()).Load()
	if err != nil {
		return project.Project{}, err
	}
	settings, _ := a.settings.now()
	return project.NewTouched(have).Resolve(path, project.Options{Home: a.sys.home(), Protected: a.sys.protected(), AllowRefused: settings.AllowRefused})
}

// remember adds a project to the recent ones. Several may be opened at once.
func (a *app) remember(p project.Project) error {
	a.recentsLock.Lock()
	defer a.recentsLock.Unlock()
	return a.recents.Add(recents.Entry{Path: p.Path, Device: p.Device, Inode: p.Inode, Opened: a.now()})
}

// signIn opens a window in which the user signs in: with the Claude Code of
// this computer, or by entering the token or key that the settings ask for.
func (a *app) signIn() {
	settings, _ := a.settings.now()
	source := creds.Source(settings.CredentialsSource)
	switch {
	case source.UsesHost():
		claude, err := a.hostClaude(a.ctx)
		if err != nil {
			a.failed("sign in", err)
			return
		}
		job := terminal.Job{Argv: []string{claude, "auth", "login"}, Dir: "/", Hold: terminal.HoldAlways}
		if err := a.opener().Open(job); err != nil {
			a.failed("open a terminal window", err)
		}
	case source.Stored():
		a.window([]string{"creds", "set", string(source)}, terminal.HoldAlways)
	default:
		a.failed("sign in from here", &toldError{"each project has a login of its own", "open the project, and type /login in the session"})
	}
}

// startEngine opens the engine's application.
func (a *app) startEngine() {
	name := startable(a.engine.last(), runtime.GOOS)
	if name == "" {
		a.run(menu.Action{Kind: menu.RunDoctor})
		return
	}
	a.tasks.Go(func() {
		ctx, cancel := context.WithTimeout(a.ctx, commandTime)
		defer cancel()
		if err := exec.CommandContext(ctx, "/usr/bin/open", "-a", name).Run(); err != nil && a.ctx.Err() == nil {
			a.failed("start "+name, err)
		}
	})
}

// about tells the versions.
func (a *app) about() {
	a.tasks.Go(func() {
		body := "Claude Code in a sandbox.\nThis app: " + version
		if p := a.sys.program(); p.Problem == "" {
			ctx, cancel := context.WithTimeout(a.ctx, commandTime)
			defer cancel()
			cmd := exec.CommandContext(ctx, p.Path, "version")
			cmd.Env, cmd.Dir = a.sys.Environ, "/"
			if out, err := cmd.Output(); err == nil {
				body += "\nThe command: " + tty.Visible(oneLine(strings.TrimPrefix(string(out), "dclaude ")), 40)
			}
		}
		if product := a.engine.last(); product != "" {
			body += "\nThe engine: " + tty.Visible(product, 60)
		}
		a.notify(notify.Note{ID: "about", Kind: notify.KindFailure, Title: "DClaude", Body: body})
	})
}
